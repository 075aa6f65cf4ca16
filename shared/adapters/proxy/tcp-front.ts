import { createServer, type Server, type Socket } from 'node:net'
import { serveConnection } from './connection.ts'
import { type FrontContext, listenOn, type OpenFront } from './front.ts'

/** A published port at layer 4: each connection goes to the target with the fewest open ones, and stays there. */
export class TcpFront implements OpenFront {
  readonly #server: Server
  readonly #open = new Set<Socket>()

  constructor(context: () => FrontContext) {
    const options = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }
    this.#server = createServer(options, client => {
      this.#open.add(client)
      client.once('close', () => this.#open.delete(client))
      serveConnection(context(), client).catch(() => client.destroy())
    })
  }

  listen(port: number, host: string): Promise<number> {
    return listenOn(this.#server, port, host)
  }

  close(): void {
    this.#server.close()
  }

  destroy(): void {
    this.close()
    for (const socket of this.#open) socket.destroy()
  }
}
