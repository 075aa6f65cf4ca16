import { FrameWalk } from './frame-walk.ts'

const HEAD_BYTES = 9
const [HEADERS, PUSH_PROMISE, CONTINUATION] = [0x1, 0x5, 0x9]
const END_HEADERS = 0x4

/** How an HTTP/2 client begins (RFC 9113 section 3.4). */
const PREFACE = 'PRI * HTTP/2.0\r\n'
const PREFACE_BYTES = 24

export const beginsHttp2 = (chunk: Buffer): boolean => chunk.length >= 3 && PREFACE.startsWith(chunk.toString('latin1', 0, PREFACE.length))

type FrameHead = { readonly type: number; readonly flags: number; readonly stream: number }

/** Tells of each frame that begins in what one side of an HTTP/2 connection sends (RFC 9113 section 4.1). */
const frameHeads = (skip: number, onHead: (head: FrameHead) => void): FrameWalk =>
  new FrameWalk(head => {
    if (head.length < HEAD_BYTES) return undefined
    const [high = 0, middle = 0, low = 0, type = 0, flags = 0, ...stream] = head
    onHead({ type, flags, stream: Buffer.from(stream).readUInt32BE() & 0x7fffffff })
    return high * 65_536 + middle * 256 + low
  }, skip)

/** Finds where a frame of our own may be put into what an HTTP/2 server sends: between frames, not within a block of headers. */
export class Http2Boundary {
  #isInHeaders = false
  /** The server's first frame must be its own settings. */
  #hasBegun = false
  readonly #frames = frameHeads(0, ({ type, flags }) => {
    this.#hasBegun = true
    if (type === HEADERS || type === PUSH_PROMISE || type === CONTINUATION) this.#isInHeaders = (flags & END_HEADERS) === 0
  })

  get isBetween(): boolean {
    return this.#hasBegun && this.#frames.isBetween && !this.#isInHeaders
  }

  push(chunk: Uint8Array): void {
    this.#frames.push(chunk)
  }
}

/** Tells of each request in what an HTTP/2 client sends: headers of a stream that is newer than any before; others are trailers. */
export class Http2Requests {
  readonly #frames: FrameWalk
  #newest = 0

  constructor(onRequest: () => void) {
    this.#frames = frameHeads(PREFACE_BYTES, ({ type, stream }) => {
      if (type !== HEADERS || stream <= this.#newest) return
      this.#newest = stream
      onRequest()
    })
  }

  push(chunk: Uint8Array): void {
    this.#frames.push(chunk)
  }
}

/** "No new requests on this connection, those under way will be served": GOAWAY with the highest stream id and no error. */
export const NO_MORE_REQUESTS = Uint8Array.of(0, 0, 8, 0x7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0)
