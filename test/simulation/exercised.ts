import type { Kind } from './rules.ts'

const BOTH = [
  'crashes',
  'freezes',
  'duplicates',
  'reorderings',
  'conflicts',
  'ambiguous puts',
  'losses',
  'redeliveries',
  'throttles',
  'deaths',
  'illnesses',
  'outage answers',
  'lost answers',
  'metrics silent',
  'metrics throws',
  'metrics absurd',
  'metrics an hour off',
  'metrics too late',
  'metric gaps',
  'doubled metrics',
  'policies changed alone',
  'scaled up',
  'scaled down',
]

/** The faults that a run must have met; one that never came proves nothing about it. */
export const EXERCISED: Readonly<Record<Kind, readonly string[]>> = {
  ecs: [...BOTH, 'refusals', 'timeouts', 'readiness passed', 'readiness failed', 'alarm high on', 'alarm low on'],
  docker: [
    ...BOTH,
    'clock steps forth',
    'clock steps back',
    'pulls',
    'startup passed',
    'startup failed',
    'readiness passed',
    'readiness failed',
    'liveness failed',
    'demands',
    'woken',
    'fallen asleep',
  ],
}

export const idleKinds = (kind: Kind, counts: Readonly<Record<string, number>>): readonly string[] =>
  EXERCISED[kind].filter(what => !counts[what])

export function total(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [what, count] of Object.entries(counts)) sums[what] = (sums[what] ?? 0) + count
}
