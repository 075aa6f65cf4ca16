import { Cron } from 'croner'

/**
 * Moments of a cron line of five fields in a time zone, counted from a given instant and never from the clock. A local time that comes twice
 * fires once, at the first; one that a spring day leaves out fires right after the gap (field case 37).
 */

/** Undefined when the line and the zone are good and some moment fits them. */
export function cronProblem(line: string, timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch {
    return `"${timeZone}" is no time zone, such as Europe/Berlin`
  }
  try {
    return nextFiring(line, timeZone, 0) === undefined ? `"${line}" names a day that never comes` : undefined
  } catch {
    return `"${line}" is no cron line of five fields, such as "0 8 * * mon-fri"`
  }
}

/** The first moment after `after`, ms since 1970; undefined when none comes. @throws on what cronProblem refuses */
export const nextFiring = (line: string, timeZone: string, after: number): number | undefined =>
  new Cron(line, { timezone: timeZone, mode: '5-part' }).nextRun(new Date(after))?.getTime()

/** The newest moment within the `span` up to and with `now`. */
export function firingWithin(line: string, timeZone: string, span: number, now: number): number | undefined {
  const first = nextFiring(line, timeZone, now - span)
  return first !== undefined && first <= now ? first : undefined
}
