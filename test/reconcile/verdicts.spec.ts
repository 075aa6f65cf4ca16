import { describe, expect, it } from 'vitest'
import { serviceDueAt } from '../../shared/reconcile/due-at.ts'
import { plan } from '../../shared/reconcile/plan.ts'
import { T0 } from '../domain/given.ts'
import { drainsIn, endIn, eventsOf, look, planAt, SETTING, serviceOf, startsIn } from './cluster.ts'

describe('available', () => {
  const s = serviceOf({ desired: 1, next: { ready: 1 } })
  it('M7: ready for the monitor time and still running by a look made after it', () => {
    expect(eventsOf(planAt(s, 4_999), 'TaskAvailable')).toEqual([])
    expect(eventsOf(planAt(s, 5_000), 'TaskAvailable')).toEqual([{ type: 'TaskAvailable', id: 'new-ready-0', asOf: 10 }])
  })

  it('T5: never without a reading; the plan asks for one', () => {
    const blind = planAt(s, 5_000, false)
    expect(blind.actions).toEqual([])
    expect(blind.mustLook).toBe(true)
    expect(planAt(s, 4_999, false).mustLook).toBe(false)
  })

  it('T5: nor by a reading from before the moment, or one that does not see it', () => {
    expect(plan(s, T0 + 5_000, SETTING, look(s, T0 + 4_999)).actions).toEqual([])
    expect(plan(s, T0 + 5_000, SETTING, { at: T0 + 5_000, asOf: 10, running: new Set() }).actions).toEqual([])
  })

  it('M7: an old task counts from ready, without a verdict', () => {
    expect(eventsOf(planAt(serviceOf({ desired: 2, old: { ready: 2 } }), 60_000), 'TaskAvailable')).toEqual([])
  })

  it('a task found available in the same look is no victim for not being so', () => {
    const both = serviceOf({ desired: 1, old: { available: 1 }, next: { ready: 2 } })
    expect(drainsIn(planAt(both, 5_000))).toHaveLength(2) // one old, one too many
    expect(drainsIn(planAt(both, 5_000))).toContain('old-available-0')
  })
})

