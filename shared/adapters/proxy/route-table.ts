import { performance } from 'node:perf_hooks'
import type { Address } from '../../domain/fact.ts'
import type { Front, RouteSet, Target } from '../../ports/router.ts'
import { Lease, type TargetState } from './lease.ts'
import { RequestRate } from './request-rate.ts'
import { Sleep } from './sleep.ts'
import { waitForChange, wakeAll } from './waiting.ts'

/** What a stream's router has done so far, for autoscaling. `errors`: answered 5xx, or broken off by the target or for want of one. */
export type Counters = {
  readonly requests: number
  /** Under way now, those that wait for a target included. */
  readonly open: number
  readonly waiting: number
  readonly errors: number
  readonly targets: Readonly<Record<string, { readonly requests: number; readonly open: number; readonly errors: number }>>
}

/** How busy a stream is. */
export type Load = {
  /** Requests and connections under way, those that wait for a target included. */
  readonly open: number
  /** Requests per second over the window, also to targets that left meanwhile; absent while too little of it was seen. */
  readonly perSecond?: number
}

export type TableOptions = {
  readonly onDeath?: (stream: string, id: string) => void
  /** Somebody waits at a stream that sleeps. */
  readonly onDemand?: (stream: string) => void
  readonly rateWindowMs: number
}

export type WantedFront = { readonly front: Front; readonly isServed: boolean }

/** The targets' port behind a front, as "3000/tcp". */
export const portOf = ({ target, protocol }: Pick<Front, 'target' | 'protocol'>): string => `${target}/${protocol}`

type StreamState = {
  version: number
  fronts: readonly Front[]
  /** Present ones, and those that left with something still open. */
  targets: Map<string, TargetState>
  present: readonly TargetState[]
  cursor: number
  requests: number
  open: number
  errors: number
  waiters: Set<() => void>
  readonly sleep: Sleep
  readonly rate: RequestRate
}

const SUSPENDED_MS = 1_000

/** Which targets each stream has, at which version, and what each of them has open. Every method is synchronous, so a swap is never seen half done. */
export class RouteTable {
  readonly #streams = new Map<string, StreamState>()
  readonly #options: TableOptions

  constructor(options: TableOptions) {
    this.#options = options
  }

