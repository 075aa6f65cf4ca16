import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScalePolicy } from '../../shared/domain/scale-policy.ts'
import { emptyService, type ServiceEvent } from '../../shared/domain/service.ts'
import { decideProtect, decideScaleAsked } from '../../shared/domain/service-decide.ts'
import { evolveService } from '../../shared/domain/service-fold.ts'
import { plan } from '../../shared/reconcile/plan.ts'
import { decideAutoscale, decideDemand, scaledTasks } from '../../shared/scaling/autoscale-service.ts'
import { givenService, ServiceStory, spec, T0 } from '../domain/given.ts'
import { planAt, SETTING, serviceOf } from '../reconcile/cluster.ts'
import { runUntilQuiet } from '../reconcile/simulated-cluster.ts'
import { policyOf } from './given.ts'

const scaled = (more: Partial<ScalePolicy> = {}) => spec('app:1', { scale: policyOf({ min: 2, max: 8, ...more }) })
const cpu = (story: ServiceStory, value: number) => ({
  targets: [{ metric: { kind: 'cpu' as const }, samples: Object.keys(story.state.tasks).map(task => ({ task, value, at: story.at })) }],
  demand: [],
})
const running = (story: ServiceStory, ...ids: string[]) => {
  story.starts(ids)
  for (const id of ids) story.seen(id, { ready: true })
  return story
}
/** One look of autoscale; answers what it recorded. */
const look = (story: ServiceStory, value: number, after = 15_000): readonly ServiceEvent[] => {
  story.at += after
  const events = decideAutoscale(story.state, cpu(story, value), story.at)
  if (events.length) story.happened(events)
  return events
}

