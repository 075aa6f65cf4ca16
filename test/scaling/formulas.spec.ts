import { describe, expect, it } from 'vitest'
import { downRules, upRules } from '../../shared/domain/scale-behavior.ts'
import type { RatePolicy } from '../../shared/domain/scale-policy.ts'
import { adviceOf, type MetricReading } from '../../shared/scaling/advice.ts'
import { decideScaling } from '../../shared/scaling/decide.ts'
import { downLimit, upLimit } from '../../shared/scaling/rate.ts'
import { stabilize } from '../../shared/scaling/stabilize.ts'
import { inputOf, NOW, perTask, policyOf, tasksOf, whole } from './given.ts'

const advise = (reading: MetricReading, target: number, current: number, tasks = tasksOf(current)) =>
  adviceOf({ reading, target, current, tasks, tolerance: 0.1, now: NOW })

/** kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale, "Algorithm details". */
describe('examples of the Kubernetes documentation: ceil(current × measured / desired)', () => {
  it.each([
    ['200m against 100m doubles the count', 200, 100, 1, 2],
    ['200m against 100m doubles the count, of four', 200, 100, 4, 8],
    ['50m against 100m halves it', 50, 100, 4, 2],
    ['half of an odd count is rounded up', 50, 100, 5, 3],
    ['a ratio within 0.1 of 1 changes nothing', 109, 100, 10, 10],
    ['the tolerance itself is within', 110, 100, 10, 10],
    ['and so is its lower end', 90, 100, 10, 10],
    ['just beyond it counts', 111, 100, 10, 12],
    ['the walkthrough: 305 % against 50 % of one', 305, 50, 1, 7],
    ['falling to nothing asks for none', 0, 50, 7, 0],
  ])('%s', (_, value, target, current, wanted) => {
    expect(advise(perTask(Array(current).fill(value)), target, current).wanted).toBe(wanted)
  })

  it('a task not yet ready counts as 0 % on the way up, and dampens it', () => {
    expect(advise(perTask([100, 100]), 50, 4, tasksOf(2, 2))).toMatchObject({ wanted: 4, ratio: 2, unready: 2 })
    expect(advise(perTask([200, 200]), 50, 4, tasksOf(2, 2)).wanted).toBe(8)
  })

  it('what a rollout has beyond the count dampens it too, and so does what is wanted and not there yet', () => {
    expect(advise(perTask([65, 65, 65, 65]), 50, 4, tasksOf(4, 4))).toMatchObject({ wanted: 4, unready: 4 })
    expect(advise(perTask([75, 75, 75]), 50, 6, tasksOf(3))).toMatchObject({
      wanted: 6,
      unready: 3,
      why: expect.stringContaining('tasks are not ready'),
    })
  })

  it('the tolerance is judged with what is missing or not ready filled in', () => {
    expect(advise(perTask([70, 70, 70, undefined]), 50, 4).wanted).toBe(4) // 210 / 4 is 1.05 of the target, though it would fill 4.2 tasks
    expect(advise(perTask([105, 105]), 50, 4, tasksOf(2, 2)).wanted).toBe(4)
    expect(advise(perTask([40, 40, undefined]), 50, 3).wanted).toBe(3)
  })

  it('missing readings count as the target on the way down and as 0 % on the way up', () => {
    expect(advise(perTask([10, 10, undefined, undefined]), 50, 4).wanted).toBe(3) // (10 + 10 + 50 + 50) / 50
    expect(advise(perTask([150, 150, undefined, undefined]), 50, 4).wanted).toBe(6)
  })

  it('holds where the correction turns the direction round, or brings it within the tolerance', () => {
    const crossing = advise(perTask([60, undefined, undefined]), 50, 3)
    expect(crossing).toMatchObject({ wanted: 3, ratio: 1.2 })
    expect(crossing.why).toContain('readings are missing')
    expect(advise(perTask([44, undefined, undefined, undefined]), 50, 4).wanted).toBe(4)
  })

  it('tasks that are wanted and do not exist yet dampen like those that start', () => {
    expect(advise(perTask([75, 75, 75, 75, 75]), 50, 10, tasksOf(5)).wanted).toBe(10)
  })

  it('what is enough and what is lacking is told', () => {
    const why = (...given: Parameters<typeof advise>) => advise(...given).why
    expect(why(perTask([50, 50]), 50, 4, tasksOf(2, 2)), 'at its very target').toBe('cpu is near its target')
    expect(why(perTask([10, 10, 10, 10]), 50, 4)).toBe('cpu asks for fewer: 1')
    expect(why(perTask([60, undefined, undefined]), 50, 3)).toBe('cpu is too little known to act on: readings are missing')
    expect(why(perTask([60, 60]), 50, 3, tasksOf(2, 1))).toBe('cpu is too little known to act on: tasks are not ready')
    expect(why(perTask([60, undefined]), 50, 3, tasksOf(2, 1))).toBe(
      'cpu is too little known to act on: readings are missing, tasks are not ready',
    )
    expect(why(perTask([40, 40, 40, 40, 40, 40]), 50, 5, tasksOf(6))).toBe('cpu asks for no change')
  })

  it('sums of ten thousand tasks round as those of ten', () => {
    expect(advise(perTask(Array(10_000).fill(0.3)), 0.1, 10_000).wanted).toBe(30_000)
  })

  it('the surge of a rollout shares the load and does not raise the count', () => {
    expect(advise(perTask([40, 40, 40, 40]), 50, 3, tasksOf(4)).wanted).toBe(3)
    expect(advise(perTask([50, 50, 50, 50]), 50, 3, tasksOf(4)).wanted).toBe(3)
    expect(advise(perTask([37.5, 37.5, 37.5, 37.5]), 50, 3, tasksOf(4)).wanted).toBe(3)
  })
})

