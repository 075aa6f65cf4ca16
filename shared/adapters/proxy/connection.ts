import type { Socket } from 'node:net'
import { connectTarget, type NoTarget } from './connect-target.ts'
import type { FrontContext } from './front.ts'
import { holdBytes } from './held-bytes.ts'
import { Http2Boundary, Http2Requests, NO_MORE_REQUESTS } from './http2-frames.ts'
import { refuseHttp2 } from './http2-refusal.ts'
import type { Lease } from './lease.ts'
import { tunnel } from './tunnel.ts'

/** What differs between connections whose protocol is known and others. */
type Kind = {
  /** Called before anybody reads from the client on the target's behalf. */
  readonly beforeJoin?: () => void
  readonly whenJoined: (target: Socket, lease: Lease) => void
  readonly refuse: (why: 'late' | 'full') => void
}

/** Gives a whole connection to one target, until either side ends it or the target is released. Needs `allowHalfOpen`. */
export async function serveConnection(context: FrontContext, client: Socket): Promise<void> {
  // Begins to read, at most its buffer full: a client that breaks off is noticed while it waits. One that only ends its own direction may still want its answer.
  client.read(0)
  await serve(context, client, { whenJoined: (_, lease) => lease.countRequest(), refuse: () => client.resetAndDestroy() })
}

async function serve(context: FrontContext, client: Socket, kind: Kind): Promise<void> {
  const { table, stream } = context
  const gone = new AbortController()
  let hasFailed = false
  table.began(stream)
  client.on('error', () => undefined)
  client.once('close', () => {
    gone.abort('closed')
    table.ended(stream, hasFailed)
  })
  const use = (target: Socket, lease: Lease) => {
    lease.closable(() => {
      client.destroy()
      target.destroy()
    })
    target.on('error', () => {
      hasFailed = true
      lease.failed()
    })
    kind.beforeJoin?.()
    tunnel(client, target)
    kind.whenJoined(target, lease)
  }
  const missed: NoTarget | undefined = await connectTarget(context, { signal: gone.signal, isHalfOpen: true, use })
  if (!missed || missed === 'gone') return
  hasFailed = true
  kind.refuse(missed)
}

/**
 * An HTTP/2 client that knows it talks to such a server (gRPC in clear text). The connection goes to one target as it is; when that leaves, the client is
 * told to send what is new elsewhere, which is how invariant 11 holds here.
 */
export function serveHttp2(context: FrontContext, client: Socket): Promise<void> {
  const putBack = holdBytes(client)
  return serve(context, client, {
    beforeJoin: putBack,
    refuse: why => {
      putBack()
      refuseHttp2(context, client, why)
    },
    whenJoined: (target, lease) => {
      const requests = new Http2Requests(() => lease.countRequest())
      client.on('data', (chunk: Buffer) => requests.push(chunk))
      const boundary = new Http2Boundary()
      let hasLeft = false
      const tell = () => {
        if (!hasLeft || !boundary.isBetween || client.writableEnded) return
        hasLeft = false
        client.write(NO_MORE_REQUESTS)
      }
      // After the tunnel's own listener: what the boundary has seen is what was written to the client.
      target.on('data', (chunk: Buffer) => {
        boundary.push(chunk)
        tell()
      })
      lease.whenLeft(() => {
        hasLeft = true
        tell()
      })
    },
  })
}
