import type { ScalePolicy } from '../../shared/domain/scale-policy.ts'
import { TARGETS } from './metric-source.ts'
import { Random } from './random.ts'
import { type Kind, MINUTE, SECOND } from './rules.ts'

/** In force in the first ten of each thirty minutes. */
const RUSH = { name: 'rush', cron: '*/30 * * * *', timeZone: 'UTC', duration: 10 * MINUTE, min: 3 }

const target = (kind: 'cpu' | 'requests') => ({ metric: { kind }, target: TARGETS[kind] })
const queue = { metric: { kind: 'queue' as const, queue: 'jobs' }, target: TARGETS.queue }

/** How the scaled service of one run is scaled: what its files choose from. None in three runs of seven. */
export function policiesOf(seed: number, kind: Kind): readonly ScalePolicy[] | undefined {
  if (seed % 7 > 3) return undefined
  const dice = new Random(seed + 1_000_003)
  const idle = kind === 'docker' && dice.next() < 0.5 ? { idle: { after: 100 * SECOND, most: 10, waitMs: 30 * SECOND } } : {}
  const schedules = dice.next() < 0.35 ? { schedules: [RUSH] } : {}
  const targets = dice.pick([[target('cpu')], [target('requests')], [queue], [target('cpu'), target('requests')], [target('cpu'), queue]])
  const down = dice.next() < 0.6 ? { down: { stabilization: dice.pick([0, 30, 60]) * SECOND } } : {}
  const base = {
    min: dice.pick([1, 1, 2]),
    targets: 'schedules' in schedules && dice.next() < 0.2 ? [] : targets,
    ...idle,
    ...schedules,
    ...down,
  }
  return [
    { ...base, max: 4 },
    { ...base, max: 6 },
  ]
}

export type Bounds = { readonly min: number; readonly max: number }

/** What the policy allows at that moment of the wall clock, worked out anew. */
export function allowedAt({ min, max, schedules }: ScalePolicy, at: number): Bounds {
  const isRush = schedules !== undefined && new Date(at).getUTCMinutes() % 30 < 10
  return isRush ? { min: RUSH.min, max } : { min, max }
}
