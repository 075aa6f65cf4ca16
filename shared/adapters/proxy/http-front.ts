import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { connectTarget } from './connect-target.ts'
import { serveHttp2 } from './connection.ts'
import { Exchange, refuse } from './exchange.ts'
import { onFirstBytes } from './first-bytes.ts'
import { forward } from './forward.ts'
import { type FrontContext, listenOn, type OpenFront } from './front.ts'
import { beginsHttp2 } from './http2-frames.ts'
import type { Lease } from './lease.ts'
import { serveUpgrade } from './upgrade.ts'

const LIMITS = {
  // Slow heads are cut off, slow bodies and answers are not: nobody can say how long an upload may take.
  headersTimeout: 60_000,
  requestTimeout: 0,
  // Above the 60 s of usual clients and outer proxies, so that they close first and no request meets a closing connection.
  keepAliveTimeout: 75_000,
  maxHeaderSize: 64 * 1_024,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
}

/**
 * A published port at layer 7: each request goes to the target with the fewest open ones, whatever connection it came by. On node:http rather than
 * a proxy library: those choose before they connect, keep connections to targets, and pass only WebSockets as upgrades.
 */
export class HttpFront implements OpenFront {
  readonly #context: () => FrontContext
  readonly #server: Server
  /** Connections that node's server does not know: not yet, or no longer. */
  readonly #apart = new Set<Socket>()
  #isClosing = false

  constructor(context: () => FrontContext) {
    this.#context = context
    this.#server = createServer({ ...LIMITS, shouldUpgradeCallback: isUpgrade })
    const [accept] = this.#server.listeners('connection')
    this.#server.removeAllListeners('connection')
    this.#server.on('connection', socket => this.#meet(socket, () => accept?.call(this.#server, socket)))
    this.#server.on('request', (request, response) => this.#serve(request, response, false))
    this.#server.on('checkContinue', (request, response) => this.#serve(request, response, true))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head))
  }

  listen(port: number, host: string): Promise<number> {
    return listenOn(this.#server, port, host)
  }

  close(): void {
    this.#isClosing = true
    this.#server.close()
  }

  destroy(): void {
    this.close()
    this.#server.closeAllConnections()
    for (const socket of this.#apart) socket.destroy()
  }

  /** Node's server for HTTP/1 cannot be asked for HTTP/2, so the first bytes decide who serves a connection. */
  #meet(socket: Socket, acceptHttp1: () => void): void {
    this.#setApart(socket)
    onFirstBytes(socket, LIMITS.headersTimeout, bytes => {
      if (beginsHttp2(bytes)) return void serveHttp2(this.#context(), socket).catch(() => socket.destroy())
      this.#apart.delete(socket)
      acceptHttp1()
    })
  }

  #setApart(socket: Socket): void {
    this.#apart.add(socket)
    socket.once('close', () => this.#apart.delete(socket))
  }

  #serve(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const exchange = new Exchange(this.#context(), request)
    request.on('error', ignore)
    response.on('error', ignore)
    response.on('close', () => {
      exchange.end()
      if (this.#isClosing) setImmediate(() => this.#server.closeIdleConnections())
    })
    const isClosing = () => this.#isClosing
    const use = (socket: Socket, lease: Lease) => forward({ exchange, response, lease, awaitsContinue, isClosing }, socket)
    connectTarget(exchange.context, { signal: exchange.signal, use }).then(
      missed => missed && refuse(exchange, response, missed),
      () => response.destroy(),
    )
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.#setApart(socket)
    serveUpgrade(new Exchange(this.#context(), request), socket, head).catch(() => socket.destroy())
  }
}

/**
 * Whether a request is handled as an upgrade. HTTP/2 in clear text is not offered, and the body of a request would be lost between two
 * protocols; both are then ordinary requests, as RFC 9110 section 7.8 allows.
 */
function isUpgrade(request: IncomingMessage): boolean {
  const { upgrade, 'content-length': length, 'transfer-encoding': encoding } = request.headers
  return upgrade?.toLowerCase() !== 'h2c' && encoding === undefined && (length === undefined || length === '0')
}

const ignore = (): void => undefined
