import { DEFAULT_TOLERANCE, downRules, upRules } from '../domain/scale-behavior.ts'
import type { ScalePolicy } from '../domain/scale-policy.ts'
import type { Change, PastAdvice } from '../domain/scaling-state.ts'
import { type Advice, adviceOf, type MetricReading, type ScaledTask } from './advice.ts'
import { type Bounds, boundsAt } from './bounds.ts'
import { hasWork, isIdle } from './idle.ts'
import { downLimit, upLimit } from './rate.ts'
import { stabilize } from './stabilize.ts'

export type ScalingInput = {
  readonly policy: ScalePolicy
  /** How many tasks are wanted now. */
  readonly current: number
  readonly tasks: readonly ScaledTask[]
  /** One for each target, in their order. */
  readonly readings: readonly MetricReading[]
  /** What tells that nothing comes in: requests and queues. */
  readonly demand: readonly MetricReading[]
  readonly advised: readonly PastAdvice[]
  readonly changes: readonly Change[]
  readonly idleSince?: number
  readonly now: number
}

/** `wanted`: the advice before windows, rates and bounds; absent when nothing was known. `bounded`: how many there are to be. */
export type ScalingDecision = {
  readonly wanted?: number
  readonly bounded: number
  /** Changes only when the decision does (L11): figures stand in `advice`. */
  readonly why: string
  readonly idle: boolean
  readonly bounds: Bounds
  readonly advice: readonly Advice[]
}

/** The order of Kubernetes' HorizontalController: bounds, metrics, windows, rates, bounds again. */
export function decideScaling(input: ScalingInput): ScalingDecision {
  const { policy, current, now } = input
  const bounds = boundsAt(policy, now)
  const maySleep = policy.idle !== undefined && !bounds.keepsAwake
  const nothing = { bounds, advice: [], idle: false }
  if (current === 0 && maySleep) {
    if (hasWork(input.demand, now)) return { ...nothing, bounded: Math.max(1, bounds.min), why: 'work waits' }
    return { ...nothing, bounded: 0, why: 'asleep until the next request' }
  }
  if (current > bounds.max) return { ...nothing, bounded: bounds.max, why: `at most ${bounds.max}${because(bounds)}` }
  if (current < bounds.min) return { ...nothing, bounded: bounds.min, why: `at least ${bounds.min}${because(bounds)}` }
  const idle = maySleep && isIdle(input.demand, input.tasks, now)
  if (idle && input.idleSince !== undefined && now - input.idleSince >= policy.idle!.after)
    return { ...nothing, idle, wanted: 0, bounded: 0, why: `nothing came in for ${policy.idle!.after / 1_000} s` }
  return { ...byMetrics(input, bounds), idle }
}

const because = ({ schedule }: Bounds) => (schedule === undefined ? '' : ` by schedule ${schedule}`)

function byMetrics(input: ScalingInput, bounds: Bounds): Omit<ScalingDecision, 'idle'> {
  const { policy, current, tasks, readings, now } = input
  const tolerance = policy.tolerance ?? DEFAULT_TOLERANCE
  const advice = policy.targets.map(({ target }, index) => adviceOf({ reading: readings[index]!, target, current, tasks, tolerance, now }))
  if (advice.length === 0)
    return { bounds, advice, wanted: bounds.min, bounded: bounds.min, why: `as many as its bounds say${because(bounds)}` }
  const largest = largestOf(advice, current)
  if (largest.wanted === undefined) return { bounds, advice, bounded: current, why: largest.why }
  const { bounded, limit } = limited(largest.wanted, input, bounds)
  return { bounds, advice, wanted: largest.wanted, bounded, why: limit ? `${largest.why}; ${limit}` : largest.why }
}

/** The largest counts; while one metric says nothing the others may only add (Kubernetes: an invalid metric blocks scaling down). */
function largestOf(advice: readonly Advice[], current: number): { readonly wanted?: number; readonly why: string } {
  const known = advice.filter(one => one.wanted !== undefined)
  const failed = advice.filter(one => one.wanted === undefined).map(one => one.why)
  const best = known.reduce<Advice | undefined>((most, one) => (most && most.wanted! >= one.wanted! ? most : one), undefined)
  if (!best) return { why: `held: ${failed.join('; ')}` }
  if (failed.length && best.wanted! < current) return { why: `held, though ${withoutFigure(best)}: ${failed.join('; ')}` }
  return { wanted: best.wanted!, why: [best.why, ...failed].join('; ') }
}

/** A held decision is the same one whatever the figure (L11). */
const withoutFigure = ({ why }: Advice) => why.replace(/: \d+/, '')

function limited(wanted: number, input: ScalingInput, bounds: Bounds): { readonly bounded: number; readonly limit?: string } {
  const { policy, current, advised, changes, now } = input
  const [up, down] = [upRules(policy), downRules(policy)]
  const steady = stabilize(wanted, current, advised, { up: up.stabilization, down: down.stabilization }, now)
  const move = { current, changes, now }
  const rated = Math.min(Math.max(steady, downLimit(down, move)), upLimit(up, move))
  const bounded = Math.min(Math.max(rated, bounds.min), bounds.max)
  if (bounded !== rated)
    return { bounded, limit: `${rated > bounds.max ? `at most ${bounds.max}` : `at least ${bounds.min}`}${because(bounds)}` }
  if (rated !== steady) return { bounded, limit: `no more at once than its scale-${steady > current ? 'up' : 'down'} rate allows` }
  if (steady !== wanted) {
    const [held, window] = wanted > current ? ['asked for', up.stabilization] : ['asked for or unknown', down.stabilization]
    return { bounded, limit: `held by what was ${held} in the last ${window / 1_000} s` }
  }
  return { bounded }
}
