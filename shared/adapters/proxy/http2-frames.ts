const HEAD_BYTES = 9
const [HEADERS, PUSH_PROMISE, CONTINUATION] = [0x1, 0x5, 0x9]
const END_HEADERS = 0x4

/** How an HTTP/2 client begins (RFC 9113 section 3.4). */
const PREFACE = 'PRI * HTTP/2.0\r\n'

export const beginsHttp2 = (chunk: Buffer): boolean => chunk.length >= 3 && PREFACE.startsWith(chunk.toString('latin1', 0, PREFACE.length))

/** Finds where a frame of our own may be put into what an HTTP/2 server sends (RFC 9113 section 4): between frames, not within a block of headers. */
export class Http2Boundary {
  #head: number[] = []
  #left = 0
  #isInHeaders = false
  /** The server's first frame must be its own settings. */
  #hasBegun = false

  get isBetween(): boolean {
    return this.#hasBegun && this.#head.length === 0 && this.#left === 0 && !this.#isInHeaders
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
      if (this.#head.length === HEAD_BYTES) this.#begin()
    }
  }

  #begin(): void {
    const [high = 0, middle = 0, low = 0, type = 0, flags = 0] = this.#head
    this.#left = high * 65_536 + middle * 256 + low
    this.#head = []
    this.#hasBegun = true
    if (type === HEADERS || type === PUSH_PROMISE || type === CONTINUATION) this.#isInHeaders = (flags & END_HEADERS) === 0
  }
}

/** "No new requests on this connection, those under way will be served": GOAWAY with the highest stream id and no error. */
export const NO_MORE_REQUESTS = Uint8Array.of(0, 0, 8, 0x7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0)
