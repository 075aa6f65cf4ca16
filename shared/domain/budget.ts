/** A rate shared by a whole fleet: so many at once, refilled by so many a second (T3). */
export type Rate = { readonly burst: number; readonly perSecond: number }

/** AWS's own limits: Fargate starts 100 at once, then 20 a second, on-demand and Spot counted apart. */
export const FARGATE_LAUNCHES: Rate = { burst: 100, perSecond: 20 }
/** RegisterTaskDefinition, account-wide. */
export const REGISTRATIONS: Rate = { burst: 20, perSecond: 1 }

export type Grant = { readonly granted: number; readonly full: number }

/**
 * The generic cell rate algorithm (ITU-T I.371): the whole bucket is one moment, `full`, at which it would be full again (milliseconds since
 * 1970; absent: full now). As many as fit are granted, so that a small wish never waits behind a large one. A clock that is ahead by s seconds
 * can grant perSecond·s too many; one that was set back is taken for a bucket that is empty, never for a longer wait.
 */
export function grant(full: number | undefined, now: number, wanted: number, { burst, perSecond }: Rate): Grant {
  const cost = 1_000 / perSecond
  const empty = now + burst * cost
  const from = Math.min(Math.max(full ?? now, now), empty)
  const granted = Math.max(0, Math.min(wanted, Math.floor((empty - from) / cost + 1e-3)))
  return { granted, full: from + granted * cost }
}
