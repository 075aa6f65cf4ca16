import type { Socket } from 'node:net'

/**
 * Joins two connections, each end of one direction passed on by itself, at the pace of the slower side. Both need `allowHalfOpen`. One that breaks
 * breaks the other the same way, so that a cut stream is not taken for a finished one.
 */
export function tunnel(left: Socket, right: Socket): void {
  left.pipe(right)
  right.pipe(left)
  breakWith(left, right)
  breakWith(right, left)
}

function breakWith(one: Socket, other: Socket): void {
  one.on('error', () => other.resetAndDestroy())
  one.on('close', () => {
    if (!one.readableEnded) other.destroy()
    else if (!other.writableEnded) other.end()
  })
}
