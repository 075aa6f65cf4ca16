import { createServer, type Server, type Socket } from 'node:net'
import { connectTarget } from './connect-target.ts'
import { type FrontContext, listenOn, type OpenFront } from './front.ts'
import { tunnel } from './tunnel.ts'

/** A published port at layer 4: each connection goes to the target with the fewest open ones, and stays there. */
export class TcpFront implements OpenFront {
  readonly #context: FrontContext
  readonly #server: Server
  readonly #open = new Set<Socket>()

  constructor(context: FrontContext) {
    this.#context = context
    const options = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }
    this.#server = createServer(options, client => this.#serve(client).catch(() => client.destroy()))
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

  async #serve(client: Socket): Promise<void> {
    const { table, stream } = this.#context
    const gone = new AbortController()
    let hasFailed = false
    this.#open.add(client)
    table.began(stream)
    client.on('error', () => undefined)
    client.once('close', () => {
      this.#open.delete(client)
      gone.abort()
      table.ended(stream, hasFailed)
    })
    const missed = await connectTarget(this.#context, {
      signal: gone.signal,
      isHalfOpen: true,
      use: (target, lease) => {
        lease.closable(() => {
          client.destroy()
          target.destroy()
        })
        target.on('error', () => {
          hasFailed = true
          lease.failed()
        })
        tunnel(client, target)
      },
    })
    if (!missed) return
    hasFailed = missed !== 'gone'
    client.resetAndDestroy()
  }
}