/** docs.aws.amazon.com: Application Auto Scaling, target tracking; and Amazon EC2 Auto Scaling, "backlog per instance" of an SQS queue. */
describe('examples of AWS target tracking', () => {
  it('10 tasks, 1,500 messages, 100 acceptable for each: scale out by 5', () => {
    expect(advise(whole(1_500), 100, 10).wanted).toBe(15)
  })
  it('a number of its own is shared out likewise', () => {
    const metric = { kind: 'custom' as const, name: 'players', url: 'http://game' }
    expect(advise(whole(330, metric), 100, 5, tasksOf(3, 2))).toMatchObject({
      metric: 'players',
      wanted: 4,
      ready: 3,
      unready: 2,
      missing: 0,
    })
    expect(advise(whole(330, metric), 100, 4).why).toBe('players asks for no change')
    expect(advise({ metric, samples: [] }, 100, 4, tasksOf(1, 1))).toMatchObject({ ready: 1, unready: 1, why: 'players has no reading' })
  })
  it('target tracking keeps the metric at or near its value: nothing within the tolerance', () => {
    expect(advise(whole(1_050), 100, 10).wanted).toBe(10)
  })
  it('it scales out in proportion: 70 % against 50 % of 10 tasks asks for 14', () => {
    expect(advise(perTask(Array(10).fill(70)), 50, 10).wanted).toBe(14)
  })
  it('several policies: the one with the largest capacity wins', () => {
    const policy = policyOf({
      targets: [
        { metric: { kind: 'cpu' }, target: 50 },
        { metric: { kind: 'queue', queue: 'jobs' }, target: 100 },
      ],
    })
    expect(decideScaling(inputOf({ policy, readings: [perTask([60, 60, 60]), whole(600)] })).wanted).toBe(6)
  })
  it('insufficient data never scales in, and another metric may still scale out', () => {
    const policy = policyOf({
      targets: [
        { metric: { kind: 'cpu' }, target: 50 },
        { metric: { kind: 'queue', queue: 'jobs' }, target: 100 },
      ],
    })
    const silent: MetricReading = { metric: { kind: 'queue', queue: 'jobs' }, samples: [], problem: 'access denied' }
    const falling = decideScaling(inputOf({ policy, readings: [perTask([5, 5, 5]), silent] }))
    expect(falling).toMatchObject({ bounded: 3 })
    expect(falling.wanted).toBeUndefined()
    expect(falling.why).toBe('held, though cpu asks for fewer: queue jobs has no reading: access denied')
    expect(decideScaling(inputOf({ policy, readings: [perTask([90, 90, 90]), silent] })).bounded).toBe(6)
  })
})

