import { describe, expect, it } from 'vitest'
import type { MetricReading } from '../../shared/scaling/advice.ts'
import { boundsAt } from '../../shared/scaling/bounds.ts'
import { decideScaling } from '../../shared/scaling/decide.ts'
import { inputOf, NOW, perTask, policyOf, tasksOf, whole } from './given.ts'

const cpu = (values: readonly number[], at = NOW) => [perTask(values, { kind: 'cpu' }, at)]

describe('bounds', () => {
  it('come before any metric', () => {
    const policy = policyOf({ min: 2, max: 5 })
    expect(decideScaling(inputOf({ policy, current: 9 }))).toMatchObject({ bounded: 5, why: 'at most 5' })
    expect(decideScaling(inputOf({ policy, current: 1 }))).toMatchObject({ bounded: 2, why: 'at least 2' })
  })
  it('hold nothing back from the metric at their very ends', () => {
    const policy = policyOf({ min: 2, max: 5 })
    const advised = [{ at: NOW - 300_000, wanted: 3 }]
    expect(decideScaling(inputOf({ policy, current: 5, readings: cpu(Array(5).fill(30)), advised }))).toMatchObject({
      wanted: 3,
      bounded: 3,
    })
    expect(decideScaling(inputOf({ policy, current: 2, readings: cpu([75, 75]) }))).toMatchObject({ wanted: 3, bounded: 3 })
  })
  it('what they force is no idleness, and nobody sleeps who may not', () => {
    expect(decideScaling(inputOf({ policy: policyOf({ min: 2, max: 5 }), current: 9 })).idle).toBe(false)
    expect(decideScaling(inputOf({ current: 0 }))).toMatchObject({ bounded: 1, why: 'at least 1', idle: false })
  })
  it.each<[string, object, object]>([
    ['a min alone', { min: 4 }, { min: 4, max: 10, keepsAwake: true }],
    ['a min above the policy’s max', { min: 12 }, { min: 12, max: 12, keepsAwake: true }],
    ['a max alone', { max: 5 }, { min: 2, max: 5, keepsAwake: false }],
    ['a max below the policy’s min', { max: 1 }, { min: 1, max: 1, keepsAwake: false }],
    ['both', { min: 0, max: 3 }, { min: 0, max: 3, keepsAwake: false }],
  ])('are those of the schedule in force: %s', (_, schedule, expected) => {
    const schedules = [{ cron: '* * * * *', timeZone: 'UTC', duration: 60_000, ...schedule }]
    expect(boundsAt(policyOf({ min: 2, max: 10, schedules }), NOW)).toEqual({ ...expected, schedule: '1' })
  })
  it('and after them', () => {
    const policy = policyOf({ min: 2, max: 5 })
    const up = decideScaling(inputOf({ policy, readings: cpu([500, 500, 500]) }))
    expect(up).toMatchObject({ wanted: 30, bounded: 5, why: 'cpu asks for more: 30; at most 5' })
    const down = decideScaling(inputOf({ policy, readings: cpu([0, 0, 0]), advised: [{ at: NOW - 300_000, wanted: 0 }] }))
    expect(down).toMatchObject({ wanted: 0, bounded: 2, why: 'cpu asks for fewer: 0; at least 2' })
  })
  it('a rate that holds back is named', () => {
    expect(decideScaling(inputOf({ readings: cpu([500, 500, 500]) }))).toMatchObject({
      wanted: 30,
      bounded: 7,
      why: 'cpu asks for more: 30; no more at once than its scale-up rate allows',
    })
  })
  it('… downwards too', () => {
    const policy = policyOf({ down: { stabilization: 0, policies: [{ type: 'pods', value: 1, period: 60_000 }] } })
    expect(decideScaling(inputOf({ policy, readings: cpu([1, 1, 1]) }))).toMatchObject({
      bounded: 2,
      why: 'cpu asks for fewer: 1; no more at once than its scale-down rate allows',
    })
  })
  it('the largest advice counts, wherever it stands, and the first of equals', () => {
    const queue = { kind: 'queue', queue: 'jobs' } as const
    const policy = policyOf({
      targets: [
        { metric: { kind: 'cpu' }, target: 50 },
        { metric: queue, target: 10 },
      ],
    })
    const decide = (value: number, waiting: number) =>
      decideScaling(inputOf({ policy, readings: [...cpu([value, value, value]), whole(waiting)] }))
    expect(decide(90, 10)).toMatchObject({ wanted: 6, why: 'cpu asks for more: 6' })
    expect(decide(90, 60)).toMatchObject({ wanted: 6, why: 'cpu asks for more: 6' })
  })
  it('beside a source that is silent one that asks for no change is not held', () => {
    const queue = { kind: 'queue', queue: 'jobs' } as const
    const policy = policyOf({
      targets: [
        { metric: { kind: 'cpu' }, target: 50 },
        { metric: queue, target: 10 },
      ],
    })
    const decide = (current: number, value: number) =>
      decideScaling(inputOf({ policy, current, readings: [...cpu(Array(current).fill(value)), { metric: queue, samples: [] }] }))
    expect(decide(3, 50)).toMatchObject({ wanted: 3, why: 'cpu is near its target; queue jobs has no reading' })
    expect(decide(50, 10).why, 'L11: one and the same reason whatever the figure').toBe(
      'held, though cpu asks for fewer: queue jobs has no reading',
    )
  })
  it('a window that holds back is named', () => {
    const up = policyOf({ up: { stabilization: 60_000 } })
    expect(decideScaling(inputOf({ policy: up, readings: cpu([90, 90, 90]), advised: [{ at: NOW - 50_000, wanted: 3 }] })).why).toBe(
      'cpu asks for more: 6; held by what was asked for in the last 60 s',
    )
    const advised = [{ at: NOW - 60_000, wanted: 3 }]
    expect(decideScaling(inputOf({ readings: cpu([1, 1, 1]), advised }))).toMatchObject({
      wanted: 1,
      bounded: 3,
      why: 'cpu asks for fewer: 1; held by what was asked for or unknown in the last 300 s',
    })
  })
})

