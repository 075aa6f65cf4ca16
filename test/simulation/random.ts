/** The one source of chance in a run: the same seed gives the same numbers (mulberry32). */
export class Random {
  private state: number
  constructor(seed: number) {
    this.state = Math.imul(seed, 2_654_435_761) >>> 0
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number in [low, high). */
  between(low: number, high: number): number {
    return Math.floor(low + this.next() * (high - low))
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!
  }
}
