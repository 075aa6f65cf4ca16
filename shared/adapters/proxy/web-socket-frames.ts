/** Finds where frames end in one direction of a WebSocket (RFC 6455 section 5.2), so that a frame of our own can be put between two. */
export class FrameBoundary {
  /** Bytes of the present frame's head; at most 14. */
  #head: number[] = []
  /** Bytes of the present frame's payload that are still to come. */
  #left = 0

  get isBetween(): boolean {
    return this.#head.length === 0 && this.#left === 0
  }

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#left > 0) {
        const passed = Math.min(this.#left, chunk.length - at)
        this.#left -= passed
        at += passed
        continue
      }
      this.#head.push(chunk[at++]!)
      if (this.#head.length < 2 || this.#head.length < headLength(this.#head)) continue
      this.#left = payloadLength(this.#head)
      this.#head = []
    }
  }
}

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