describe('the end of a deployment', () => {
  it.each([
    ['all available, none older', { desired: 2, next: { available: 2 } }, 'ok', '2 of 2 tasks are available'],
    ['an older one is left', { desired: 2, next: { available: 2 }, old: { available: 1 } }, undefined, undefined],
    ['one is not available yet', { desired: 2, next: { available: 1, running: 1 } }, undefined, undefined],
    ['draining old ones hold up nothing', { desired: 1, next: { available: 1 }, old: { draining: 1 } }, 'ok', '1 of 1 tasks are available'],
    ['nothing to run', { desired: 0 }, 'ok', 'nothing to run'],
    ['nothing to run, but something runs', { desired: 0, next: { available: 1 } }, undefined, undefined],
  ] as const)('%s', (_, given, outcome, why) => {
    expect(endIn(planAt(serviceOf(given)))).toEqual(outcome && { type: 'DeploymentEnded', stamp: 2, outcome, why })
  })

  it.each(['removed', 'stopped'] as const)('%s only when the last task has its stopped fact', why => {
    const given = (old: { stopping?: number; refused?: number }) => {
      const s = serviceOf({ desired: 2, old })
      return { ...s, wish: { ...s.wish!, ...(why === 'removed' ? { cause: 'remove' as const } : { stopped: true }) } }
    }
    expect(endIn(planAt(given({ stopping: 1 })))).toBeUndefined()
    expect(endIn(planAt(given({})))).toMatchObject({ outcome: 'ok', why })
    expect(endIn(planAt(given({ refused: 1 })))).toMatchObject({ outcome: 'ok', why })
    expect(startsIn(planAt(given({})))).toBe(0)
  })

  it('a stop and a removal end well whatever ended before, and take nothing for a failure', () => {
    const of = (more: object, old = {}) => {
      const s = serviceOf({ desired: 2, old, more: { finished: { ok: 1, failed: 1 } } })
      return endIn(planAt({ ...s, wish: { ...s.wish!, ...more } }))
    }
    expect(of({ cause: 'remove' })).toMatchObject({ outcome: 'ok', why: 'removed' })
    expect(of({ stopped: true })).toMatchObject({ outcome: 'ok', why: 'stopped' })
    expect(of({ cause: 'remove' }, { stopping: 1 })).toBeUndefined()
    expect(of({ cause: 'remove' }, { refused: 1 })).toMatchObject({ outcome: 'ok' })
    const crashing = serviceOf({ desired: 3, next: { stopping: 1 }, deployment: { failures: 3, lastFailure: 'boom' } })
    expect(
      endIn(planAt({ ...crashing, wish: { ...crashing.wish!, cause: 'remove' } })),
      'three crashed before they were asked to stop',
    ).toBeUndefined()
    expect(endIn(planAt(serviceOf({ desired: 0, deployment: {}, next: {} })))?.why).toBe('nothing to run')
  })

  it('M7: a revision that is stable already has nothing to prove: its tasks count from ready', () => {
    const s = serviceOf({ desired: 1, next: { ready: 1 }, more: { stable: 2 } })
    expect(endIn(planAt(s, 0, false))).toMatchObject({ outcome: 'ok', why: '1 of 1 tasks are available' })
    expect(serviceDueAt(s, SETTING)).toBe(T0)
  })

  it('a plan that ends a deployment does no more, and asks for no look', () => {
    const p = planAt(serviceOf({ desired: 1, next: { available: 1 } }), 0, false)
    expect(p).toEqual({
      actions: [expect.objectContaining({ event: expect.objectContaining({ type: 'DeploymentEnded' }) })],
      holds: [],
      mustLook: false,
    })
  })

  it('a job of several is done with those that run on', () => {
    const s = serviceOf({ desired: 2, next: { available: 1 }, more: { finished: { ok: 1, failed: 0 } } })
    expect(endIn(planAt(s))?.why).toBe('1 of 1 tasks are available')
  })

  it('what ended for good is replaced by none, however it ended', () => {
    const s = serviceOf({ desired: 4, next: { available: 1 }, deployment: 'over', more: { stable: 2, finished: { ok: 1, failed: 1 } } })
    expect(startsIn(planAt(s))).toBe(1)
  })

  it('a job that ran to completion is done, one that may not be restarted has failed', () => {
    const job = (ok: number, failed: number) => endIn(planAt(serviceOf({ desired: 2, more: { finished: { ok, failed } } })))
    expect(job(2, 0)).toMatchObject({ outcome: 'ok', why: 'ran to completion' })
    expect(job(1, 0)).toBeUndefined()
    expect(job(1, 1)).toMatchObject({ outcome: 'failed' })
  })
})

describe('the circuit breaker', () => {
  it.each([
    [1, 3],
    [4, 3],
    [6, 3],
    [7, 4],
    [100, 50],
    [1_000, 200],
  ])('for %i desired tasks breaks at %i failures without any success', (desired, limit) => {
    const verdict = (failures: number, successes = 0) =>
      endIn(planAt(serviceOf({ desired, deployment: { failures, successes, lastFailure: 'boom' } })))
    expect(verdict(limit - 1)).toBeUndefined()
    expect(verdict(limit)).toMatchObject({ outcome: 'failed', why: expect.stringContaining('boom') })
    expect(verdict(limit, 1)).toBeUndefined()
  })

  it('says how many failed', () => {
    const why = (failures: number, maxFailureRatio?: number) =>
      endIn(planAt(serviceOf({ desired: 1, update: { maxFailureRatio }, deployment: { failures, lastFailure: 'boom' } })))?.why
    expect(why(1, 0)).toBe('1 task failed, more than max_failure_ratio allows: boom')
    expect(why(3)).toBe('3 tasks failed before one was available (limit 3): boom')
  })

  it('does not break with failure_action continue', () => {
    expect(endIn(planAt(serviceOf({ desired: 1, update: { failureAction: 'continue' }, deployment: { failures: 500 } })))).toBeUndefined()
  })

  it.each([
    [0, 4, 1],
    [0.25, 4, 2],
    [0.5, 10, 6],
  ])('max_failure_ratio %f of %i tasks fails at %i failures, successes or not', (maxFailureRatio, desired, failures) => {
    const verdict = (count: number) =>
      endIn(planAt(serviceOf({ desired, update: { maxFailureRatio }, deployment: { failures: count, successes: 1 } })))
    expect(verdict(failures - 1)).toBeUndefined()
    expect(verdict(failures)?.outcome).toBe('failed')
  })

  it('gives up after max_attempts restarts', () => {
    const of = (failures: number) =>
      endIn(
        planAt(
          serviceOf({
            desired: 1,
            spec: { restart: { condition: 'any', maxAttempts: 2 } },
            deployment: { failures, successes: 1 },
            more: { failed: failures, failures: [T0] },
          }),
        ),
      )
    expect(of(2)).toBeUndefined()
    expect(of(3)).toMatchObject({ outcome: 'failed', why: expect.stringContaining('2 restarts') })
  })

  it('field case 15: v2 whose check always fails never costs a v1 task, delay or not', () => {
    const update = { order: 'start-first', parallelism: 1, delay: 10_000, failureAction: 'rollback' } as const
    for (const [failures, next] of [
      [0, { running: 1 }],
      [1, { unhealthy: 1 }],
      [2, { running: 1 }],
      [3, {}],
    ] as const) {
      const p = planAt(serviceOf({ desired: 2, update, old: { available: 2 }, next, deployment: { failures } }), 15_000)
      expect(drainsIn(p).filter(id => id.startsWith('old'))).toEqual([])
      expect(endIn(p)?.outcome).toBe(failures === 3 ? 'failed' : undefined)
    }
  })
})

