import { createServer } from 'node:http2'
import type { Socket } from 'node:net'
import { parseStream } from '../../domain/commit.ts'
import { RETRY_AFTER, whyRefused } from './exchange.ts'
import type { FrontContext } from './front.ts'

/** A client that asks nothing more, or does not read its answer, is let go after so long. */
const PATIENCE_MS = 5_000

/** Answers every request of an HTTP/2 connection that no target got with 503, then lets the client go; gRPC clients see UNAVAILABLE. */
export function refuseHttp2(context: FrontContext, client: Socket, why: 'late' | 'full'): void {
  const { stack, service } = parseStream(context.stream)
  const text = `${JSON.stringify({ error: whyRefused(context, why), stack, service })}\n`
  const server = createServer()
  server.on('session', session => {
    session.on('error', () => undefined)
    session.on('stream', stream => {
      stream.on('error', () => undefined)
      stream.respond({ ':status': 503, 'retry-after': RETRY_AFTER, 'content-type': 'application/json' })
      stream.end(text)
      session.close()
    })
    setTimeout(() => session.destroy(), PATIENCE_MS).unref()
  })
  server.emit('connection', client)
}
