import type { Metric, ScalePolicy } from '../../shared/domain/scale-policy.ts'
import type { MetricReading, ScaledTask } from '../../shared/scaling/advice.ts'
import type { ScalingInput } from '../../shared/scaling/decide.ts'

export const NOW = 1_700_000_000_000

export const policyOf = (more: Partial<ScalePolicy> = {}): ScalePolicy => ({
  min: 1,
  max: 100,
  targets: [{ metric: { kind: 'cpu' }, target: 50 }],
  ...more,
})

export const tasksOf = (ready: number, unready = 0): readonly ScaledTask[] => [
  ...Array.from({ length: ready }, (_, index) => ({ id: `r${index}`, ready: true })),
  ...Array.from({ length: unready }, (_, index) => ({ id: `u${index}`, ready: false })),
]

/** A reading of each ready task; undefined: it has none. */
export const perTask = (values: readonly (number | undefined)[], metric: Metric = { kind: 'cpu' }, at = NOW): MetricReading => ({
  metric,
  samples: values.flatMap((value, index) => (value === undefined ? [] : [{ task: `r${index}`, value, at }])),
})

export const whole = (value: number, metric: Metric = { kind: 'queue', queue: 'jobs' }, at = NOW): MetricReading => ({
  metric,
  samples: [{ value, at }],
})

export const inputOf = (more: Partial<ScalingInput> = {}): ScalingInput => ({
  policy: policyOf(),
  current: 3,
  tasks: tasksOf(more.current ?? 3),
  readings: [perTask(Array(more.current ?? 3).fill(50))],
  demand: [],
  advised: [],
  changes: [],
  now: NOW,
  ...more,
})
