import { describe, expect, it } from 'vitest'
import type { Task } from '../../shared/domain/service.ts'
import { emptySpec, type Mount, type ServiceSpec, type UpdateConfig } from '../../shared/domain/spec.ts'
import { taskId } from '../../shared/domain/task-id.ts'
import { serviceDueAt } from '../../shared/reconcile/due-at.ts'
import { durationText } from '../../shared/reconcile/duration-text.ts'
import { AWS, HOME, isWriter, policyOf } from '../../shared/reconcile/policy.ts'
import { whyNotReady } from '../../shared/reconcile/starts.ts'
import { spec, T0, wishOf } from '../domain/given.ts'
import { drainedKinds, drainsIn, eventsOf, planAt, SETTING, serviceOf, startsIn } from './cluster.ts'

const budgetOf = (update: UpdateConfig, desired: number, more: Partial<ServiceSpec> = {}) => {
  const { surge, unavailable, order } = policyOf({ wish: wishOf({ spec: { ...emptySpec, update, ...more } }) }, desired, HOME)
  return { surge, unavailable, order }
}

describe('the budget of an update', () => {
  it.each<[string, UpdateConfig, number, number, number]>([
    ['nothing said: one more', {}, 4, 1, 0],
    ['parallelism of start-first is the surge', { parallelism: 3 }, 10, 3, 0],
    ['parallelism of stop-first is the unavailability', { order: 'stop-first', parallelism: 3 }, 10, 0, 3],
    ['0 = all at once, start-first', { parallelism: 0 }, 10, 10, 0],
    ['0 = all at once, stop-first', { order: 'stop-first', parallelism: 0 }, 10, 0, 10],
    ['0 of nothing is still one', { parallelism: 0 }, 0, 1, 0],
    ['stop-first, nothing said: one less', { order: 'stop-first' }, 4, 0, 1],
    ['maxSurge rounds up', { maxSurge: '25%' }, 10, 3, 0],
    ['maxUnavailable rounds down', { maxUnavailable: '25%' }, 10, 1, 2],
    ['Kubernetes: 25 % both', { maxSurge: '25%', maxUnavailable: '25%' }, 10, 3, 2],
    ['both 0 → unavailable 1', { maxSurge: 0, maxUnavailable: 0 }, 10, 0, 1],
    ['both round to 0 → unavailable 1', { maxSurge: 0, maxUnavailable: '10%' }, 4, 0, 1],
    ['numbers as they are', { maxSurge: 4, maxUnavailable: 2 }, 10, 4, 2],
  ])('%s', (_, update, desired, surge, unavailable) => {
    expect(budgetOf(update, desired)).toMatchObject({ surge, unavailable })
  })

  it('maps the rest of update_config, with its defaults', () => {
    const of = (update: UpdateConfig, more: Partial<ServiceSpec> = {}, cause: 'up' | 'rollback' = 'up') =>
      policyOf({ wish: wishOf({ cause, spec: { ...emptySpec, update, ...more } }) }, 2, HOME)
    expect(of({})).toMatchObject({ order: 'start-first', delay: 0, monitor: 5_000, failureAction: 'rollback', maxFailureRatio: undefined })
    expect(of({ delay: 10_000, monitor: 7_000, failureAction: 'pause', maxFailureRatio: 0.5 })).toMatchObject({
      delay: 10_000,
      monitor: 7_000,
      failureAction: 'pause',
      maxFailureRatio: 0.5,
    })
    expect(of({}, { ports: [{ target: 80, protocol: 'tcp', layer: 'http' }] }).monitor).toBe(2_000)
    expect(of({}, { ports: [{ target: 53, protocol: 'udp', layer: 'udp' } as never] }).monitor, 'nobody tries a UDP port').toBe(5_000)
    expect(of({ delay: 5_000 }, { rollback: { delay: 0 } }, 'up').delay, 'rollback_config is for rollbacks').toBe(5_000)
    expect(of({ delay: 5_000, parallelism: 2 }, { rollback: { delay: 0 } }, 'rollback')).toMatchObject({ delay: 0, surge: 2 })
  })
})