describe('M1: replicas of a scaled service', () => {
  it('the first value is taken, within the bounds', () => {
    expect(givenService().wish({ spec: scaled(), replicas: 1 }).state.scale.replicas).toBe(2)
    expect(givenService().wish({ spec: scaled(), replicas: 99 }).state.scale.replicas).toBe(8)
    expect(givenService().wish({ spec: scaled(), replicas: 5 }).state.scale.replicas).toBe(5)
  })
  it('a later file changes nothing, not even with another number', () => {
    const story = givenService().wish({ spec: scaled(), replicas: 3 })
    story.happened({ type: 'ScaleSet', replicas: 6, after: 1, by: 'autoscale' })
    story.wish({ stamp: 2, revision: 2, spec: scaled({ max: 7 }), replicas: 4, replicasBy: 2 })
    expect(story.state.scale.replicas).toBe(6)
  })
  it('a service that was taken down and comes again begins with its file', () => {
    const story = givenService().wish({ spec: scaled(), replicas: 3 })
    story.happened({ type: 'ScaleSet', replicas: 6, after: 1, by: 'autoscale' })
    story.wish({ stamp: 2, cause: 'remove', spec: scaled() }).wish({ stamp: 3, spec: scaled(), replicas: 4, replicasBy: 3 })
    expect(story.state.scale.replicas).toBe(4)
  })
  it('a file without a policy sets the number again, and the advice is forgotten', () => {
    const story = running(givenService().wish({ spec: scaled(), replicas: 3 }), 'a', 'b', 'c')
    look(story, 90)
    story.wish({ stamp: 2, revision: 2, spec: spec('app:2'), replicas: 1, replicasBy: 2 })
    expect(story.state.scale.replicas).toBe(1)
    expect(story.state.scaling).toBeUndefined()
  })
  it('a file that drops the policy and leaves its number as it was leaves the scale', () => {
    const story = givenService().wish({ spec: scaled(), replicas: 3 })
    story.happened({ type: 'ScaleSet', replicas: 6, after: 1, by: 'autoscale' })
    story.wish({ stamp: 2, spec: scaled({ max: 7 }), replicas: 4, replicasBy: 2 }).wish({ stamp: 3, replicas: 4, replicasBy: 2 })
    expect(story.state.scale.replicas).toBe(6)
  })
  it('a file that drops the policy wakes who sleeps, since nothing else would', () => {
    const story = givenService().wish({ spec: scaled({ idle: { after: 60_000, most: 1, waitMs: 100 } }), replicas: 3 })
    story.happened({ type: 'ScaleSet', replicas: 0, after: 1, by: 'autoscale' }).wish({ stamp: 2, replicas: 3, replicasBy: 1 })
    expect(story.state.scale).toEqual({ replicas: 3, after: 1 })
  })
  it('a file that goes on without a policy, or with one, leaves who is at zero', () => {
    const idle = { after: 60_000, most: 1, waitMs: 100 }
    const atZero = (first: object, later: object) => {
      const story = givenService()
        .wish({ ...first, replicas: 3 })
        .happened({ type: 'ScaleSet', replicas: 0, after: 1 })
      return story.wish({ stamp: 2, replicas: 3, replicasBy: 1, ...later }).state.scale
    }
    const zero = { replicas: 0, after: 1 }
    expect(atZero({}, {}), 'asked by a person').toEqual(zero)
    expect(atZero({ spec: scaled({ idle }) }, { spec: scaled({ idle, max: 7 }) }), 'asleep').toEqual(zero)
    expect(atZero({}, { spec: scaled({ idle }) }), 'asleep from the first').toEqual(zero)
  })
  it('a scale remembers the newest file that it knew of, whatever comes late', () => {
    const story = givenService().wish({ replicas: 3, replicasBy: 5 })
    expect(story.happened({ type: 'ScaleSet', replicas: 4, after: 2 }).state.scale).toEqual({ replicas: 4, after: 5 })
    const sleeper = givenService().wish({ spec: scaled({ idle: { after: 60_000, most: 1, waitMs: 100 } }), replicas: 3 })
    sleeper.happened({ type: 'ScaleSet', replicas: 0, after: 4 }).wish({ stamp: 2, replicas: 3, replicasBy: 1 })
    expect(sleeper.state.scale).toEqual({ replicas: 3, after: 4 })
  })
  it('rates count what autoscaling changed, and nobody else', () => {
    const story = givenService().wish({ spec: scaled(), replicas: 3 })
    story.happened({ type: 'ScaleSet', replicas: 6, after: 1, by: 'autoscale' })
    const changes = [{ at: story.at, by: 3 }]
    expect(story.state.scaling?.changes).toEqual(changes)
    story.happened({ type: 'ScaleSet', replicas: 8, after: 1 }, 1_000)
    story.happened({ type: 'ScaleSet', replicas: 7, after: 1, by: 'autoscale' }, 1_000)
    expect(story.state.scaling?.changes).toEqual([...changes, { at: story.at, by: -1 }])
    expect(givenService().wish().happened({ type: 'ScaleSet', replicas: 3, after: 1 }).state.scaling, 'without a policy').toBeUndefined()
  })
  it('a person may choose within the bounds and is told of them outside', () => {
    const { state } = givenService().wish({ spec: scaled(), replicas: 3 })
    expect(decideScaleAsked(state, 8, 4)).toEqual({ events: [{ type: 'ScaleSet', replicas: 8, after: 4 }] })
    for (const replicas of [0, 1, 9]) expect(decideScaleAsked(state, replicas, 4)).toMatchObject({ refusal: { code: 'LS-SCALED' } })
    const sleeper = givenService().wish({ spec: scaled({ idle: { after: 60_000, most: 1, waitMs: 100 } }), replicas: 3 }).state
    expect(decideScaleAsked(sleeper, 0, 4)).toHaveProperty('events')
    // found by seeds 157, 191 and 219 of the simulation
    const refusal = { code: 'LS-SCALED', message: 'x-longshore.scale keeps it between 2 and 8, or at 0; 1 is outside' }
    expect(decideScaleAsked(sleeper, 1, 4), 'neither asleep nor enough').toEqual({ refusal })
    expect(decideScaleAsked(givenService().wish({ replicas: 3 }).state, 99, 4)).toHaveProperty('events')
  })
})

