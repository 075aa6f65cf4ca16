/**
 * L6: one row a stream, a pure function of the stream up to `version`; droppable and rebuilt to the same bytes. `view` is what lists show.
 */
export type Row = {
  readonly stream: string
  readonly schema: number
  readonly version: number
  /** Milliseconds since 1970; absent when nothing is waited for (T1). */
  readonly dueAt?: number
  /** Autoscaling reads its metrics. */
  readonly scaled?: true
  /** Its bounds change with the time of day. */
  readonly scheduled?: true
  readonly view: unknown
}

export interface ReadModel {
  row(stream: string): Promise<Row | undefined>
  rows(): Promise<readonly Row[]>
  /** Won when the stored (schema, version) is lower; a duplicate or an older row loses. Answers the row that was there before. */
  write(row: Row): Promise<{ readonly won: boolean; readonly before?: Row }>
  /** Streams due at `now` or before, earliest first. */
  due(now: number, limit: number): Promise<readonly Row[]>
  /**
   * T1: of the runs that wait for the same moment only one wins, and sends the next message. Won unless a look between `now` and `until`
   * is claimed already (a claim beyond `until` was made before a clock went back).
   */
  claimLook(stream: string, now: number, until: number): Promise<boolean>
  /** A sweep got through at `now`. After `mostSilence` milliseconds without one, time counts anew. */
  beat(now: number, mostSilence: number): Promise<void>
  /** Since when sweeps got through without a longer silence; `now` where that is over or was never so. */
  attendedSince(now: number, mostSilence: number): Promise<number>
  drop(): Promise<void>
}

/** What is kept of the beats: since when they have come, and the last of them. */
export type Beats = { readonly since: number; readonly last: number }

/** A beat from the future was made before a clock was set back, and says nothing. */
export const sinceOf = (beats: Beats | undefined, now: number, mostSilence: number): number =>
  beats && Math.abs(now - beats.last) <= mostSilence ? Math.min(beats.since, now) : now
