import { nextFiring } from './cron.ts'
import type { ScaleSchedule } from './scale-policy.ts'

/** Where looking for overlaps begins: any fixed instant would do, since the core reads no clock. */
const FROM = Date.UTC(2026, 0, 1)
/** Moments of the rarer schedule that are looked at, and for how long: four years hold every day of the calendar. */
const MOMENTS = 200
const SPAN = 4 * 366 * 86_400_000

/** When two schedules are both in force for the first time, ms since 1970. */
export function overlapOf(a: ScaleSchedule, b: ScaleSchedule): number | undefined {
  const [momentsA, momentsB] = [moments(a), moments(b)]
  const aIsRarer = (momentsA.at(-1) ?? 0) >= (momentsB.at(-1) ?? 0)
  const [rare, often, at] = aIsRarer ? [a, b, momentsA] : [b, a, momentsB]
  return at.find(moment => {
    const next = nextFiring(often.cron, often.timeZone, moment - often.duration)
    return next !== undefined && next < moment + rare.duration
  })
}

function moments({ cron, timeZone }: ScaleSchedule): readonly number[] {
  const found: number[] = []
  for (let at = nextFiring(cron, timeZone, FROM); at !== undefined && at < FROM + SPAN && found.length < MOMENTS; ) {
    found.push(at)
    at = nextFiring(cron, timeZone, at)
  }
  return found
}
