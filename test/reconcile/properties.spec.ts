import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLeaving, isOfWish, type Service } from '../../shared/domain/service.ts'
import type { ServiceSpec, UpdateConfig } from '../../shared/domain/spec.ts'
import { serviceDueAt } from '../../shared/reconcile/due-at.ts'
import { plan } from '../../shared/reconcile/plan.ts'
import { blockers, isAvailable, viewOf } from '../../shared/reconcile/view.ts'
import { deepFreeze, givenService, ServiceStory, spec, T0 } from '../domain/given.ts'
import { drainsIn, eventsOf, type Kind, look, SETTING, serviceOf } from './cluster.ts'
import { type Fate, runUntilQuiet, type Step } from './simulated-cluster.ts'

/** Generated clusters: any policy, any mixture of tasks of two revisions, any failures, and what must hold at every step. */

const CountOrPercent = fc.oneof(
  fc.nat(4),
  fc.nat(100).map(n => `${n}%`),
)
const update: fc.Arbitrary<UpdateConfig> = fc.record(
  {
    order: fc.constantFrom('start-first', 'stop-first'),
    parallelism: fc.nat(4),
    delay: fc.constantFrom(0, 1_000, 10_000),
    failureAction: fc.constantFrom('rollback', 'pause', 'continue'),
    monitor: fc.constantFrom(0, 2_000, 20_000),
    maxSurge: CountOrPercent,
    maxUnavailable: CountOrPercent,
  },
  { requiredKeys: [] },
)
const writes = { volumes: [{ type: 'volume', source: 'data', target: '/data', readOnly: false }] } satisfies Partial<ServiceSpec>
const port = { ports: [{ target: 80, protocol: 'tcp', layer: 'http' }] } satisfies Partial<ServiceSpec>
const specMore = fc.constantFrom<Partial<ServiceSpec>>({}, port, writes, { ...port, ...writes })

const kinds: readonly Kind[] = [
  'intended',
  'pending',
  'running',
  'ready',
  'available',
  'unhealthy',
  'draining',
  'drained',
  'stopping',
  'refused',
]
const tasks = fc.dictionary(fc.constantFrom(...kinds), fc.nat(3), { noNullPrototype: true })

const service: fc.Arbitrary<Service> = fc
  .record({
    desired: fc.nat(7),
    spec: specMore,
    update,
    old: tasks,
    next: tasks,
    deployment: fc.constantFrom<'over' | 'failed' | object>({}, {}, {}, 'over', 'failed'),
    cause: fc.constantFrom('up', 'up', 'rollback', 'remove', 'stop'),
  })
  .map(({ cause, ...given }) => {
    const isFailing = given.deployment === 'failed' && cause !== 'up'
    const s = serviceOf({ ...given, deployment: isFailing ? {} : given.deployment })
    return { ...s, wish: { ...s.wish!, cause: cause === 'remove' || cause === 'rollback' ? cause : 'up', stopped: cause === 'stop' } }
  })
const fates = fc.array(fc.constantFrom<Fate>('crash', 'refused', 'capacity', 'good'), { maxLength: 5 })

const storyOf = (s: Service) => new ServiceStory(s, s.at)
const leaving = (s: Service) => Object.values(s.tasks).filter(isLeaving)

/** Invariants 2 and 7, E2, E8 of one step. */
function check(started: Set<string>) {
  return ({ before, plan: next, after, now }: Step) => {
    const view = viewOf(before, SETTING.limits)
    const starts = eventsOf(next, 'StartsIntended').flatMap(event => event.tasks)
    for (const { id } of starts) {
      expect(started.has(id)).toBe(false) // ids are unique for ever
      started.add(id)
    }
    const total = view.total + starts.length
    if (starts.length && !view.held) expect(total).toBeLessThanOrEqual(view.desired + view.policy.surge)
    if (starts.length && view.held) expect(total).toBeLessThanOrEqual(view.desired)
    if (starts.length) expect(blockers(view)).toEqual([])
    const drained = new Set(drainsIn(next))
    const victims = view.all.filter(task => drained.has(task.id))
    expect(victims.filter(task => task.state === 'intended')).toEqual([])
    const end = viewOf(after, SETTING.limits)
    const isServing = (task: (typeof view.all)[number]) => isAvailable(view, task) && task.unhealthyAt === undefined
    const serving = end.live.filter(task => isAvailable(end, task)).length
    if (victims.some(isServing) && !view.held) expect(serving).toBeGreaterThanOrEqual(view.floor)
    if (next.actions.length) expect(serviceDueAt(before, SETTING)! <= now).toBe(true)
  }
}