describe('decisions as events', () => {
  const three = () => running(givenService().wish({ spec: scaled(), replicas: 3 }), 'a', 'b', 'c')
  it('a change is recorded with its advice, its reason and its figures', () => {
    const events = look(three(), 90)
    expect(events.map(event => event.type)).toEqual(['ScaleAdvised', 'ScaleSet'])
    expect(events[1]).toMatchObject({ replicas: 6, by: 'autoscale', why: 'cpu asks for more: 6' })
    expect(events[0]).toMatchObject({
      wanted: 6,
      bounded: 6,
      inputs: { current: 3, min: 2, max: 8, metrics: [{ kind: 'cpu', ratio: 1.8, ready: 3, unready: 0, missing: 0 }] },
    })
  })
  it('its figures are all that a person needs to check it, and no more', () => {
    expect(look(three(), 90)[0]).toMatchObject({
      inputs: { metrics: [{ kind: 'cpu', metric: 'cpu', target: 50, ratio: 1.8, wanted: 6, ready: 3, unready: 0, missing: 0 }] },
    })
    const inputs = (values: readonly number[]) => {
      const story = three()
      const samples = values.map((value, index) => ({ task: 'abc'[index]!, value, at: story.at }))
      const [event] = decideAutoscale(story.state, { targets: [{ metric: { kind: 'cpu' }, samples }], demand: [] }, story.at)
      return event?.type === 'ScaleAdvised' ? event.inputs.metrics : undefined
    }
    const common = { kind: 'cpu', metric: 'cpu', target: 50, ready: 3, unready: 0 }
    expect(inputs([90, 90, 90])).toStrictEqual([{ ...common, ratio: 1.8, wanted: 6, missing: 0 }])
    expect(inputs([Number.NaN, -1])).toStrictEqual([{ ...common, missing: 3, discarded: ['negative', 'not a number'] }])
  })
  it('L11: another count for the same reason is another decision', () => {
    const story = three()
    look(story, 50)
    story.happened({ type: 'ScaleSet', replicas: 4, after: 1 })
    running(story, 'd')
    expect(look(story, 50)).toMatchObject([{ type: 'ScaleAdvised', bounded: 4, why: 'cpu is near its target' }])
  })
  it('what leaves and what is unhealthy is not counted, however well it is measured', () => {
    expect(scaledTasks(givenService().wish().starts(['a']).seen('a').state)).toEqual([{ id: 'a', ready: true }])
    expect(scaledTasks(givenService().wish().starts(['a']).state)).toEqual([{ id: 'a', ready: false }])
    const story = three()
      .happened({ type: 'DrainStarted', ids: ['a'], why: 'test' })
      .seen('b', { seen: 2, health: 'unhealthy' })
    expect(scaledTasks(story.state)).toEqual([{ id: 'c', ready: true }])
  })
  it('L11: the same advice for the same reason is recorded once', () => {
    const story = three()
    expect(look(story, 50)).toHaveLength(1)
    for (const value of [51, 49, 52.5, 47]) expect(look(story, value)).toEqual([])
    expect(look(story, 90)).toHaveLength(2)
  })
  it('missing readings hold, and that is recorded once', () => {
    const story = three()
    story.at += 15_000
    const silent = { targets: [{ metric: { kind: 'cpu' as const }, samples: [], problem: 'the engine does not answer' }], demand: [] }
    const events = decideAutoscale(story.state, silent, story.at)
    expect(events).toMatchObject([{ type: 'ScaleAdvised', bounded: 3, why: 'held: cpu has no reading: the engine does not answer' }])
    story.happened(events)
    expect(decideAutoscale(story.state, silent, story.at + 60_000)).toEqual([])
  })
  it('falls only when the window holds nothing higher any more, though nothing was recorded meanwhile', () => {
    const story = three()
    look(story, 90)
    running(story, 'd', 'e', 'f')
    const began = story.at + 15_000
    while (story.state.scale.replicas === 6) look(story, 10)
    expect(story.at - began).toBeGreaterThanOrEqual(285_000)
    expect(story.at - began).toBeLessThanOrEqual(315_000)
    expect(story.state.scale.replicas).toBe(2)
  })
  it('missing data never scales down: after an hour without readings a low one must last for the window, like any other', () => {
    const story = three()
    for (let turn = 0; turn < 30; turn++) look(story, 50)
    const silent = { targets: [{ metric: { kind: 'cpu' as const }, samples: [] }], demand: [] }
    story.happened(decideAutoscale(story.state, silent, story.at))
    const began = (story.at += 3_600_000)
    while (story.state.scale.replicas === 3) look(story, 10)
    expect(story.at - began).toBe(315_000) // the first reading, and 300 s of them
  })
  it('T5: a night asleep is no time that windows count', () => {
    const story = three()
    look(story, 90)
    look(story, 10)
    const before = story.state.scaling!
    const night = 8 * 3_600_000
    story.happened({ type: 'ClockStepped', lastTick: story.at }, night)
    expect(story.state.scaling!.advised.map(advice => advice.at)).toEqual(before.advised.map(advice => advice.at + night))
    expect(story.state.scaling!.changes[0]!.at).toBe(before.changes[0]!.at + night)
    expect(story.state.scaling!.last!.at).toBe(before.last!.at + night)
    expect(look(story, 10).filter(event => event.type === 'ScaleSet')).toEqual([])
  })
  it('nothing is decided for what is stopped or taken down, or read for another policy', () => {
    const story = three()
    expect(decideAutoscale(story.state, { targets: [], demand: [] }, story.at)).toEqual([])
    story.wish({ stamp: 2, stopped: true, spec: scaled() })
    expect(look(story, 90)).toEqual([])
    story.wish({ stamp: 3, cause: 'remove', spec: scaled() })
    expect(look(story, 90)).toEqual([])
  })
  it('the fold keeps no more than windows and rates look at', () => {
    const story = three()
    for (let round = 0; round < 500; round++) look(story, 40 + (round % 7) * 5)
    expect(story.state.scaling!.advised.length).toBeLessThanOrEqual(23)
    expect(story.state.scaling!.changes.length).toBeLessThanOrEqual(23)
  })
})