describe('readings that cannot be believed', () => {
  const HOUR = 3_600_000
  it.each<[string, readonly number[], number, string]>([
    ['not a number', [Number.NaN, Number.NaN, Number.NaN], NOW, 'not a number'],
    ['infinite', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], NOW, 'infinite'],
    ['negative', [-1, -5, -1], NOW, 'negative'],
    ['a clock an hour ahead', [1, 1, 1], NOW + HOUR, 'from the future'],
    ['an hour late', [1, 1, 1], NOW - HOUR, 'too old'],
    ['of no time', [1, 1, 1], Number.NaN, 'of no time'],
  ])('%s: nothing is scaled down, and the reason is told', (_, values, at, reason) => {
    const decision = decideScaling(inputOf({ readings: cpu(values, at) }))
    expect(decision).toMatchObject({ bounded: 3, why: `held: cpu has no reading; readings left out: ${reason}` })
    expect(decision.wanted).toBeUndefined()
  })
  it('one absurd reading among good ones counts as missing', () => {
    const decision = decideScaling(inputOf({ readings: cpu([10, 10, Number.NaN]) }))
    expect(decision.advice[0]).toMatchObject({ missing: 1, wanted: 2, discarded: ['not a number'] })
  })
  it('of doubled readings the newest counts, of two from one moment the larger', () => {
    const metric = { kind: 'queue', queue: 'jobs' } as const
    const policy = policyOf({ targets: [{ metric, target: 10 }] })
    const of = (...samples: MetricReading['samples']) => decideScaling(inputOf({ policy, readings: [{ metric, samples }] })).wanted
    expect(of({ value: 60, at: NOW - 5_000 }, { value: 50, at: NOW - 10_000 })).toBe(6)
    expect(of({ value: 50, at: NOW - 10_000 }, { value: 60, at: NOW - 5_000 })).toBe(6)
    expect(of({ value: 5, at: NOW }, { value: 60, at: NOW })).toBe(6)
    expect(of({ value: 60, at: NOW }, { value: 5, at: NOW })).toBe(6)
    expect(of({ value: 60, at: NOW - 5_000 }, { value: 90, at: NOW - 10_000 }), 'an older one, however large').toBe(6)
  })
  it('a clock half a minute ahead is believed, and what is three minutes old', () => {
    const wanted = (at: number) => decideScaling(inputOf({ readings: cpu([90, 90, 90], at) })).wanted
    expect([30_000, 30_001, -180_000, -180_001].map(by => wanted(NOW + by))).toEqual([6, undefined, 6, undefined])
  })
  it('reasons are told each once, in one order', () => {
    const samples = [-1, Number.NaN, -2].map((value, index) => ({ task: `r${index}`, value, at: NOW }))
    const why = (list: typeof samples) => decideScaling(inputOf({ readings: [{ metric: { kind: 'cpu' }, samples: list }] })).why
    expect(why([samples[1]!, samples[0]!, samples[2]!])).toBe('held: cpu has no reading; readings left out: negative, not a number')
  })
  it('no task is ready: nothing is known', () => {
    const decision = decideScaling(inputOf({ tasks: tasksOf(0, 3), readings: cpu([]) }))
    expect(decision).toMatchObject({ bounded: 3, why: 'held: cpu has no reading: no task is ready' })
  })
  it('a number of the whole service stands for each task, where tasks have none of their own', () => {
    expect(decideScaling(inputOf({ readings: [whole(100, { kind: 'cpu' })] })).wanted).toBe(6)
  })
})

