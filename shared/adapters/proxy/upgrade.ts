import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { connectTarget } from './connect-target.ts'
import { badGateway, type Exchange, refuse } from './exchange.ts'
import { openUpstream, sendAnswer } from './forward.ts'
import { holdBytes } from './held-bytes.ts'
import { upgradeHead } from './http-headers.ts'
import type { Lease } from './lease.ts'
import { tunnel } from './tunnel.ts'
import { frameBoundary, GOING_AWAY } from './web-socket-frames.ts'

/** A target that neither agrees nor refuses for so long is given up. */
const HANDSHAKE_MS = 60_000
/** How long a client may take to answer a close frame. */
const FAREWELL_MS = 1_000

/** Serves a request that asks to go on in another protocol: WebSocket or any other. The connection is the target's until either side ends it. */
export async function serveUpgrade(exchange: Exchange, client: Socket, head: Buffer): Promise<void> {
  client.on('error', () => undefined)
  client.once('close', () => exchange.end())
  const response = plainResponse(exchange.request, client)
  const putBack = holdBytes(client)
  const use = (upstream: Socket, lease: Lease) => {
    putBack()
    negotiate({ exchange, client, head, response, lease }, upstream)
  }
  const missed = await connectTarget(exchange.context, { signal: exchange.signal, isHalfOpen: true, use })
  if (missed) refuse(exchange, response, missed)
}

type Upgrade = {
  readonly exchange: Exchange
  readonly client: Socket
  /** What the client sent already in the new protocol. */
  readonly head: Buffer
  readonly response: ServerResponse
  readonly lease: Lease
}

function negotiate(upgrade: Upgrade, socket: Socket): void {
  const { exchange, client, response, lease } = upgrade
  exchange.task = lease.id
  const upstream = openUpstream(exchange, socket, exchange.request.headers.upgrade)
  const timer = setTimeout(() => upstream.destroy(), HANDSHAKE_MS)
  let isSettled = false
  const fail = () => {
    clearTimeout(timer)
    if (isSettled || client.destroyed) return
    isSettled = true
    lease.failed()
    badGateway(exchange, response)
  }
  upstream.on('upgrade', (answer, tunnelled, firstBytes) => {
    clearTimeout(timer)
    isSettled = true
    join(upgrade, answer, tunnelled as Socket, firstBytes)
  })
  upstream.on('response', answer => {
    clearTimeout(timer)
    isSettled = true
    lease.countRequest()
    sendAnswer(upgrade, answer)
  })
  upstream.on('error', fail)
  upstream.on('close', fail)
  client.once('close', () => upstream.destroy())
  upstream.end()
}

function join({ exchange, client, head, response, lease }: Upgrade, answer: IncomingMessage, target: Socket, firstBytes: Buffer): void {
  exchange.status = answer.statusCode ?? 101
  response.detachSocket(client)
  client.write(upgradeHead(exchange.status, answer.statusMessage ?? '', answer.rawHeaders, exchange.id), 'latin1')
  const [readBefore, writtenBefore] = [client.bytesRead - head.length, client.bytesWritten]
  if (head.length > 0) client.unshift(head)
  if (firstBytes.length > 0) target.unshift(firstBytes)
  const isWebSocket = answer.headers.upgrade?.toLowerCase() === 'websocket'
  const boundary = frameBoundary()
  if (isWebSocket) target.on('data', (chunk: Buffer) => boundary.push(chunk))
  lease.closable(() => sayFarewell(client, target, isWebSocket && boundary.isBetween))
  client.prependOnceListener('close', () => {
    exchange.bytesIn = client.bytesRead - readBefore
    exchange.bytesOut = client.bytesWritten - writtenBefore
  })
  tunnel(client, target)
}

function sayFarewell(client: Socket, target: Socket, canSayWhy: boolean): void {
  target.unpipe(client)
  client.unpipe(target)
  client.resume()
  if (canSayWhy) client.end(GOING_AWAY)
  else client.end()
  // The client's own close frame, or its end, comes first if it is polite; the target is told by the end of the connection.
  target.end()
  const timer = setTimeout(() => client.destroy(), FAREWELL_MS)
  client.once('end', () => client.destroy())
  client.once('close', () => {
    clearTimeout(timer)
    target.destroy()
  })
}

/** Answers in HTTP on a connection that node took out of its server. It ends with the answer. */
function plainResponse(request: IncomingMessage, client: Socket): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(client)
  response.on('error', () => undefined)
  client.on('drain', () => response.emit('drain'))
  response.on('finish', () => client.end(() => client.destroy()))
  return response
}
