/** How many bytes of payload follow the head of a frame; undefined while what was read of the head is not all of it. */
export type PayloadAfter = (head: readonly number[]) => number | undefined

/** Walks over the frames that one side of a connection sends, each a head and a payload, however they are cut into chunks. */
export class FrameWalk {
  readonly #payloadAfter: PayloadAfter
  /** Bytes of the present frame's head. */
  #head: number[] = []
  /** Bytes of the present frame's payload that are still to come. */
  #left: number

  /** @param skip bytes before the first frame */
  constructor(payloadAfter: PayloadAfter, skip = 0) {
    this.#payloadAfter = payloadAfter
    this.#left = skip
  }

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
      const payload = this.#payloadAfter(this.#head)
      if (payload === undefined) continue
      this.#left = payload
      this.#head = []
    }
  }
}