describe('the progress deadline', () => {
  const stuck = serviceOf({ desired: 2, old: { available: 2 }, next: { running: 1 } })
  it('T5: passes only on a reading made after it', () => {
    expect(endIn(planAt(stuck, 599_999))).toBeUndefined()
    const blind = planAt(stuck, 600_000, false)
    expect([endIn(blind), blind.mustLook]).toEqual([undefined, true])
    expect(endIn(plan(stuck, T0 + 600_000, SETTING, look(stuck, T0 + 599_000)))).toBeUndefined()
    expect(endIn(planAt(stuck, 600_000))).toMatchObject({ outcome: 'failed', why: 'no progress for 10 minutes: 0 of 2 tasks ready' })
  })

  it('does not pass while a task is ready and only watched, one of many or all', () => {
    const of = (next: object) => {
      const s = serviceOf({ desired: 3, old: { available: 3 }, next })
      const late = (id: string) => (id === 'new-ready-0' ? { readyAt: T0 + 598_000 } : {})
      return { ...s, tasks: Object.fromEntries(Object.entries(s.tasks).map(([id, task]) => [id, { ...task, ...late(id) }])) }
    }
    expect(endIn(planAt(of({ ready: 1 }), 600_000))).toBeUndefined()
    expect(endIn(planAt(of({ ready: 1, running: 1 }), 600_000))).toBeUndefined()
    expect(
      endIn(plan(of({ ready: 2 }), T0 + 600_000, SETTING, { ...look(of({ ready: 2 }), T0 + 600_000), running: new Set() })),
    ).toBeUndefined()
    expect(planAt(of({ ready: 2 }), 599_000, false).mustLook, 'one of them is due for a look').toBe(true)
    expect(endIn(planAt(of({ ready: 1, running: 1 }), 603_000)), 'by then it is available').toBeUndefined()
  })

  it('T5: on AWS what Longshore slept through counts for no deadline', () => {
    const attended = (since: number) =>
      endIn(plan(stuck, T0 + 900_000, SETTING, { ...look(stuck, T0 + 900_000), attendedSince: T0 + since }))
    expect(attended(300_001)).toBeUndefined()
    expect(attended(300_000)).toMatchObject({ outcome: 'failed' })
  })

  it('says how far it came, and what failed last', () => {
    const s = serviceOf({
      desired: 3,
      old: { available: 3 },
      next: { available: 1, running: 1 },
      deployment: { failures: 1, successes: 1, lastFailure: 'exited with code 1' },
    })
    expect(endIn(planAt(s, 600_000))?.why).toBe('no progress for 10 minutes: 1 of 3 tasks ready; the last failure: exited with code 1')
  })

  it('M7: does not pass when the very look finds progress', () => {
    const late = serviceOf({ desired: 2, old: { available: 2 }, next: { ready: 1 } })
    expect(endIn(planAt(late, 600_000))).toBeUndefined()
    expect(eventsOf(planAt(late, 600_000), 'TaskAvailable')).toHaveLength(1)
  })
})

