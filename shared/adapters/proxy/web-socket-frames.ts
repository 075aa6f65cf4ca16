import { FrameWalk } from './frame-walk.ts'

/** Finds where frames end in one direction of a WebSocket (RFC 6455 section 5.2), so that a frame of our own can be put between two. */
export const frameBoundary = (): FrameWalk =>
  new FrameWalk(head => (head.length < 2 || head.length < headLength(head) ? undefined : payloadLength(head)))

const lengthBytes = (code: number): number => (code === 126 ? 2 : code === 127 ? 8 : 0)

function headLength(head: readonly number[]): number {
  const isMasked = (head[1]! & 0x80) !== 0
  return 2 + lengthBytes(head[1]! & 0x7f) + (isMasked ? 4 : 0)
}

function payloadLength(head: readonly number[]): number {
  const code = head[1]! & 0x7f
  const bytes = lengthBytes(code)
  return bytes === 0 ? code : head.slice(2, 2 + bytes).reduce((sum, byte) => sum * 256 + byte, 0)
}

/** A server's close frame, status 1001: going away. */
export const GOING_AWAY = Uint8Array.of(0x88, 0x02, 0x03, 0xe9)
