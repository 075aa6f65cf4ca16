import type { Metric } from '../domain/scale-policy.ts'
import type { Sample } from '../ports/metrics.ts'
import { ceilOf, isWithin } from './rounding.ts'
import { type Believed, believe } from './samples.ts'

/** A live task: what is leaving or unhealthy is not counted. */
export type ScaledTask = { readonly id: string; readonly ready: boolean }

export type MetricReading = {
  readonly metric: Metric
  readonly samples: readonly Sample[]
  readonly problem?: string
  /** Requests and connections that are open now. */
  readonly open?: number
}

/** What one metric says. `wanted` is absent when it says nothing: such a metric failed, and never scales down. */
export type Advice = {
  readonly metric: string
  readonly target: number
  readonly wanted?: number
  readonly why: string
  /** Measured against target, missing and not-ready tasks not yet filled in. */
  readonly ratio?: number
  readonly ready: number
  readonly unready: number
  readonly missing: number
  readonly discarded: readonly string[]
}

export type AdviceInput = {
  readonly reading: MetricReading
  readonly target: number
  /** How many tasks are wanted now. */
  readonly current: number
  readonly tasks: readonly ScaledTask[]
  readonly tolerance: number
  readonly now: number
}

const isWhole = (metric: Metric) => metric.kind === 'queue' || metric.kind === 'custom'
export const nameOfMetric = (metric: Metric): string =>
  metric.kind === 'custom' ? metric.name : metric.kind === 'queue' ? `queue ${metric.queue}` : metric.kind

/**
 * Kubernetes' replica calculator (pkg/controller/podautoscaler/replica_calculator.go): ceil(current × measured / target), nothing within
 * the tolerance.
 */
export function adviceOf(input: AdviceInput): Advice {
  const { reading, target, now } = input
  const believed = believe(reading.samples, now)
  const metric = nameOfMetric(reading.metric)
  const said = isWhole(reading.metric) ? wholeAdvice(input, believed) : perTaskAdvice(input, believed)
  const lost = believed.discarded.length ? `; readings left out: ${believed.discarded.join(', ')}` : ''
  return { metric, target, discarded: believed.discarded, ...said, why: `${metric} ${said.why}${lost}` }
}

type Said = Omit<Advice, 'metric' | 'target' | 'discarded'>

/** GetExternalPerPodMetricReplicas: one number, shared out. */
function wholeAdvice({ reading, target, current, tolerance, tasks }: AdviceInput, { whole }: Believed): Said {
  const counts = { ready: tasks.filter(task => task.ready).length, unready: tasks.filter(task => !task.ready).length, missing: 0 }
  if (whole === undefined) return { ...counts, why: `has no reading${reading.problem ? `: ${reading.problem}` : ''}` }
  const ratio = whole / (target * Math.max(1, current))
  if (isWithin(ratio, tolerance)) return { ...counts, ratio, wanted: current, why: 'is near its target' }
  const wanted = ceilOf(whole / target)
  return { ...counts, ratio, wanted, why: direction(wanted, current) }
}

/** GetMetricReplicas, calcPlainMetricReplicas. */
function perTaskAdvice(input: AdviceInput, believed: Believed): Said {
  const { reading, target, current, tasks, tolerance } = input
  const ready = tasks.filter(task => task.ready)
  const values = ready.flatMap(task => believed.byTask.get(task.id) ?? believed.whole ?? [])
  // what is wanted and does not exist yet is as little ready as what is starting
  const unready = Math.max(tasks.length, current) - ready.length
  const missing = ready.length - values.length
  const counts = { ready: ready.length, unready, missing }
  if (values.length === 0) return { ...counts, why: whyNothing(reading, ready.length) }
  const sum = values.reduce((total, value) => total + value, 0)
  const ratio = sum / values.length / target
  const up = ratio > 1
  // on the way down what is missing counts as at its target, on the way up as idle, like what is not ready
  const filled = sum + (up ? 0 : missing * target)
  const count = values.length + missing + (up ? unready : 0)
  const corrected = filled / count / target
  if ((up && corrected < 1) || isWithin(corrected, tolerance)) {
    const lacks = lacking(missing, up ? unready : 0)
    return { ...counts, ratio, wanted: current, why: lacks ? `is too little known to act on: ${lacks}` : 'is near its target' }
  }
  const asked = ceilOf(filled / target)
  const wanted = up ? asked : Math.min(asked, current) // more tasks than are wanted may fill more than these, each with little to do
  return { ...counts, ratio, wanted, why: direction(wanted, current) }
}

const direction = (wanted: number, current: number) =>
  wanted === current ? 'asks for no change' : wanted > current ? `asks for more: ${wanted}` : `asks for fewer: ${wanted}`

const lacking = (missing: number, unready: number) =>
  [...(missing ? ['readings are missing'] : []), ...(unready ? ['tasks are not ready'] : [])].join(', ')

const whyNothing = ({ problem }: MetricReading, ready: number) =>
  ready === 0 ? 'has no reading: no task is ready' : `has no reading${problem ? `: ${problem}` : ''}`