describe('schedules', () => {
  const day = { name: 'day', cron: '0 8 * * mon-fri', timeZone: 'Europe/Berlin', duration: 10 * 3_600_000, min: 4 }
  const at = (time: string) =>
    decideScaling(inputOf({ policy: policyOf({ schedules: [day] }), now: Date.parse(time), readings: [] as never }))
  it.each([
    ['a second before', '2024-01-15T06:59:59Z', 3],
    ['at the moment itself', '2024-01-15T07:00:00Z', 4],
    ['in summer an hour earlier', '2024-07-15T06:00:00Z', 4],
    ['until its duration is over', '2024-01-15T16:59:59Z', 4],
    ['and no longer', '2024-01-15T17:00:00Z', 3],
    ['not on a Sunday', '2024-01-14T09:00:00Z', 3],
  ])('%s', (_, time, expected) => {
    const now = Date.parse(time)
    const decision = decideScaling(inputOf({ policy: policyOf({ schedules: [day] }), now, readings: cpu([50, 50, 50], now) }))
    expect(decision.bounded).toBe(expected)
  })
  it('says which one', () => expect(at('2024-01-15T09:00:00Z').why).toBe('at least 4 by schedule day'))
  it('without a target the bounds alone say how many', () => {
    const policy = policyOf({ targets: [], min: 2, schedules: [{ ...day, min: 6 }] })
    const decide = (time: string, current: number) =>
      decideScaling(inputOf({ policy, readings: [], now: Date.parse(time), current })).bounded
    expect(decide('2024-01-15T09:00:00Z', 2)).toBe(6)
    expect(decide('2024-01-15T20:00:00Z', 6)).toBe(2)
  })
})

