import { firingWithin } from '../domain/cron.ts'
import type { ScalePolicy } from '../domain/scale-policy.ts'

/** `schedule`: the name of the one in force; `keepsAwake`: it says how many there are at least, so that nothing sleeps. */
export type Bounds = { readonly min: number; readonly max: number; readonly schedule?: string; readonly keepsAwake: boolean }

/** Schedules do not overlap (scale-problems.ts); the first in force counts. */
export function boundsAt({ min, max, schedules = [] }: ScalePolicy, now: number): Bounds {
  const index = schedules.findIndex(({ cron, timeZone, duration }) => firingWithin(cron, timeZone, duration, now) !== undefined)
  const schedule = schedules[index]
  if (!schedule) return { min, max, keepsAwake: false }
  const low = schedule.min ?? Math.min(min, schedule.max ?? min)
  const high = schedule.max ?? Math.max(max, schedule.min ?? max)
  return { min: low, max: high, schedule: schedule.name ?? `${index + 1}`, keepsAwake: (schedule.min ?? 0) > 0 }
}