describe('scale to zero', () => {
  const sleeper = () => givenService().wish({ spec: scaled({ min: 1, idle: { after: 60_000, most: 5, waitMs: 1_000 } }), replicas: 1 })
  const quiet = (story: ServiceStory) => ({
    ...cpu(story, 0),
    demand: [
      { metric: { kind: 'requests' as const }, samples: Object.keys(story.state.tasks).map(task => ({ task, value: 0, at: story.at })) },
    ],
  })
  const rest = (story: ServiceStory, after: number) => {
    story.at += after
    const events = decideAutoscale(story.state, quiet(story), story.at)
    if (events.length) story.happened(events)
    return story.state.scale.replicas
  }
  it('falls asleep after so long idle, and not before', () => {
    const story = running(sleeper(), 'a')
    expect([rest(story, 15_000), rest(story, 30_000), rest(story, 29_999), rest(story, 1)]).toEqual([1, 1, 1, 0])
  })
  it('is idle from the look that finds it so, though nothing else changed', () => {
    const story = running(sleeper(), 'a')
    const busy = { ...quiet(story), demand: [{ ...quiet(story).demand[0]!, open: 1 }] }
    story.happened(decideAutoscale(story.state, busy, story.at))
    expect([rest(story, 15_000), rest(story, 59_999), rest(story, 1)]).toEqual([1, 1, 0])
  })
  it('N first requests record one waking', () => {
    const story = running(sleeper(), 'a')
    rest(story, 15_000)
    rest(story, 60_000)
    let woken = 0
    for (let request = 0; request < 50; request++) {
      const events = decideDemand(story.state, story.at)
      woken += events.length
      if (events.length) story.happened(events)
    }
    expect(woken).toBe(1)
    expect(story.state.scale.replicas).toBe(1)
  })
  it('a person who scales what is idle does not make it busy', () => {
    const story = running(sleeper(), 'a')
    rest(story, 15_000)
    story.happened({ type: 'ScaleSet', replicas: 2, after: 1 }, 30_000)
    running(story, 'b')
    expect([rest(story, 29_999), rest(story, 1)]).toEqual([2, 0])
  })
  it('what was woken is not idle from before: it stays for the whole time again', () => {
    const story = running(sleeper(), 'a')
    rest(story, 15_000)
    rest(story, 60_000)
    story.happened(decideDemand(story.state, story.at))
    expect([rest(story, 15_000), rest(story, 59_999), rest(story, 1)]).toEqual([1, 1, 0])
  })
  it('a demand wakes as many as the bounds want at least', () => {
    const idle = { after: 60_000, most: 5, waitMs: 1_000 }
    const story = givenService().wish({ spec: scaled({ min: 3, idle }), replicas: 3 })
    story.happened({ type: 'ScaleSet', replicas: 0, after: 1, by: 'autoscale' })
    expect(decideDemand(story.state, story.at)).toMatchObject([{ type: 'ScaleSet', replicas: 3, by: 'demand' }])
  })
  it('a demand wakes nothing that is stopped, awake or not scaled', () => {
    expect(decideDemand(sleeper().state, T0)).toEqual([])
    expect(decideDemand(emptyService, T0)).toEqual([])
    const stopped = sleeper()
      .happened({ type: 'ScaleSet', replicas: 0, after: 1, by: 'autoscale' })
      .wish({ stamp: 2, stopped: true, spec: scaled() })
    expect(decideDemand(stopped.state, T0)).toEqual([])
  })
})

