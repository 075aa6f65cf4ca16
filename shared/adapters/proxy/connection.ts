import type { Socket } from 'node:net'
import { connectTarget } from './connect-target.ts'
import type { FrontContext } from './front.ts'
import { Http2Boundary, NO_MORE_REQUESTS } from './http2-frames.ts'
import type { Lease } from './lease.ts'
import { tunnel } from './tunnel.ts'

/** Gives a whole connection to one target, until either side ends it or the target is released. Needs `allowHalfOpen`. */
export async function serveConnection(
  context: FrontContext,
  client: Socket,
  whenJoined: (target: Socket, lease: Lease) => void = () => undefined,
): Promise<void> {
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
    tunnel(client, target)
    whenJoined(target, lease)
  }
  const missed = await connectTarget(context, { signal: gone.signal, isHalfOpen: true, use })
  if (!missed) return
  hasFailed = missed !== 'gone'
  client.resetAndDestroy()
}

/**
 * An HTTP/2 client that knows it talks to such a server (gRPC in clear text). The connection goes to one target as it is; when that leaves, the client is
 * told to send what is new elsewhere, which is how invariant 11 holds here.
 */
export function serveHttp2(context: FrontContext, client: Socket): Promise<void> {
  return serveConnection(context, client, (target, lease) => {
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
  })
}
