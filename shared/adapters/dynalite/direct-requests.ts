import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

/** What the SDK hands to the network. */
type Request = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}
type Response = { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: Uint8Array }

/**
 * The SDK's requests handed to a server of the same process: what two ends of a socket, HTTP's text and its parser cost a put was a third
 * of it. Nothing in between can be lost, so there are no timeouts.
 */
export const directRequests = (server: Server) => ({
  metadata: { handlerProtocol: 'http/1.1' },
  handle: (request: Request): Promise<{ readonly response: Response }> =>
    new Promise(resolve => {
      const answer = new DirectAnswer(response => resolve({ response }))
      server.emit('request', new DirectRequest(request) as unknown as IncomingMessage, answer as unknown as ServerResponse)
    }),
})

/** As much of an IncomingMessage as the server's listeners read. */
class DirectRequest extends Readable {
  readonly complete = true
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>

  constructor({ method, path, headers, body = '' }: Request) {
    super()
    this.method = method
    this.url = path
    this.headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    this.push(body)
    this.push(null)
  }

  override _read(): void {}
}

/** As much of a ServerResponse as the server's listeners write. */
class DirectAnswer {
  statusCode = 200
  readonly #headers: Record<string, string> = {}
  readonly #answered: (response: Response) => void

  constructor(answered: (response: Response) => void) {
    this.#answered = answered
  }

  setHeader(name: string, value: string | number): void {
    this.#headers[name.toLowerCase()] = String(value)
  }

  writeHead(status: number, headers: Readonly<Record<string, string>>): this {
    this.statusCode = status
    for (const [name, value] of Object.entries(headers)) this.setHeader(name, value)
    return this
  }

  end(body = ''): this {
    this.#answered({ statusCode: this.statusCode, headers: this.#headers, body: Buffer.from(body) })
    return this
  }
}