describe('who leaves when a service scales in where tasks run in zones', () => {
  const zoned = (desired: number, zones: readonly string[]) => {
    const s = serviceOf({ desired, next: { available: zones.length }, deployment: 'over' })
    return { ...s, tasks: Object.fromEntries(Object.entries(s.tasks).map(([id, task], n) => [id, { ...task, zone: zones[n]! }])) }
  }
  const left = (s: ReturnType<typeof serviceOf>) =>
    planAt(s).actions.flatMap(({ event }) => (event.type === 'DrainStarted' ? event.ids.map(id => Number(id.split('-').at(-1))) : []))

  it('the newest of the fullest zone, until zones are even', () => {
    expect(left(zoned(3, ['a', 'a', 'a', 'b', 'c']))).toEqual([2, 1])
    expect(left(zoned(4, ['a', 'a', 'b', 'b', 'c']))).toEqual([3])
    expect(left(zoned(2, ['a', 'b', 'c']))).toEqual([2])
  })
  it('what is not available leaves first, however full its zone is', () => {
    const s = zoned(3, ['a', 'a', 'a', 'b'])
    expect(
      left({ ...s, tasks: { ...s.tasks, 'new-available-3': { ...s.tasks['new-available-3']!, available: false, readyAt: undefined } } }),
    ).toEqual([3])
  })
  it('what leaves before counts for no zone', () => {
    const s = { ...zoned(1, ['a', 'a', 'b']) }
    const running = { ...s.tasks['new-available-0']!, available: false, readyAt: undefined }
    expect(left({ ...s, tasks: { ...s.tasks, 'new-available-0': running } })).toEqual([0, 2])
  })
  it('no zone loses a task while another has two more', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 }), fc.nat(12), (zones, desired) => {
        const gone = left(zoned(Math.min(desired, zones.length), zones))
        const counts = (kept: (index: number) => boolean) =>
          Object.fromEntries(['a', 'b', 'c'].map(zone => [zone, zones.filter((one, index) => one === zone && kept(index)).length]))
        const staying = counts(index => !gone.includes(index))
        for (const index of gone) expect(staying[zones[index]!]!).toBeGreaterThanOrEqual(Math.max(...Object.values(staying)) - 1)
      }),
    )
  })
})

