const BUCKETS = 30

/** Requests per second over a sliding window. Moments are those of one monotonic clock, in milliseconds. */
export class RequestRate {
  readonly #bucketMs: number
  readonly #since: number
  readonly #counts = new Array<number>(BUCKETS).fill(0)
  #newest: number

  constructor(windowMs: number, now: number) {
    this.#bucketMs = windowMs / BUCKETS
    this.#since = now
    this.#newest = Math.floor(now / this.#bucketMs)
  }

  count(now: number): void {
    this.#advance(now)
    this.#counts[this.#newest % BUCKETS]!++
  }

  /** Over what was seen of the window; undefined while that is less than a thirtieth of it, since one request would be a flood then. */
  perSecond(now: number): number | undefined {
    this.#advance(now)
    const covered = now - (this.#newest - BUCKETS + 1) * this.#bucketMs
    const seen = Math.min(covered, now - this.#since)
    if (seen < this.#bucketMs) return undefined
    return (this.#counts.reduce((sum, count) => sum + count, 0) * 1_000) / seen
  }

  #advance(now: number): void {
    const newest = Math.floor(now / this.#bucketMs)
    for (let at = Math.max(this.#newest + 1, newest - BUCKETS + 1); at <= newest; at++) this.#counts[at % BUCKETS] = 0
    this.#newest = Math.max(this.#newest, newest)
  }
}
