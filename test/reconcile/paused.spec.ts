import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serviceDueAt } from '../../shared/reconcile/due-at.ts'
import { isAvailable, viewOf } from '../../shared/reconcile/view.ts'
import { ServiceStory, T0 } from '../domain/given.ts'
import { drainsIn, endIn, eventsOf, type Given, planAt, SETTING, serviceOf, startsIn } from './cluster.ts'
import { type Fate, runUntilQuiet } from './simulated-cluster.ts'

const paused = (given: Given) => {
  const s = serviceOf(given)
  return { ...s, wish: { ...s.wish!, paused: { by: 'token laptop', at: T0 } } }
}

describe('a paused rollout (M8)', () => {
  it('starts nothing new and drains nothing, its surge included, and says who holds it', () => {
    const p = planAt(paused({ desired: 4, old: { available: 4 }, next: { available: 1 } }))
    expect(p.actions).toEqual([])
    expect(p.holds[0]).toBe('waits for resume: paused by token laptop at 2023-11-14T22:13:20Z')
  })

  it('replaces what died, at the newest stable revision', () => {
    const p = planAt(paused({ desired: 4, old: { available: 2 }, next: { available: 1 } }))
    expect(eventsOf(p, 'StartsIntended')).toMatchObject([{ revision: 1, tasks: [{}] }])
  })

  it('replaces at its own revision where nothing is stable yet', () => {
    const s = paused({ desired: 2, next: { available: 1 } })
    expect(eventsOf(planAt({ ...s, stable: undefined }), 'StartsIntended')).toMatchObject([{ revision: 2, tasks: [{}] }])
  })

  it('lets what is unhealthy leave', () => {
    expect(drainsIn(planAt(paused({ desired: 2, old: { available: 2, unhealthy: 1 } })))).toEqual(['old-unhealthy-0'])
  })

  it('is neither done nor failed nor stuck, and waits for no deadline', () => {
    const done = paused({ desired: 2, next: { available: 2 } })
    const broken = paused({ desired: 2, old: { available: 2 }, deployment: { failures: 50, lastFailure: 'x' } })
    const stuck = paused({ desired: 2, old: { available: 2 }, next: { running: 1 } })
    for (const s of [done, broken, stuck]) expect(endIn(planAt(s, 3_600_000))).toBeUndefined()
    expect(serviceDueAt(stuck, SETTING)).toBeUndefined()
  })

  it('is over when its deployment is, or when the service is stopped: then everything goes', () => {
    expect(drainsIn(planAt(paused({ desired: 2, old: { available: 2 }, next: { available: 2 }, deployment: 'over' })))).toHaveLength(2)
    const s = paused({ desired: 2, old: { available: 2 }, next: { available: 1 } })
    const stopped = planAt({ ...s, wish: { ...s.wish, stopped: true } })
    expect([drainsIn(stopped).length, stopped.holds]).toEqual([3, []])
  })

  it('scales in what is not even ready first', () => {
    const update = { maxSurge: 0, maxUnavailable: 1 }
    expect(drainsIn(planAt(paused({ desired: 1, update, next: { running: 1, ready: 1 } })))).toEqual(['new-running-0'])
  })

  it('follows the scale, keeping its surge', () => {
    const p = planAt(paused({ desired: 2, old: { available: 4 }, next: { available: 1 } }))
    expect(drainsIn(p)).toHaveLength(2)
    expect(startsIn(planAt(paused({ desired: 6, old: { available: 4 } })))).toBe(2)
  })

  it('comes to rest wherever it is paused, never below the floor by our doing, and ends well when it goes on', () => {
    fc.assert(
      fc.property(
        fc.record({
          desired: fc.integer({ min: 1, max: 6 }),
          old: fc.record({ available: fc.nat(6), draining: fc.nat(2) }),
          next: fc.record({ available: fc.nat(3), ready: fc.nat(2), running: fc.nat(2), intended: fc.nat(2) }),
          update: fc.record({ maxSurge: fc.nat(3), maxUnavailable: fc.nat(3), order: fc.constantFrom('start-first', 'stop-first') }),
        }),
        fc.array(fc.constantFrom<Fate>('good', 'capacity'), { maxLength: 4 }),
        (given, fates) => {
          const story = new ServiceStory(paused(given as Given), T0)
          runUntilQuiet(story, [...fates], ({ before, plan, after }) => {
            const view = viewOf(before, SETTING.limits)
            const started = eventsOf(plan, 'StartsIntended').flatMap(event => event.tasks).length
            if (started) expect(view.total + started).toBeLessThanOrEqual(view.desired)
            expect(endIn(plan)).toBeUndefined()
            const serving = (s: typeof before) => viewOf(s, SETTING.limits).live.filter(task => isAvailable(view, task)).length
            if (drainsIn(plan).length) expect(serving(after)).toBeGreaterThanOrEqual(Math.min(serving(before), view.floor))
          })
          expect(viewOf(story.state, SETTING.limits).live.length).toBeGreaterThanOrEqual(given.desired)
          story.happened({ type: 'WishTaken', wish: { ...story.state.wish!, stamp: 3, paused: undefined } }, 1_000)
          runUntilQuiet(story, [], () => {})
          expect(story.state.ended?.outcome).toBe('ok')
        },
      ),
      { numRuns: 300 },
    )
  })
})
