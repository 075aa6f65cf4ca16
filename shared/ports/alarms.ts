import type { ScaleTarget } from '../domain/scale-policy.ts'

/** Watches a service's metrics without Longshore reading them: on while what is measured misses its target on one side. */
export type WantedAlarm = {
  readonly side: 'high' | 'low'
  /** The one that misses most on the high side counts, as in autoscaling itself. Targets of `queue` and `custom` are those of the whole service here. */
  readonly targets: readonly ScaleTarget[]
  /** On while measured / target is above (high) or below (low) this for `minutes` in a row; missing data never sets one on. */
  readonly ratio: number
  readonly minutes: number
}

export type Alarmed = { readonly stream: string; readonly side: WantedAlarm['side'] }

export interface Alarms {
  /** Makes the alarms of these streams exactly the given ones (E4); none for a stream that is not scaled. */
  apply(wanted: ReadonlyMap<string, readonly WantedAlarm[]>): Promise<void>
  /** As `apply`, and removes every other stream's. */
  applyAll(wanted: ReadonlyMap<string, readonly WantedAlarm[]>): Promise<void>
  /** Which are on. */
  on(): Promise<readonly Alarmed[]>
}