describe('Kubernetes’ rolling formulas', () => {
  const K8S: UpdateConfig = { maxSurge: 3, maxUnavailable: 2 }
  it.each([
    ['at the start: surge starts, and two leave at once', { old: { available: 10 } }, 3, { 'old-available': 2 }],
    ['five new crash-looping: no old one is touched', { old: { available: 8 }, next: { pending: 5 } }, 0, {}],
    ['new ones run but are not available yet', { old: { available: 8 }, next: { running: 5 } }, 0, {}],
    ['three new are available', { old: { available: 8 }, next: { available: 3 } }, 2, { 'old-available': 3 }],
    ['some new available, some not', { old: { available: 8 }, next: { available: 2, pending: 3 } }, 0, { 'old-available': 2 }],
    [
      'unhealthy old ones go first',
      { old: { available: 6, running: 2 }, next: { available: 3 } },
      2,
      { 'old-running': 2, 'old-available': 1 },
    ],
    ['old ones that never came up go although none is available', { old: { running: 8 }, next: { pending: 5 } }, 0, {}],
    ['… wherever they stand', { old: { running: 2, available: 6 }, next: { available: 3 } }, 2, { 'old-running': 2, 'old-available': 1 }],
    ['… down to the floor', { old: { running: 10 } }, 3, { 'old-running': 2 }],
    ['all new, one old left', { old: { available: 1 }, next: { available: 10 } }, 0, { 'old-available': 1 }],
    ['missing new ones replace what died', { old: { available: 5 } }, 8, {}],
    ['draining tasks do not hold up the surge', { old: { available: 8, draining: 5 } }, 5, {}],
  ] as const)('desired 10, surge 3, unavailable 2, %s', (_, tasks, starts, drained) => {
    const p = planAt(serviceOf({ desired: 10, update: K8S, ...tasks }))
    expect(startsIn(p)).toBe(starts)
    expect(drainedKinds(p)).toEqual(drained)
  })

  it('M8: stop-first counts draining tasks until their stopped fact', () => {
    const update: UpdateConfig = { order: 'stop-first', parallelism: 2 }
    const p = planAt(serviceOf({ desired: 4, update, old: { available: 2, draining: 1, stopping: 1 } }))
    expect(startsIn(p)).toBe(0)
    expect(startsIn(planAt(serviceOf({ desired: 4, update, old: { available: 2, stopping: 1 } })))).toBe(1)
    expect(startsIn(planAt(serviceOf({ desired: 4, update, old: { available: 2, refused: 2 } })))).toBe(2)
  })

  it('E1: starts at most a hundred a commit, with ids that follow from it', () => {
    const s = serviceOf({ desired: 250, update: { parallelism: 0 } })
    const [event] = eventsOf(planAt(s), 'StartsIntended')
    expect(event!.tasks).toHaveLength(100)
    expect(new Set(event!.tasks.map(task => task.id)).size).toBe(100)
    expect(event!.tasks.map(task => task.number)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
    expect(eventsOf(planAt(s, 5_000), 'StartsIntended')[0]!.tasks).toEqual(event!.tasks)
    expect(event!.tasks[7]!.id, 'of the version that the commit will have').toBe(taskId(SETTING.installation, SETTING.stream, 11, 7, 8))
    const later = eventsOf(planAt({ ...s, version: 11 }), 'StartsIntended')[0]!
    expect(event!.tasks.filter(task => later.tasks.some(other => other.id === task.id))).toEqual([])
  })

  it('a task of an older restart count is old', () => {
    const s = serviceOf({ desired: 2, next: { available: 2 } })
    const p = planAt({ ...s, wish: { ...s.wish!, restarts: 1 } })
    expect(startsIn(p)).toBe(1)
    expect(drainsIn(p)).toEqual([])
  })

  it('waits update_config.delay after a batch became available', () => {
    const s = serviceOf({ desired: 4, update: { delay: 10_000 }, old: { available: 3 }, next: { available: 1 }, deployment: { most: 1 } })
    expect(startsIn(planAt(s, 9_999))).toBe(0)
    expect(startsIn(planAt(s, 10_000))).toBe(1)
    expect(planAt(s, 0).holds).toEqual(['waits 10 s between batches, as the file says'])
    expect(serviceDueAt(s, SETTING)).toBe(s.at + 10_000)
  })

  it('the delay counts from the look that found the batch available, and holds back neither the first batch nor what has nothing older beside it', () => {
    const update = { delay: 10_000 }
    expect(startsIn(planAt(serviceOf({ desired: 4, update, old: { available: 3 }, next: { ready: 1 } }), 5_000))).toBe(0)
    expect(startsIn(planAt(serviceOf({ desired: 4, update, old: { available: 4 } })))).toBe(1)
    expect(startsIn(planAt(serviceOf({ desired: 4, update, next: { available: 1 }, deployment: { most: 1 } })))).toBe(3)
  })

  it('stop-first lets the next batch leave no sooner', () => {
    const update = { order: 'stop-first', parallelism: 1, delay: 10_000 } as const
    const s = serviceOf({ desired: 3, update, old: { available: 2 }, next: { available: 1 }, deployment: { most: 1 } })
    expect([drainsIn(planAt(s, 9_999)), drainsIn(planAt(s, 10_000))]).toEqual([[], ['old-available-0']])
  })
})

describe('what a plan says', () => {
  it('of each action, why', () => {
    const whys = (given: Parameters<typeof serviceOf>[0]) => planAt(serviceOf(given), 0, false).actions.map(action => action.why)
    expect(whys({ desired: 3, old: { available: 2 } })).toEqual(['2 of 3 on revision 2, beside 2 older'])
    expect(whys({ desired: 3, next: { available: 1 } })).toEqual(['2 of 3 missing'])
    expect(whys({ desired: 2, old: { available: 1, running: 1 }, next: { available: 2 } })).toEqual([
      '3 available, at least 2 needed: older revisions leave',
    ])
    expect(whys({ desired: 1, next: { available: 2 }, deployment: 'over', more: { stable: 2 } })).toEqual(['2 live, 1 desired'])
  })

  it('invariant 8: of what is waited for, everything that holds it up', () => {
    const holds = (given: Parameters<typeof serviceOf>[0]) => planAt(serviceOf(given), 0, false).holds
    expect(holds({ desired: 1, old: { intended: 1 }, next: { pending: 1 } })).toEqual([
      'task 2 is starting',
      'nobody knows yet whether task 1 started',
    ])
    expect(holds({ desired: 1, next: { ready: 1 } })).toEqual(['task 1 is ready, watched for 5 s'])
    const leaving = { available: 1, draining: 1, stopping: 1 }
    expect(holds({ desired: 2, next: leaving, old: { available: 1 } }), 'start-first waits for none that leaves').toEqual([])
    const stopFirst = { order: 'stop-first', parallelism: 1 } as const
    expect(holds({ desired: 2, update: stopFirst, next: { running: 1 }, old: { draining: 1, stopping: 1 } })).toEqual([
      'task 3 runs and is not ready yet',
      'task 1 is draining',
      'task 2 is stopping',
    ])
    const s = serviceOf({ desired: 2, old: { draining: 1, stopping: 1 } })
    expect(planAt({ ...s, wish: { ...s.wish!, stopped: true } }).holds).toEqual(['task 1 is draining', 'task 2 is stopping'])
    const adopted = { ...s.tasks['old-draining-0']!, drain: undefined, stop: { version: 1, at: T0 } }
    expect(planAt({ ...s, wish: { ...s.wish!, stopped: true }, tasks: { a: adopted } }).holds, 'a stray').toEqual(['task 1 is stopping'])
    expect(planAt(serviceOf({ desired: 1, next: { ready: 1 } }), 5_000).actions[0]!.why).toBe('task 1 was ready for 5 s')
  })

  it.each<[string, Partial<Task>, Partial<ServiceSpec>, string | undefined]>([
    ['refused', { state: 'refused', readyAt: T0 }, {}, 'was refused'],
    ['not running yet, though it was ready', { state: 'pending', readyAt: T0 }, {}, 'is starting'],
    [
      'ill, though ready',
      { readyAt: T0, unhealthyAt: T0, illness: 'its health check failed' },
      {},
      'is unhealthy: its health check failed',
    ],
    ['ready, though a probe failed once', { readyAt: T0, probes: { order: 1, why: 'HTTP 503' } }, {}, undefined],
    ['a probe said why', { probes: { order: 1, readiness: false, why: 'HTTP 503' } }, {}, 'runs and is not ready: HTTP 503'],
    [
      'ports that do not answer',
      {},
      { ports: [80, 81].map(target => ({ target, protocol: 'tcp', layer: 'http' })) as never },
      'runs and does not answer on port 80 and 81 yet',
    ],
    [
      'a health check that goes on',
      { health: 'starting' },
      { ports: [{ target: 80, protocol: 'tcp', layer: 'http' }] },
      'runs and is not ready yet (health starting)',
    ],
    ['nothing that tells', {}, {}, 'runs and is not ready yet'],
  ])('of a task that is %s', (_, more, specMore, expected) => {
    const task = { ...Object.values(serviceOf({ desired: 1, next: { running: 1 } }).tasks)[0]!, ...more }
    expect(whyNotReady(task, spec('v2', specMore))).toBe(expected)
  })

  it.each([
    [0, '1 s'],
    [1_001, '2 s'],
    [89_999, '90 s'],
    [90_000, '2 min'],
    [5_399_999, '90 min'],
    [5_400_000, '2 h'],
    [7_200_001, '3 h'],
  ])('%i ms as %s', (ms, text) => expect(durationText(ms)).toBe(text))
})

describe('who leaves', () => {
  it('E2: never a start of unknown outcome', () => {
    expect(drainsIn(planAt(serviceOf({ desired: 0, next: { intended: 2, pending: 1 } })))).toEqual(['new-pending-0'])
    expect(drainsIn(planAt(serviceOf({ desired: 1, old: { intended: 3 }, next: { available: 1 } })))).toEqual([])
  })

  it('of the present revision: what is not available first, then the newest', () => {
    const s = serviceOf({ desired: 2, next: { available: 3, ready: 1, running: 1 }, deployment: 'over', more: { stable: 2 } })
    expect(drainsIn(planAt(s))).toEqual(expect.arrayContaining(['new-running-0', 'new-available-2']))
    expect(drainsIn(planAt(s))).toHaveLength(3)
  })

  it('of what is not available, what is not even ready', () => {
    const s = serviceOf({ desired: 1, next: { running: 1, ready: 1 } })
    expect(drainsIn(planAt(s, 0, false))).toEqual(['new-running-0'])
    const newer = serviceOf({ desired: 1, next: { ready: 1, running: 1 } })
    expect(drainsIn(planAt(newer, 0, false))).toEqual(['new-running-0'])
  })

  it('invariant 7: an available task stays above the floor, though one that is protected and not ready leaves no room', () => {
    const s = serviceOf({ desired: 2, next: { available: 2, running: 1 } })
    const protect = (task: Task) => (task.readyAt === undefined ? { ...task, protectedUntil: T0 + 60_000 } : task)
    const tasks = Object.fromEntries(Object.entries(s.tasks).map(([id, task]) => [id, protect(task)]))
    expect(drainsIn(planAt({ ...s, tasks }))).toEqual([])
    const rolling = serviceOf({ desired: 2, old: { available: 1 }, next: { available: 2, running: 1 } })
    const kept = Object.fromEntries(Object.entries(rolling.tasks).map(([id, task]) => [id, protect(task)]))
    expect(drainsIn(planAt({ ...rolling, tasks: kept })), 'the older one takes what room there is').toEqual(['old-available-0'])
  })

  it('what failed its check and is asked to stop already is not asked again', () => {
    const s = serviceOf({ desired: 1, next: { available: 1, unhealthy: 1 } })
    const tasks = { ...s.tasks, 'new-unhealthy-0': { ...s.tasks['new-unhealthy-0']!, stop: { version: 1, at: T0 } } }
    expect(drainsIn(planAt({ ...s, tasks }))).toEqual([])
  })

  it('what is unhealthy leaves at once, whatever the budget, and is replaced', () => {
    const s = serviceOf({ desired: 3, next: { available: 1, unhealthy: 2 }, deployment: 'over', more: { stable: 2 } })
    const p = planAt(s)
    expect(drainedKinds(p)).toEqual({ 'new-unhealthy': 2 })
    expect(startsIn(p)).toBe(2)
  })

  it('field case 21: 6 → 3 in the middle of a rollout: the old ones go first, both wishes hold', () => {
    const p = planAt(
      serviceOf({
        desired: 3,
        update: { parallelism: 1, delay: 3_000 },
        old: { available: 4 },
        next: { available: 2 },
        deployment: { most: 2 },
      }),
    )
    expect(drainedKinds(p)).toEqual({ 'old-available': 3 })
    const then = planAt(serviceOf({ desired: 3, update: { parallelism: 1 }, old: { available: 1, draining: 3 }, next: { available: 2 } }))
    expect([startsIn(then), drainsIn(then)]).toEqual([1, []])
  })

  it('E5: a drained task is stopped, one that still has requests only past its deadline', () => {
    const s = serviceOf({ desired: 1, old: { draining: 1, drained: 1 }, next: { available: 1 } })
    expect(eventsOf(planAt(s), 'StopsIntended')).toEqual([
      { type: 'StopsIntended', ids: ['old-drained-0'], why: 'its last request is done' },
    ])
    expect(eventsOf(planAt(s, 59_999), 'StopsIntended').flatMap(event => event.ids)).toEqual(['old-drained-0'])
    expect(eventsOf(planAt(s, 60_000), 'StopsIntended').flatMap(event => event.ids)).toEqual(['old-drained-0', 'old-draining-0'])
  })
})

describe('writers', () => {
  const data: Mount = { type: 'volume', source: 'data', target: '/data', readOnly: false }
  it.each([
    ['a writable volume', data, true],
    ['a writable bind mount', { ...data, type: 'bind', source: '/srv' }, true],
    ['a read-only volume', { ...data, readOnly: true }, false],
    ['a volume that the file calls shared', { ...data, shared: true }, false],
    ['an anonymous volume', { ...data, source: undefined }, false],
    ['tmpfs', { ...data, type: 'tmpfs' }, false],
  ] as const)('E8: %s', (_, mount, writes) => {
    expect(isWriter({ ...emptySpec, volumes: [mount] })).toBe(writes)
  })

  it('E8: are stop-first whatever the file says, and may all be down', () => {
    expect(budgetOf({ order: 'start-first', parallelism: 1 }, 5, { volumes: [data] })).toEqual({
      order: 'stop-first',
      surge: 0,
      unavailable: 5,
    })
  })

  it.each(['available', 'draining', 'stopping', 'intended', 'refused'] as const)(
    'E8: start nothing while a task of another revision is %s',
    kind => {
      const p = planAt(serviceOf({ desired: 2, spec: { volumes: [data] }, old: { [kind]: 1 } }))
      expect(startsIn(p)).toBe(0)
      expect(p.holds).toEqual(['waits until 1 task of another revision stopped: it writes to a volume'])
    },
  )

  it('E8: drain every old task at once, and start when the last has its stopped fact', () => {
    expect(drainedKinds(planAt(serviceOf({ desired: 2, spec: { volumes: [data] }, old: { available: 2 } })))).toEqual({
      'old-available': 2,
    })
    expect(startsIn(planAt(serviceOf({ desired: 2, spec: { volumes: [data] } })))).toBe(2)
  })

  it('E8: a restart waits for the tasks of the older count too', () => {
    const s = serviceOf({ desired: 2, spec: { volumes: [data] }, next: { available: 1 } })
    const p = planAt({ ...s, wish: { ...s.wish!, restarts: 1 } })
    expect([startsIn(p), drainsIn(p)]).toEqual([0, ['new-available-0']])
  })
})

describe('held deployments', () => {
  it('M8: nothing moves; what died is replaced at the newest stable revision', () => {
    const s = serviceOf({ desired: 4, old: { available: 2 }, next: { available: 1 }, deployment: 'failed' })
    const p = planAt(s)
    expect(drainsIn(p)).toEqual([])
    expect(eventsOf(p, 'StartsIntended')).toMatchObject([{ revision: 1, tasks: [{}] }])
  })

  it('M8: at its own when none is stable', () => {
    const s = serviceOf({ desired: 2, next: { available: 1 }, deployment: 'failed', more: { stable: undefined } })
    expect(eventsOf(planAt(s), 'StartsIntended')).toMatchObject([{ revision: 2, tasks: [{}] }])
  })

  it('M8: a scale-down still works: what is not available first, then the failed revision', () => {
    const s = serviceOf({ desired: 2, old: { available: 2 }, next: { available: 1, running: 1 }, deployment: 'failed' })
    expect(drainsIn(planAt(s))).toEqual(['new-running-0', 'new-available-0'])
  })
})

describe('what is held, and what is not', () => {
  it('M8: a settled service finishes what a late fact left behind', () => {
    expect(drainsIn(planAt(serviceOf({ desired: 2, old: { available: 1 }, next: { available: 2 }, deployment: 'over' })))).toEqual([
      'old-available-0',
    ])
  })

  it('E2: while held, too, no start of unknown outcome leaves', () => {
    const s = serviceOf({ desired: 1, old: { available: 1 }, next: { intended: 1 }, deployment: 'failed' })
    expect(drainsIn(planAt(s))).toEqual([])
  })

  it.each([
    ['what is not ready before what is', { old: { running: 1, ready: 1 } }, ['old-running-0']],
    [
      'what is not ready of the older before what is available of the failed',
      { old: { running: 1 }, next: { available: 1 } },
      ['old-running-0'],
    ],
    ['of equals the failed revision', { old: { available: 1 }, next: { available: 1 } }, ['new-available-0']],
    ['of the failed the newest', { next: { available: 2 } }, ['new-available-1']],
  ])('M8: scaled in while held: %s', (_, tasks, expected) => {
    expect(drainsIn(planAt(serviceOf({ desired: 1, deployment: 'failed', ...tasks })))).toEqual(expected)
  })

  it('M8: … the failed revision though the stable one has the newer task', () => {
    const s = serviceOf({ desired: 1, old: { available: 1 }, next: { available: 1 }, deployment: 'failed' })
    expect(drainsIn(planAt({ ...s, tasks: Object.fromEntries(Object.entries(s.tasks).reverse()) }))).toEqual(['new-available-0'])
  })
})

describe('limits', () => {
  it('E2: a tenth of the progress deadline at home, a Lambda’s longest run on AWS', () => {
    expect([HOME.timeout, AWS.timeout]).toEqual([10_000, 60_000])
  })
})