describe('backoff', () => {
  it.each([
    [1, undefined, 0],
    [2, undefined, 1_000],
    [3, undefined, 2_000],
    [6, undefined, 16_000],
    [11, undefined, 300_000],
    [1_000, undefined, 300_000],
    [1, 5_000, 5_000],
    [3, 5_000, 5_000],
    [6, 5_000, 16_000],
  ])('after %i failures in a row with restart delay %s: %i ms', (streak, delay, wait) => {
    const s = serviceOf({
      desired: 1,
      spec: { restart: { condition: 'any', delay } },
      deployment: 'over',
      more: { stable: 2, streak, failedAt: T0 },
    })
    if (wait > 0) expect(startsIn(planAt(s, wait - 1))).toBe(0)
    expect(startsIn(planAt(s, wait))).toBe(1)
    expect(serviceDueAt(s, SETTING)).toBe(T0 + wait)
  })

  it('says why it waits', () => {
    const of = (streak: number, failures: readonly number[]) =>
      serviceOf({ desired: 1, deployment: 'over', more: { stable: 2, streak, failedAt: T0, failures } })
    expect(planAt(of(2, [T0 - 5_000, T0])).holds).toEqual(['backing off after 2 failures in a row, next start in 1 s'])
    expect(planAt(of(4, [T0])).holds).toEqual(['backing off after 4 failures in a row, next start in 4 s'])
    const loop = of(
      8,
      [900, 200, 110, 90, 60, 30, 10, 0].map(ago => T0 - ago * 1_000),
    )
    expect(planAt(loop, 24_000).holds).toEqual(['crash loop: 8 failures in 15 min, next start in 40 s'])
    expect(
      planAt(
        of(
          5,
          [120, 110, 90, 60, 0].map(ago => T0 - ago * 1_000),
        ),
        0,
      ).holds,
    ).toEqual(['crash loop: 5 failures in 2 min, next start in 8 s'])
  })

  it('M8: a failed deployment that gave up still has what it falls back on replaced', () => {
    const s = serviceOf({
      desired: 1,
      spec: { restart: { condition: 'any', maxAttempts: 1 } },
      deployment: 'failed',
      more: { failed: 9, failures: [T0] },
    })
    expect(startsIn(planAt(s))).toBe(1)
  })

  it('a loop is told from three failures in a row, of these alone', () => {
    const holds = (streak: number, ago: readonly number[]) =>
      planAt(
        serviceOf({ desired: 1, deployment: 'over', more: { stable: 2, streak, failedAt: T0, failures: ago.map(s => T0 - s * 1_000) } }),
      ).holds
    expect(holds(3, [9_000, 40, 20, 0])).toEqual(['crash loop: 3 failures in 40 s, next start in 2 s'])
    expect(holds(2, [9_000, 8_000, 20, 0])).toEqual(['backing off after 2 failures in a row, next start in 1 s'])
    expect(
      planAt(
        serviceOf({
          desired: 1,
          spec: { restart: { condition: 'any', delay: 5_000 } },
          deployment: 'over',
          more: { stable: 2, streak: 1, failedAt: T0 },
        }),
      ).holds,
    ).toEqual(['backing off after 1 failure in a row, next start in 5 s'])
  })

  it('what was available since its last failure waits for nothing', () => {
    const s = serviceOf({
      desired: 1,
      spec: { restart: { condition: 'any', delay: 60_000 } },
      deployment: 'over',
      more: { stable: 2, streak: 0, failedAt: T0 },
    })
    expect(startsIn(planAt(s))).toBe(1)
  })

  it('a service that gave up is waited for no more', () => {
    const s = serviceOf({
      desired: 1,
      spec: { restart: { condition: 'any', maxAttempts: 3 } },
      deployment: 'over',
      more: { stable: 2, streak: 4, failedAt: T0, failed: 4, failures: [T0] },
    })
    expect(planAt(s).holds).toEqual(['given up after 3 restarts: its restart policy allows no more; a restart or a deployment begins anew'])
    expect(serviceDueAt(s, SETTING)).toBeUndefined()
  })
})