  /** Swaps the whole set; false when a newer one is there already (E4). */
  apply(stream: string, version: number, wanted: RouteSet): boolean {
    const state = this.#of(stream)
    if (version < state.version) return false
    state.version = version
    state.fronts = wanted.fronts
    state.sleep.apply(version, wanted)
    const before = state.present
    for (const target of before) target.isPresent = false
    state.present = wanted.targets.map(target => this.#enter(stream, state, target))
    for (const target of before) {
      if (!target.isPresent) for (const tell of target.leavers) tell()
      forgetIfGone(state, target)
    }
    wakeAll(state.waiters)
    return true
  }

  /** The fronts that a stream wants, and whether one of its targets can be reached behind each. */
  fronts(stream: string): readonly WantedFront[] {
    const { fronts = [], present = [] } = this.#streams.get(stream) ?? {}
    return fronts.map(front => ({ front, isServed: present.some(({ addresses }) => addresses[portOf(front)]) }))
  }

  /** Ids that are targets or have something open. */
  ids(stream: string): readonly string[] {
    return [...(this.#streams.get(stream)?.targets.keys() ?? [])]
  }

  /**
   * The present target with the fewest open requests that listens on `port` ("3000/tcp") and did not just refuse a connection; equal ones take
   * turns. Undefined when there is none now.
   */
  pick(stream: string, port: string): Lease | undefined {
    const state = this.#of(stream)
    const { present } = state
    const now = performance.now()
    let best: TargetState | undefined
    let bestAddress: Address | undefined
    let at = 0
    for (let step = 0; step < present.length; step++) {
      const index = (state.cursor + step) % present.length
      const target = present[index]!
      const address = target.addresses[port]
      if (!address || target.suspendedUntil > now || (best && best.open <= target.open)) continue
      best = target
      bestAddress = address
      at = index
    }
    if (!best || !bestAddress) return undefined
    state.cursor = at + 1
    return new Lease(best, bestAddress)
  }

  /** Resolves true when another look is worth it, false when `ms` is over or the signal came. */
  wait(stream: string, ms: number, signal: AbortSignal): Promise<boolean> {
    const state = this.#of(stream)
    const now = performance.now()
    this.demand(stream)
    const resumes = state.present.filter(target => target.suspendedUntil > now).map(target => target.suspendedUntil - now)
    return waitForChange(state.waiters, ms, Math.min(...resumes), signal)
  }

  waiting(stream: string): number {
    return this.#of(stream).waiters.size
  }

  /** Asks for the waking of a stream that sleeps. */
  demand(stream: string): void {
    if (this.#of(stream).sleep.demand(performance.now())) this.#options.onDemand?.(stream)
  }

  /** What a stream that sleeps, or wakes, holds at most. */
  holds(stream: string): RouteSet['asleep'] {
    return this.#of(stream).sleep.holds
  }

  began(stream: string): void {
    const state = this.#of(stream)
    state.requests++
    state.open++
  }

  ended(stream: string, failed: boolean): void {
    const state = this.#of(stream)
    state.open--
    if (failed) state.errors++
  }

  /** Ends what cannot be waited for any longer: upgraded connections and layer-4 connections of one target. */
  release(stream: string, id: string): void {
    for (const close of this.#streams.get(stream)?.targets.get(id)?.closers ?? []) close()
  }

  counters(stream: string): Counters {
    const { requests, open, errors, waiters, targets } = this.#of(stream)
    const by = [...targets.values()].map(t => [t.id, { requests: t.requests, open: t.open, errors: t.errors }] as const)
    return { requests, open, errors, waiting: waiters.size, targets: Object.fromEntries(by) }
  }

  load(stream: string): Load {
    const { open, rate } = this.#of(stream)
    const perSecond = rate.perSecond(performance.now())
    return { open, ...(perSecond !== undefined && { perSecond }) }
  }

  #of(stream: string): StreamState {
    let state = this.#streams.get(stream)
    if (!state) {
      state = {
        version: 0,
        fronts: [],
        targets: new Map(),
        present: [],
        cursor: 0,
        requests: 0,
        open: 0,
        errors: 0,
        waiters: new Set(),
        sleep: new Sleep(),
        rate: new RequestRate(this.#options.rateWindowMs, performance.now()),
      }
      this.#streams.set(stream, state)
    }
    return state
  }

  #enter(stream: string, state: StreamState, target: Target): TargetState {
    const known = state.targets.get(target.id)
    if (known) {
      known.addresses = target.addresses
      known.isPresent = true
      return known
    }
    const entered: TargetState = {
      id: target.id,
      addresses: target.addresses,
      isPresent: true,
      open: 0,
      requests: 0,
      errors: 0,
      suspendedUntil: 0,
      suspectedAt: Number.NEGATIVE_INFINITY,
      closers: new Set(),
      leavers: new Set(),
      whenIdle: () => forgetIfGone(state, entered),
      countRequest: () => state.rate.count(performance.now()),
      suspect: () => this.#suspect(stream, entered),
      suspend: () => {
        entered.suspendedUntil = performance.now() + SUSPENDED_MS
      },
    }
    state.targets.set(target.id, entered)
    return entered
  }

  #suspect(stream: string, target: TargetState): void {
    const now = performance.now()
    if (now - target.suspectedAt < SUSPENDED_MS) return
    target.suspectedAt = now
    this.#options.onDeath?.(stream, target.id)
  }
}

function forgetIfGone(state: StreamState, target: TargetState): void {
  if (!target.isPresent && target.open === 0 && state.targets.get(target.id) === target) state.targets.delete(target.id)
}
