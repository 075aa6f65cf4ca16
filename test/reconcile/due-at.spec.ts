import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Service, Task } from '../../shared/domain/service.ts'
import { evolveService } from '../../shared/domain/service-fold.ts'
import { EXECUTABLE_FOR, isExecutable, isLookedUp, isStoppable, serviceDueAt } from '../../shared/reconcile/due-at.ts'
import { HOME } from '../../shared/reconcile/policy.ts'
import { spec, T0 } from '../domain/given.ts'
import { type Given, type Kind, planAt, SETTING, serviceOf } from './cluster.ts'

/** T1: when a service is looked at next. */

const dueIn = (s: Service): number | undefined => {
  const due = serviceDueAt(s, SETTING)
  return due === undefined ? undefined : due - T0
}
const settled = (next: Given['next'], more: Partial<Given> = {}) =>
  serviceOf({
    desired: Object.values(next!).reduce((sum, count) => sum + count, 0),
    next,
    deployment: 'over',
    more: { stable: 2 },
    ...more,
  })
const change = (s: Service, more: Partial<Task>): Service => ({
  ...s,
  tasks: Object.fromEntries(Object.entries(s.tasks).map(([id, task]) => [id, { ...task, ...more }])),
})
const NIGHT = 8 * 3_600_000
const SPOT = { by: T0 + 120_000, why: 'Spot interruption', at: T0 }
const two = settled({ available: 1, intended: 1 }, { desired: 1 })
const doomed = { ...two, tasks: { ...two.tasks, 'new-intended-0': { ...two.tasks['new-intended-0']!, leaving: SPOT } } }

describe('T1: the next look', () => {
  it.each<[string, Service, number | undefined]>([
    ['nothing is waited for', settled({ available: 2 }), undefined],
    ['E2: a start of another run, when that run must be over', settled({ intended: 1 }), 10_000],
    ['E2: … one that its runtime will end too: it is settled first', doomed, 10_000],
    ['E2: a refused start, until no frozen run can repeat it', settled({ available: 1, refused: 1 }, { desired: 1 }), 70_000],
    ['E5: a drain, each second', settled({ available: 1, draining: 1 }, { desired: 1 }), 1_000],
    ['a drain that is over is stopped now', settled({ available: 1, drained: 1 }, { desired: 1 }), 0],
    ['a stop, when the task should be gone', settled({ available: 1, stopping: 1 }, { desired: 1, spec: { stopGracePeriod: 0 } }), 10_000],
    ['… its grace period included', settled({ available: 1, stopping: 1 }, { desired: 1, spec: { stopGracePeriod: 30_000 } }), 40_000],
    ['M7: a task to prove itself', serviceOf({ desired: 1, next: { ready: 1 } }), 5_000],
    ['a backoff', settled({ available: 1 }, { desired: 2, more: { stable: 2, streak: 6, failedAt: T0 } }), 16_000],
    ['the progress deadline', serviceOf({ desired: 1, next: { running: 1 } }), 600_000],
    ['what can be done now', settled({ available: 1 }, { desired: 2 }), 0],
    ['a protected task that is one too many', change(settled({ available: 2 }, { desired: 1 }), { protectedUntil: T0 + 9_000 }), 9_000],
    ['a protected task among just enough', change(settled({ available: 2 }), { protectedUntil: T0 + 9_000 }), undefined],
  ])('%s', (_, s, expected) => {
    expect(dueIn(s)).toBe(expected)
    const night = evolveService(s, {
      stream: 's',
      version: 11,
      at: T0 + NIGHT,
      actor: 'clock',
      nonce: 'n',
      events: [{ type: 'ClockStepped', lastTick: T0 }],
    })
    const later = dueIn(night)
    expect(later === undefined ? undefined : later - NIGHT, 'T5: after a night asleep').toBe(expected)
  })

  it('stop-first drains after update_config.delay, and is looked at then', () => {
    const update = { order: 'stop-first', parallelism: 1, delay: 30_000 } as const
    const rolling = (next: Given['next']) => serviceOf({ desired: 3, update, old: { available: 2 }, next, deployment: { most: 1 } })
    expect(dueIn(rolling({ available: 1 }))).toBe(30_000)
    expect(dueIn(rolling({ running: 1 })), 'with nothing to drain then').toBe(600_000)
  })
})

