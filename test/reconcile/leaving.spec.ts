import { describe, expect, it } from 'vitest'
import type { Service, Task } from '../../shared/domain/service.ts'
import { serviceDueAt } from '../../shared/reconcile/due-at.ts'
import { T0 } from '../domain/given.ts'
import { drainedKinds, drainsIn, type Given, planAt, SETTING, serviceOf, startsIn } from './cluster.ts'

/** Spot interruption, retirement, and tasks whose readiness probe fails. */

const change = (s: Service, ids: readonly string[], more: Partial<Task>): Service => ({
  ...s,
  tasks: Object.fromEntries(Object.entries(s.tasks).map(([id, task]) => [id, ids.includes(id) ? { ...task, ...more } : task])),
})
const leaving = { leaving: { by: T0 + 120_000, why: 'Spot interruption', at: T0 } }
const settled = (desired: number, next: Given['next'], more: Partial<Given> = {}) =>
  serviceOf({ desired, next, deployment: 'over', more: { stable: 2 }, ...more })

describe('a task that its runtime will end', () => {
  const three = change(settled(3, { available: 3 }), ['new-available-0'], leaving)

  it('is replaced first, and serves on', () => {
    const p = planAt(three)
    expect([startsIn(p), drainsIn(p)]).toEqual([1, []])
    expect(planAt(change(settled(3, { available: 3, running: 1 }), ['new-available-0'], leaving)).holds).toContain(
      'task 1 will be ended by its runtime: Spot interruption',
    )
  })

  it('E2: is not drained while nobody knows whether it started', () => {
    const unknown = change(settled(1, { available: 1, intended: 1 }), ['new-intended-0'], leaving)
    expect(drainsIn(planAt(unknown, 90_000))).toEqual([])
  })

  it('is drained once, though it is ill as well', () => {
    const ill = change(settled(1, { available: 1, unhealthy: 1 }), ['new-unhealthy-0'], leaving)
    expect(drainsIn(planAt(ill, 90_000))).toEqual(['new-unhealthy-0'])
  })

  it('is drained when as many as are desired are available without it', () => {
    const replaced = change(settled(3, { available: 4 }), ['new-available-0'], leaving)
    expect([startsIn(planAt(replaced)), drainsIn(planAt(replaced))]).toEqual([0, ['new-available-0']])
  })

  it('is drained in time though its replacement is late, and that is when it is looked at', () => {
    const late = change(settled(3, { available: 3, running: 1 }), ['new-available-0'], leaving)
    expect(drainsIn(planAt(late, 89_999))).toEqual([])
    expect(drainsIn(planAt(late, 90_000))).toEqual(['new-available-0'])
    expect(serviceDueAt(late, SETTING)).toBe(T0 + 90_000)
  })

  it('is stopped first where two must not run side by side', () => {
    const volumes = [{ type: 'volume' as const, source: 'data', target: '/data', readOnly: false }]
    const writer = change(settled(1, { available: 1 }, { spec: { volumes } }), ['new-available-0'], leaving)
    expect([startsIn(planAt(writer)), drainsIn(planAt(writer))]).toEqual([0, ['new-available-0']])
  })

  it('of an older revision is replaced by the newer one, and the others stay within the budget', () => {
    const rolling = change(serviceOf({ desired: 3, old: { available: 3 }, next: {} }), ['old-available-0'], leaving)
    expect(startsIn(planAt(rolling))).toBe(2) // its replacement, and the surge
    expect(drainsIn(planAt(rolling))).toEqual([])
  })
})

describe('a task whose readiness probe fails', () => {
  const notReady = {
    readyAt: undefined,
    available: false,
    probes: { order: 1, readiness: false, why: 'its readiness probe failed: HTTP 503' },
  }

  it('M7: is not available, is not replaced, and says why', () => {
    const s = change(settled(3, { available: 3 }), ['new-available-0'], notReady)
    const p = planAt(s)
    expect([p.actions, p.holds]).toEqual([[], ['task 1 runs and is not ready: its readiness probe failed: HTTP 503']])
    expect(serviceDueAt(s, SETTING)).toBeUndefined()
  })

  it('M8: of the old revision counts for nothing available, so a rollout takes it before any that serves', () => {
    const s = change(serviceOf({ desired: 3, old: { available: 3 }, next: { available: 1 } }), ['old-available-1'], notReady)
    expect(drainsIn(planAt(s))).toEqual(['old-available-1'])
  })

  it('M8: is the first to go when there are too many', () => {
    const s = change(settled(2, { available: 3 }), ['new-available-0'], notReady)
    expect(drainsIn(planAt(s))).toEqual(['new-available-0'])
  })

  it('M7: of the revision being deployed loses what it had proved, and the deployment waits for it', () => {
    const s = change(serviceOf({ desired: 2, next: { available: 2 } }), ['new-available-1'], notReady)
    expect(planAt(s).actions).toEqual([])
    const again = change(s, ['new-available-1'], { readyAt: T0, probes: { order: 2, readiness: true } })
    expect(planAt(again, 4_999).actions).toEqual([])
    expect(planAt(again, 5_000).actions.map(action => action.event.type)).toEqual(['TaskAvailable'])
  })

  it('keeps the budget: an available old task stays while new ones flap', () => {
    const s = change(serviceOf({ desired: 2, old: { available: 2 }, next: { available: 1 } }), ['new-available-0'], notReady)
    expect(drainedKinds(planAt(s))).toEqual({})
  })
})
