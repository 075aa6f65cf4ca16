import { type ClientRequest, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { badGateway, type Exchange } from './exchange.ts'
import { requestHeaders, responseHeaders, trailerPairs } from './http-headers.ts'
import type { Lease } from './lease.ts'
import { pump } from './pump.ts'

type Forwarding = {
  readonly exchange: Exchange
  readonly response: ServerResponse
  readonly lease: Lease
  readonly awaitsContinue: boolean
  readonly isClosing: () => boolean
}

/** Sends a request over a fresh connection to its target, and the answer back. Nothing is kept: bodies of any size and streams without end pass. */
export function forward(forwarding: Forwarding, socket: Socket): void {
  const { exchange, response, lease } = forwarding
  const { request } = exchange
  exchange.task = lease.id
  lease.countRequest()
  const upstream = openUpstream(exchange, socket)
  let hasContinued = false
  let hasAnswered = false
  upstream.on('continue', () => {
    hasContinued = true
    response.writeContinue()
  })
  upstream.on('response', answer => {
    hasAnswered = true
    if (forwarding.isClosing()) response.shouldKeepAlive = false
    // A client that was not told to go on may send its body or not: nobody can tell what its next bytes are.
    if (forwarding.awaitsContinue && !hasContinued && !request.complete) response.shouldKeepAlive = false
    sendAnswer(forwarding, answer)
    // The connection is for this one request, whatever the target thinks of it.
    answer.on('end', () => upstream.destroy())
  })
  // Once it answers, the answer itself tells how it ended: the connection may close while the client still reads.
  const fail = () => hasAnswered || breakOff(forwarding)
  upstream.on('error', fail)
  upstream.on('close', fail)
  response.on('close', () => upstream.destroy())
  sendBody(exchange, upstream)
}

/** @param upgrade the protocol that the client asks to go on with */
export function openUpstream(exchange: Exchange, socket: Socket, upgrade?: string): ClientRequest {
  const { request, id, client, context } = exchange
  const method = request.method ?? 'GET'
  const target = `${socket.remoteAddress}:${socket.remotePort}`
  const facts = { id, client, target, method, upgrade, hasBody: hasBody(request), trustForwarded: context.settings.trustForwarded }
  const headers = requestHeaders(request.rawHeaders, facts)
  return openRequest({ createConnection: () => socket, method, path: request.url, headers, setHost: false })
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined

function sendBody(exchange: Exchange, upstream: ClientRequest): void {
  const { request } = exchange
  if (!hasBody(request)) {
    upstream.end()
    return
  }
  pump(request, upstream, chunk => {
    exchange.bytesIn += chunk.length
  })
  request.on('end', () => {
    if (upstream.destroyed) return
    if (request.rawTrailers.length > 0) upstream.addTrailers(trailerPairs(request.rawTrailers))
    upstream.end()
  })
}

/** Passes a whole answer on, to the client's own connection or to one that asked for an upgrade and did not get it. */
export function sendAnswer(forwarding: Pick<Forwarding, 'exchange' | 'response' | 'lease'>, answer: IncomingMessage): void {
  const { exchange, response } = forwarding
  if (!begin(exchange, response, answer)) {
    answer.destroy()
    breakOff(forwarding)
    return
  }
  let hasBegun = false
  pump(answer, response, chunk => {
    hasBegun = true
    exchange.bytesOut += chunk.length
  })
  answer.on('end', () => {
    if (!answer.complete) return
    if (answer.rawTrailers.length > 0) response.addTrailers(trailerPairs(answer.rawTrailers))
    response.end()
  })
  answer.on('error', () => undefined)
  answer.on('close', () => breakOff(forwarding))
  // Usually head and body come together and leave in one packet; a stream that is silent at first shows its head at once.
  setImmediate(() => {
    if (!hasBegun && !response.writableEnded && !response.destroyed) response.flushHeaders()
  })
}

/** False for an answer that no client could be given, such as one of status 099. */
function begin(exchange: Exchange, response: ServerResponse, answer: IncomingMessage): boolean {
  try {
    response.writeHead(answer.statusCode ?? 0, answer.statusMessage, responseHeaders(answer.rawHeaders, exchange.id))
    exchange.status = answer.statusCode ?? 0
    return true
  } catch {
    return false
  }
}

/** The target is gone. Before the answer began the client is told; a begun one is cut, so that nobody takes it for whole. */
function breakOff({ exchange, response, lease }: Pick<Forwarding, 'exchange' | 'response' | 'lease'>): void {
  if (response.writableEnded || response.destroyed) return
  exchange.hasFailed = true
  lease.failed()
  if (response.headersSent) response.destroy()
  else badGateway(exchange, response)
}