const T1_MOMENTS = [1, 999, 1_000, 4_999, 5_000, 9_000, 20_000, 60_000, 89_999, 90_000, 300_000, 599_999, 600_000, 3_600_000]
const kinds = fc.dictionary(
  fc.constantFrom<Kind>('intended', 'running', 'ready', 'available', 'unhealthy', 'draining', 'drained', 'stopping', 'refused'),
  fc.integer({ min: 1, max: 3 }),
  { maxKeys: 3 },
)

describe('T1: nothing can be done sooner than a service is due', () => {
  it('whatever runs and whatever is asked', () => {
    const given = fc.record({
      desired: fc.nat(5),
      old: kinds,
      next: kinds,
      deployment: fc.constantFrom<Given['deployment']>({}, { most: 1 }, 'over', 'failed'),
      update: fc.record({
        order: fc.constantFrom('start-first' as const, 'stop-first' as const),
        parallelism: fc.integer({ min: 1, max: 2 }),
        delay: fc.constantFrom(0, 20_000),
      }),
      more: fc.constantFrom<Given['more']>({}, { streak: 6, failedAt: T0 }, { stable: 2 }),
    })
    const each = fc.record({
      leaving: fc.constantFrom(undefined, SPOT),
      protectedUntil: fc.constantFrom(undefined, T0 + 9_000),
    })
    fc.assert(
      fc.property(given, each, (one, more) => {
        const s = change(serviceOf(one), more)
        const due = dueIn(s) ?? Number.POSITIVE_INFINITY
        for (const after of T1_MOMENTS.filter(moment => moment < due)) {
          const { actions, mustLook } = planAt(s, after, false)
          expect({ after, actions, mustLook }).toEqual({ after, actions: [], mustLook: false })
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('E2: who executes an intent', () => {
  const start = settled({ intended: 1 }).tasks['new-intended-0']!
  const { timeout } = HOME
  it.each([
    [timeout - 1, false, false],
    [timeout, true, false],
    [EXECUTABLE_FOR - 1, true, false],
    [EXECUTABLE_FOR, false, false],
    [EXECUTABLE_FOR + timeout - 1, false, false],
    [EXECUTABLE_FOR + timeout, false, true],
  ])('%i ms after a start was intended another run may repeat it: %s, and it is settled by a lookup: %s', (after, repeated, settledBy) => {
    expect([isExecutable(start, T0 + after, HOME), isLookedUp(start, T0 + after, HOME)]).toEqual([repeated, settledBy])
  })

  it('only a start of unknown outcome', () => {
    const task = settled({ available: 1 }).tasks['new-available-0']!
    expect([isExecutable(task, T0 + timeout, HOME), isLookedUp(task, T0 + 2 * EXECUTABLE_FOR, HOME)]).toEqual([false, false])
  })

  it('a refused start is settled when no frozen run can repeat it', () => {
    const task = settled({ refused: 1 }).tasks['new-refused-0']!
    expect([69_999, 70_000].map(after => isLookedUp(task, T0 + after, HOME))).toEqual([false, true])
  })

  it('a stop is repeated when the run that asked is over and the task should be gone', () => {
    const s = settled({ stopping: 1, available: 1 }, { spec: { stopGracePeriod: 4_000 } })
    const at = (after: number) => isStoppable(s, s.tasks['new-stopping-0']!, T0 + after, HOME)
    expect([at(13_999), at(14_000)]).toEqual([false, true])
    expect(isStoppable(s, s.tasks['new-available-0']!, T0 + 1e9, HOME)).toBe(false)
    const forgotten = { ...s, specs: { 1: spec() } }
    expect(isStoppable(forgotten, s.tasks['new-stopping-0']!, T0 + 10_000, HOME), 'of a revision that is kept no more').toBe(true)
  })
})