describe('protected tasks', () => {
  const protectedTill = (s: ReturnType<typeof serviceOf>, ids: readonly string[], until: number) =>
    evolveService(s, { stream: 's', version: 9, at: T0, actor: 'a', nonce: 'n', events: [{ type: 'TaskProtected', ids, until }] })
  const drained = (s: ReturnType<typeof serviceOf>) =>
    planAt(s).actions.flatMap(({ event }) => (event.type === 'DrainStarted' ? event.ids : []))
  const four = () => serviceOf({ desired: 2, next: { available: 4 }, deployment: 'over' })

  it('the newest go first, and protected ones never', () => {
    expect(drained(four())).toEqual(['new-available-3', 'new-available-2'])
    expect(drained(protectedTill(four(), ['new-available-3'], T0 + 3_600_000))).toEqual(['new-available-2', 'new-available-1'])
  })
  it('they count as what their zone has', () => {
    const s = protectedTill(four(), ['new-available-2', 'new-available-3'], T0 + 3_600_000)
    const zones = ['b', 'a', 'a', 'a']
    const tasks = Object.fromEntries(Object.entries(s.tasks).map(([id, task], n) => [id, { ...task, zone: zones[n]! }]))
    expect(drained({ ...s, scale: { replicas: 3, after: 1 }, tasks })).toEqual(['new-available-1'])
  })
  it('… however many: the one beside two that are protected leaves, not the newer one of another zone', () => {
    const s = protectedTill(four(), ['new-available-2', 'new-available-3'], T0 + 3_600_000)
    const zones = ['a', 'b', 'a', 'a']
    const tasks = Object.fromEntries(Object.entries(s.tasks).map(([id, task], n) => [id, { ...task, zone: zones[n]! }]))
    expect(drained({ ...s, scale: { replicas: 3, after: 1 }, tasks })).toEqual(['new-available-0'])
  })
  it('says who is kept, and only where there are too many', () => {
    const s = protectedTill(four(), ['new-available-0'], T0 + 3_600_000)
    expect(planAt({ ...s, scale: { replicas: 3, after: 1 } }).holds).toEqual([
      'task 1 is protected from scaling in until 2023-11-14T23:13:20Z',
    ])
    expect(planAt({ ...s, scale: { replicas: 4, after: 1 } }).holds).toEqual([])
  })
  it('with too many protected fewer leave', () => {
    const ids = ['new-available-0', 'new-available-1', 'new-available-2']
    expect(drained(protectedTill(four(), ids, T0 + 3_600_000))).toEqual(['new-available-3'])
  })
  it('unhealthy ones leave first, protected or not', () => {
    const s = serviceOf({ desired: 2, next: { available: 2, unhealthy: 1 }, deployment: 'over' })
    expect(drained(protectedTill(s, ['new-unhealthy-0'], T0 + 3_600_000))).toEqual(['new-unhealthy-0'])
  })
  it('a stop and a removal do not ask', () => {
    for (const more of [{ stopped: true }, { cause: 'remove' as const }]) {
      const s = protectedTill(four(), ['new-available-0'], T0 + 3_600_000)
      expect(drained({ ...s, wish: { ...s.wish!, ...more } })).toHaveLength(4)
    }
  })
  it('it is looked at again when the protection is over', () => {
    const story = new ServiceStory().wish({ replicas: 2 })
    runUntilQuiet(story, [], () => {})
    const ids = Object.keys(story.state.tasks)
    const until = story.at + 600_000
    story.happened({ type: 'TaskProtected', ids, until }).happened({ type: 'ScaleSet', replicas: 1, after: 1 })
    runUntilQuiet(story, [], () => {})
    expect(Object.keys(story.state.tasks)).toEqual([ids[0]])
    expect(story.at).toBeGreaterThanOrEqual(until)
  })
  it('numbers are looked up, unknown ones refused', () => {
    const { state } = running(givenService().wish(), 'a', 'b')
    expect(decideProtect(state, 'web', [2], 5)).toEqual({ events: [{ type: 'TaskProtected', ids: ['b'], until: 5 }] })
    expect(decideProtect(state, 'web', [2, 9], 5)).toMatchObject({ refusal: { code: 'LS-NOT-FOUND', message: 'there is no task web.9' } })
  })
})

describe('case 21: scaling goes on while a rollout runs', () => {
  it('case 21: 6 tasks, two updated, then autoscaling asks for 3: at rest exactly 3 of v2, old ones first', () => {
    const scale = policyOf({ min: 1, max: 8, down: { stabilization: 0 } })
    const story = new ServiceStory().wish({ spec: spec('v1', { scale }), replicas: 6 })
    runUntilQuiet(story, [], () => {})
    story.wish({ stamp: 2, revision: 2, deployment: 2, spec: spec('v2', { scale }) })
    let asked = false
    const left: number[] = []
    runUntilQuiet(story, [], ({ before, plan: next, now }) => {
      const updated = Object.values(before.tasks).filter(task => task.revision === 2 && task.available).length
      if (asked)
        left.push(
          ...next.actions.flatMap(({ event }) => (event.type === 'DrainStarted' ? event.ids.map(id => before.tasks[id]!.revision) : [])),
        )
      if (asked || updated < 2) return
      const samples = Object.keys(story.state.tasks).map(task => ({ task, value: 150 / Object.keys(story.state.tasks).length, at: now }))
      const events = decideAutoscale(story.state, { targets: [{ metric: { kind: 'cpu' }, samples }], demand: [] }, now)
      expect(events).toMatchObject([
        { type: 'ScaleAdvised', wanted: 3 },
        { type: 'ScaleSet', replicas: 3 },
      ])
      story.happened(events)
      asked = true
    })
    expect(Object.values(story.state.tasks).map(task => task.revision)).toEqual([2, 2, 2])
    expect(left.every(revision => revision === 1)).toBe(true)
  })
  it('the plan itself is unmoved by advice alone', () => {
    const story = running(givenService().wish({ spec: scaled(), replicas: 3 }), 'a', 'b', 'c')
    const before = plan(story.state, story.at, SETTING).actions
    story.happened({ type: 'ScaleAdvised', wanted: 9, bounded: 3, why: 'x', inputs: { current: 3, min: 2, max: 8, metrics: [] } })
    expect(plan(story.state, story.at, SETTING).actions).toEqual(before)
  })
})