describe('generated clusters', () => {
  it('converge to what is desired in bounded steps, never below the floor nor above the ceiling', () => {
    fc.assert(
      fc.property(service, fates, (s, fate) => {
        const story = storyOf(s)
        runUntilQuiet(story, [...fate], check(new Set(Object.keys(s.tasks))))
        const view = viewOf(story.state, SETTING.limits)
        const isStuck = view.held && blockers(view).length > 0 // E8 over M8: the failed revision's writers live, so the stable one may not start
        expect(isStuck ? view.live.length <= view.desired : view.live.length === view.desired).toBe(true)
        expect(leaving(story.state)).toEqual([])
        expect(story.state.deployment).toBeUndefined()
        if (story.state.ended?.outcome !== 'ok') return
        expect(view.live.every(task => isOfWish(task, story.state.wish) && isAvailable(view, task))).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  it('a rollout without failures ends well, from any mixture of tasks', () => {
    fc.assert(
      fc.property(service, s => {
        const story = storyOf(s)
        if (s.ended?.outcome === 'failed' || Object.values(s.tasks).some(task => task.unhealthyAt !== undefined)) return
        runUntilQuiet(story, [], check(new Set(Object.keys(s.tasks))))
        expect(story.state.ended?.outcome).toBe('ok')
      }),
      { numRuns: 200 },
    )
  })

  it('field case 21: a scale in the middle of a rollout keeps both wishes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(8), fc.nat(40), update, (from, to, at, policy) => {
        const story = storyOf(serviceOf({ desired: from, update: policy, old: { available: from } }))
        let step = 0
        runUntilQuiet(story, [], () => {
          if (step++ === at) story.happened({ type: 'ScaleSet', replicas: to, after: 5 })
        })
        if (step <= at) runUntilQuiet(story.happened({ type: 'ScaleSet', replicas: to, after: 5 }), [], () => {})
        const left = Object.values(story.state.tasks)
        expect(left.filter(task => task.revision === 2)).toHaveLength(to)
        expect(left).toHaveLength(to)
      }),
      { numRuns: 200 },
    )
  })

  it('invariant 6: the plan is the same for the same input, and changes none', () => {
    fc.assert(
      fc.property(service, fc.integer({ min: 0, max: 700_000 }), (s, after) => {
        deepFreeze(s)
        const now = s.at + after
        const reading = deepFreeze(look(s, now))
        expect(plan(s, now, SETTING, reading)).toEqual(plan(structuredClone(s), now, SETTING, reading))
        expect(serviceDueAt(s, SETTING)).toBe(serviceDueAt(structuredClone(s), SETTING))
      }),
      { numRuns: 300 },
    )
  })

  it('every action says why (invariant 8)', () => {
    fc.assert(
      fc.property(service, s => {
        const next = plan(s, s.at, SETTING, look(s, s.at))
        for (const action of next.actions) expect(action.why).not.toBe('')
        if (next.actions.length === 0 && s.deployment) expect(next.holds.length).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })

  it('T1: what can be done now is due now', () => {
    fc.assert(
      fc.property(service, s => {
        const due = serviceDueAt(s, SETTING)
        if (plan(s, s.at, SETTING).actions.length) expect(due).toBeLessThanOrEqual(s.at)
        if (s.deployment) expect(due).toBeLessThanOrEqual(s.deployment.progressAt + 600_000)
      }),
      { numRuns: 400 },
    )
  })
})

describe('field cases, played through', () => {
  const available = (s: Service) => {
    const view = viewOf(s, SETTING.limits)
    return view.live.filter(task => isAvailable(view, task)).length
  }

  it('field case 15: two healthy v1 tasks at every moment, and the rollout fails in under a minute', () => {
    const v2 = { order: 'start-first', parallelism: 1, delay: 10_000, failureAction: 'rollback' } as const
    const story = storyOf(serviceOf({ desired: 2, update: v2, old: { available: 2 } }))
    let least = 2
    runUntilQuiet(story, Array<Fate>(9).fill('crash'), ({ after }) => {
      least = Math.min(least, available(after))
    })
    expect(least).toBe(2)
    expect(story.state.ended).toMatchObject({ outcome: 'failed', why: expect.stringContaining('exited with code 1') })
    expect(story.at - T0).toBeLessThan(60_000)
    expect(Object.values(story.state.tasks).map(task => task.revision)).toEqual([1, 1])
  })

  it('field case 17: exit 0 before it was ever healthy is a failed start, tried again with backoff until the rollout fails', () => {
    const s = serviceOf({ desired: 1, old: { available: 1 } })
    const story = storyOf(s)
    const starts: number[] = []
    for (let round = 0; round < 50 && story.state.deployment; round++) {
      const next = plan(story.state, story.at, SETTING)
      if (next.actions.length) story.happened(next.actions.map(action => action.event))
      for (const task of Object.values(story.state.tasks).filter(task => task.state === 'intended')) {
        starts.push(story.at - T0)
        story.seen(task.id).seen(task.id, { state: 'stopped', seen: 1e15, exit: { code: 0, reason: 'exited with code 0' } }, 100)
      }
      if (!next.actions.length) story.at = serviceDueAt(story.state, SETTING)!
    }
    expect(story.state.ended).toMatchObject({ outcome: 'failed', why: expect.stringContaining('exited with code 0') })
    expect(starts).toHaveLength(3)
    expect(starts[2]! - starts[1]!).toBeGreaterThanOrEqual(1_000)
    expect(Object.values(story.state.tasks)).toMatchObject([{ revision: 1, available: true }])
  })

  it('field case 21: 6 replicas, two updated, then 3: exactly three of v2', () => {
    const story = storyOf(serviceOf({ desired: 6, update: { parallelism: 1, delay: 3_000 }, old: { available: 6 } }))
    let scaled = false
    const oldFirst: string[] = []
    runUntilQuiet(story, [], ({ before, plan: next }) => {
      const updated = Object.values(before.tasks).filter(task => task.revision === 2 && task.available).length
      if (!scaled && updated === 2) {
        story.happened({ type: 'ScaleSet', replicas: 3, after: 5 })
        scaled = true
      } else if (scaled) oldFirst.push(...drainsIn(next))
    })
    expect(Object.values(story.state.tasks).map(task => task.revision)).toEqual([2, 2, 2])
    expect(oldFirst.every(id => id.startsWith('old'))).toBe(true)
  })

  it('a task that hangs without answering fails the deployment at the progress deadline, and v1 serves on', () => {
    const story = storyOf(serviceOf({ desired: 2, spec: port, old: { available: 2 } }))
    runUntilQuiet(story, ['slow'], () => {})
    expect(story.state.ended).toMatchObject({ outcome: 'failed', why: expect.stringContaining('no progress for 10 minutes') })
    expect(story.at - T0).toBe(600_000)
    expect(available(story.state)).toBe(2)
  })

  it('a service nobody wished anything of does nothing', () => {
    expect(plan(givenService().state, T0, SETTING)).toEqual({ actions: [], holds: ['nothing was asked of it yet'], mustLook: false })
    expect(serviceDueAt(givenService().state, SETTING)).toBeUndefined()
    expect(spec().image).toBe('app:1')
  })
})
