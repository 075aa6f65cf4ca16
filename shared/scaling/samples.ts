import type { Sample } from '../ports/metrics.ts'

/** CloudWatch is up to three minutes behind; what is older says nothing about now. */
const OLDEST = 180_000
/** A source whose clock is further ahead cannot be placed in time. */
const AHEAD = 30_000

/** What can be believed: per task, or one number of the whole service. `discarded`: why the rest was not, each reason once. */
export type Believed = {
  readonly byTask: ReadonlyMap<string, number>
  readonly whole?: number
  readonly discarded: readonly string[]
}

/** Of several readings of one task the newest counts; of two from the same moment the larger, since a doubled one must not scale down. */
export function believe(samples: readonly Sample[], now: number): Believed {
  const best = new Map<string | undefined, Sample>()
  const discarded = new Set<string>()
  for (const sample of samples) {
    const absurd = whyAbsurd(sample, now)
    const other = best.get(sample.task)
    if (absurd) discarded.add(absurd)
    else if (!other || sample.at > other.at || (sample.at === other.at && sample.value > other.value)) best.set(sample.task, sample)
  }
  const whole = best.get(undefined)?.value
  const byTask = new Map([...best].flatMap(([task, { value }]): [string, number][] => (task === undefined ? [] : [[task, value]])))
  return { byTask, ...(whole !== undefined && { whole }), discarded: [...discarded].sort() }
}

function whyAbsurd({ value, at }: Sample, now: number): string | undefined {
  if (Number.isNaN(value)) return 'not a number'
  if (!Number.isFinite(value)) return 'infinite'
  if (value < 0) return 'negative'
  if (!Number.isFinite(at)) return 'of no time'
  if (at > now + AHEAD) return 'from the future'
  return at < now - OLDEST ? 'too old' : undefined
}
