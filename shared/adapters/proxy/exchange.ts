import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'
import { parseStream } from '../../domain/commit.ts'
import { pathOf } from './access-log.ts'
import type { NoTarget } from './connect-target.ts'
import type { FrontContext } from './front.ts'
import { requestId } from './http-headers.ts'

/** One request from its arrival to its line in the access log. */
export class Exchange {
  readonly context: FrontContext
  readonly request: IncomingMessage
  readonly id: string
  readonly client: string
  readonly #startedAt = performance.now()
  readonly #gone = new AbortController()
  task: string | undefined
  status = 0
  bytesIn = 0
  bytesOut = 0
  hasFailed = false
  #isOver = false

  constructor(context: FrontContext, request: IncomingMessage) {
    this.context = context
    this.request = request
    this.id = requestId(request.headers['x-request-id'])
    this.client = plainAddress(request.socket.remoteAddress ?? '')
    context.table.began(context.stream)
  }

  /** Comes when the client left or the exchange is over. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    // With a reason, since the usual one is an error with a stack, for each request.
    this.#gone.abort('over')
    const { context, request, status } = this
    context.table.ended(context.stream, this.hasFailed || status >= 500)
    context.log({
      stream: context.stream,
      task: this.task,
      method: request.method ?? '',
      path: pathOf(request.url ?? ''),
      status: status || 499,
      ms: performance.now() - this.#startedAt,
      in: this.bytesIn,
      out: this.bytesOut,
      id: this.id,
      client: this.client,
    })
  }
}

/** Answers for a request that no target got. */
export function refuse(exchange: Exchange, response: ServerResponse, why: NoTarget): void {
  if (why === 'gone') return
  const { stack, service } = parseStream(exchange.context.stream)
  answer(exchange, response, 503, { error: whyRefused(exchange.context, why), stack, service })
}

export function whyRefused({ stream, table }: FrontContext, why: 'late' | 'full'): string {
  const { service } = parseStream(stream)
  const state = table.holds(stream) ? `${service} was scaled to zero, and ` : ''
  return `${state}${why === 'full' ? `too many requests wait for a task of ${service} already` : `no task of ${service} became ready in time to answer`}`
}

/** Seconds after which a refused client may try again. */
export const RETRY_AFTER = '1'

/** Answers for a target that broke off. The request may have had its effect, so it is not repeated. */
export function badGateway(exchange: Exchange, response: ServerResponse): void {
  const { stack, service } = parseStream(exchange.context.stream)
  const error = `the task of ${service} broke the connection before it answered; the request was not repeated`
  answer(exchange, response, 502, { error, stack, service, task: exchange.task })
}

function answer(exchange: Exchange, response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return
  exchange.status = status
  exchange.hasFailed = true
  const text = `${JSON.stringify({ ...body, requestId: exchange.id })}\n`
  const retry = status === 503 ? { 'Retry-After': RETRY_AFTER } : {}
  response.writeHead(status, {
    ...retry,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'X-Request-ID': exchange.id,
  })
  response.end(text)
}

/** IPv4 seen through an IPv6 socket is written as IPv4. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '')