describe('scale to zero', () => {
  const policy = policyOf({ idle: { after: 300_000, most: 10, waitMs: 1_000 } })
  const requests = (...values: (number | undefined)[]) => [perTask(values, { kind: 'requests' })]
  const idleSince = NOW - 300_000
  it('after so long without a request', () => {
    const decide = (since: number) => decideScaling(inputOf({ policy, demand: requests(0, 0, 0), idleSince: since }))
    expect(decide(NOW - 299_999)).toMatchObject({ idle: true, bounded: 3 })
    expect(decide(idleSince)).toMatchObject({ idle: true, bounded: 0, why: 'nothing came in for 300 s' })
  })
  it.each<[string, readonly MetricReading[]]>([
    ['a request of one task', requests(0, 0, 0.1)],
    ['a task without a reading', requests(0, 0, undefined)],
    ['no reading at all', requests()],
    ['nothing that tells', []],
    ['an absurd reading', requests(0, 0, Number.NaN)],
    ['an open connection', [{ ...requests(0, 0, 0)[0]!, open: 1 }]],
    ['a queue that is not empty', [...requests(0, 0, 0), whole(1)]],
    ['a queue that is silent', [...requests(0, 0, 0), { metric: { kind: 'queue', queue: 'jobs' }, samples: [] }]],
  ])('%s is not idle', (_, demand) => {
    expect(decideScaling(inputOf({ policy, demand, idleSince }))).toMatchObject({ idle: false, bounded: 3 })
  })
  it('sleeps until somebody asks', () => {
    expect(decideScaling(inputOf({ policy, current: 0, demand: requests() }))).toMatchObject({
      bounded: 0,
      why: 'asleep until the next request',
    })
  })
  it('is idle where each ready task is, or the service as a whole', () => {
    const isAsleep = (demand: readonly MetricReading[], tasks = tasksOf(3)) =>
      decideScaling(inputOf({ policy, demand, tasks, idleSince })).bounded === 0
    expect(isAsleep(requests(0, 0, 0), tasksOf(3, 1)), 'what only starts has no reading').toBe(true)
    expect(isAsleep([whole(0, { kind: 'requests' })])).toBe(true)
    expect(isAsleep([...requests(0, 0, 0), whole(0)]), 'an empty queue').toBe(true)
    expect(isAsleep([whole(0, { kind: 'requests' })], tasksOf(0, 1)), 'nothing is ready').toBe(true)
    expect(isAsleep([], tasksOf(0, 1))).toBe(false)
    expect(isAsleep(requests(), tasksOf(0, 1)), 'nothing is ready, and nothing known').toBe(false)
    const ended = {
      ...whole(0, { kind: 'requests' }),
      samples: [
        { value: 0, at: NOW },
        { task: 'gone', value: 0, at: NOW },
      ],
    } as const
    expect(isAsleep([ended], tasksOf(0, 1))).toBe(true)
    const busy = {
      ...whole(0, { kind: 'requests' }),
      samples: [
        { value: 0, at: NOW },
        { task: 'gone', value: 5, at: NOW },
      ],
    } as const
    expect(isAsleep([busy], tasksOf(0, 1))).toBe(false)
  })
  it('wakes when work waits in a queue', () => {
    const woken = (demand: readonly MetricReading[], min = 1) =>
      decideScaling(inputOf({ policy: { ...policy, min }, current: 0, demand })).bounded
    expect(woken([whole(3)], 4), 'as many as its bounds want').toBe(4)
    expect(woken([whole(0), whole(3)]), 'in one of them').toBe(1)
    expect(woken([whole(0)])).toBe(0)
    expect(woken([whole(3, { kind: 'requests' })]), 'requests wake it themselves').toBe(0)
    expect(decideScaling(inputOf({ policy, current: 0, demand: [whole(3)] }))).toMatchObject({ bounded: 1, why: 'work waits' })
  })
  it('a schedule that says how many there are at least keeps it awake', () => {
    const awake = policyOf({ ...policy, schedules: [{ cron: '* * * * *', timeZone: 'UTC', duration: 60_000, min: 2 }] })
    expect(decideScaling(inputOf({ policy: awake, current: 0, demand: [] })).bounded).toBe(2)
    expect(decideScaling(inputOf({ policy: awake, demand: requests(0, 0, 0), idleSince })).bounded).toBe(3)
  })
})