describe('stabilization windows (Kubernetes: stabilizeRecommendationWithBehaviors)', () => {
  const minutes = (ago: number, wanted: number) => ({ at: NOW - ago * 1_000, wanted })
  it('case 31: (a) 3 a minute ago, 1 now, both windows 300 s, current 2: holds 2', () => {
    expect(stabilize(1, 2, [minutes(60, 3)], { up: 300_000, down: 300_000 }, NOW)).toBe(2)
  })
  it('case 31: (b) 65 % of 80 % at 17 tasks, an advice of 21 that is 400 s old: holds 17', () => {
    const wanted = advise(perTask(Array(17).fill(65)), 80, 17).wanted!
    expect(wanted).toBe(14)
    expect(stabilize(wanted, 17, [minutes(400, 21)], { up: 300_000, down: 600_000 }, NOW)).toBe(17)
  })
  it('scales down to the highest advice of the window, once it is below the present count', () => {
    expect(stabilize(2, 10, [minutes(500, 10), minutes(250, 6)], { up: 0, down: 200_000 }, NOW)).toBe(6)
    expect(stabilize(2, 10, [minutes(500, 10), minutes(250, 2)], { up: 0, down: 200_000 }, NOW)).toBe(2)
  })
  it('L11: an advice lasts until the next, so one from before the window still counts in it', () => {
    expect(stabilize(2, 10, [minutes(3_600, 9)], { up: 0, down: 300_000 }, NOW)).toBe(9)
    expect(stabilize(2, 10, [minutes(3_600, 9), minutes(300, 2)], { up: 0, down: 300_000 }, NOW)).toBe(2)
  })
  it('ADR 33: what is not known counts as the present count, as the first recommendation of Kubernetes does (recordInitialRecommendation)', () => {
    const down = (...past: Parameters<typeof stabilize>[2]) => stabilize(2, 10, past, { up: 0, down: 300_000 }, NOW)
    expect(down(), 'the first advice of all').toBe(10)
    expect(down(minutes(299, 2)), 'known for less than the window').toBe(10)
    expect(down(minutes(300, 2)), 'known for the whole window').toBe(2)
    const gap = { at: NOW - 3_600_000 }
    expect(down(minutes(7_200, 2), gap), 'the first low reading after a gap').toBe(10)
    expect(down(gap, minutes(299, 2)), 'the gap is still in the window').toBe(10)
    expect(down(gap, minutes(300, 2))).toBe(2)
    expect(down(minutes(7_200, 2), { at: NOW - 20_000 }, minutes(5, 2)), 'however short').toBe(10)
  })
  it('ADR 33: and holds nothing on the way up', () => {
    const up = (...past: Parameters<typeof stabilize>[2]) => stabilize(20, 10, past, { up: 300_000, down: 300_000 }, NOW)
    expect(up()).toBe(20)
    expect(up({ at: NOW - 3_600_000 })).toBe(20)
    expect(up({ at: NOW - 3_600_000 }, minutes(5, 12))).toBe(12)
  })
  it('no window: the advice itself', () => {
    expect(stabilize(2, 10, [minutes(1, 9)], { up: 0, down: 0 }, NOW)).toBe(2)
    expect(stabilize(20, 10, [minutes(1, 9)], { up: 0, down: 0 }, NOW)).toBe(20)
  })
})

/** kubernetes.io, "Scaling policies" and "Default behavior". */
describe('rate policies', () => {
  const pods = (value: number, period: number): RatePolicy => ({ type: 'pods', value, period: period * 1_000 })
  const part = (value: number, period: number): RatePolicy => ({ type: 'percent', value, period: period * 1_000 })
  const move = (current: number, ...changes: (readonly [ago: number, by: number])[]) => ({
    current,
    changes: changes.map(([ago, by]) => ({ at: NOW - ago * 1_000, by })),
    now: NOW,
  })

  it('by default up by the larger of 100 % and 4 tasks in 15 s', () => {
    expect(upLimit(upRules({}), move(1))).toBe(5)
    expect(upLimit(upRules({}), move(10))).toBe(20)
    expect(upLimit(upRules({}), move(8, [5, 4]))).toBe(8)
    expect(upLimit(upRules({}), move(8, [15, 4]))).toBe(16)
  })
  it('by default down at once', () => expect(downLimit(downRules({}), move(80))).toBe(0))

  it('the documented pair, 4 tasks or 10 % a minute: 80 tasks lose 8, then 10 % of what is left, and 4 from 40 down', () => {
    const rules = downRules({ down: { policies: [pods(4, 60), part(10, 60)] } })
    expect(downLimit(rules, move(80))).toBe(72)
    expect(downLimit(rules, move(72))).toBe(64) // 7.2, rounded up in favour of the change
    expect(downLimit(rules, move(40))).toBe(36)
    expect(downLimit(rules, move(10))).toBe(6)
  })
  it('what was done within the period counts against it', () => {
    const rules = downRules({ down: { policies: [pods(4, 60)] } })
    expect(downLimit(rules, move(7, [30, -3]))).toBe(6)
    expect(downLimit(rules, move(6, [30, -4]))).toBe(6)
    expect(downLimit(rules, move(6, [60, -4]))).toBe(2)
  })
  it('select min takes the policy that allows least, disabled allows nothing', () => {
    expect(downLimit(downRules({ down: { policies: [pods(4, 60), part(10, 60)], select: 'min' } }), move(80))).toBe(76)
    expect(downLimit(downRules({ down: { select: 'disabled' } }), move(80))).toBe(80)
    expect(upLimit(upRules({ up: { policies: [pods(1, 60), part(50, 60)], select: 'min' } }), move(10))).toBe(11)
    expect(upLimit(upRules({ up: { select: 'disabled' } }), move(10))).toBe(10)
  })
  it('10 % of 10 is one, whatever floating point makes of it', () => {
    expect(upLimit(upRules({ up: { policies: [part(10, 60)] } }), move(10))).toBe(11)
    expect(downLimit(downRules({ down: { policies: [part(90, 60)] } }), move(10))).toBe(1)
    expect(advise(perTask([0.1, 0.1, 0.1]), 0.1 / 2, 3).wanted).toBe(6)
  })
})
