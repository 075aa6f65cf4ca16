import type { RouteSet } from '../../ports/router.ts'

/** A demand that nothing came of is repeated for those who come so much later: its message may have been lost. */
const AGAIN_MS = 5_000

/** What the router knows of one stream's being scaled to zero. */
export class Sleep {
  #version = -1
  #asleep: RouteSet['asleep']
  #holds: RouteSet['asleep']
  #demandedVersion = -1
  #demandedAt = Number.NEGATIVE_INFINITY

  /** The limits go on from the moment it fell asleep until a target is there: waking takes some versions. */
  apply(version: number, { asleep, targets, fronts }: RouteSet): void {
    this.#version = version
    this.#asleep = targets.length === 0 ? asleep : undefined
    if (asleep) this.#holds = asleep
    else if (targets.length > 0 || fronts.length === 0) this.#holds = undefined
  }

  /** How many requests are held and for how long; undefined for a stream that is awake. */
  get holds(): RouteSet['asleep'] {
    return this.#holds
  }

  /** Whether its waking should be asked for: once for each version. @param now by a monotonic clock */
  demand(now: number): boolean {
    if (!this.#asleep) return false
    if (this.#demandedVersion === this.#version && now - this.#demandedAt < AGAIN_MS) return false
    this.#demandedVersion = this.#version
    this.#demandedAt = now
    return true
  }
}
