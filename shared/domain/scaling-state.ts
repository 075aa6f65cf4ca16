import type { Metric } from './scale-policy.ts'

/** What a service remembers of its scaling: no more than windows, rates and idleness look at. Moments are milliseconds since 1970. */

/** What was advised before any window, rate or bound; it lasts until the next (L11). `wanted` absent: nothing was known. */
export type PastAdvice = { readonly at: number; readonly wanted?: number }

/** A change of the count that autoscaling made: tasks added, or taken away when negative. */
export type Change = { readonly at: number; readonly by: number }

export type Scaling = {
  /** Oldest first. */
  readonly advised: readonly PastAdvice[]
  readonly changes: readonly Change[]
  /** Since when nothing comes in; absent while something does, or nobody knows. */
  readonly idleSince?: number
  /** The newest decision, which a next one is compared with. */
  readonly last?: { readonly wanted?: number; readonly bounded: number; readonly why: string; readonly idle: boolean; readonly at: number }
}

export const emptyScaling: Scaling = { advised: [], changes: [] }

/** The figures of one decision, for people and `explain`. */
export type ScaleInputs = {
  readonly current: number
  readonly min: number
  readonly max: number
  readonly metrics: readonly {
    readonly kind: Metric['kind']
    readonly metric: string
    readonly target: number
    /** Measured against target. */
    readonly ratio?: number
    readonly wanted?: number
    readonly ready: number
    readonly unready: number
    readonly missing: number
    readonly discarded?: readonly string[]
  }[]
}
