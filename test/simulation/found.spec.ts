import { describe, expect, it } from 'vitest'
import { emptyService, type ServiceEvent } from '../../shared/domain/service.ts'
import { decideFacts } from '../../shared/domain/service-decide.ts'
import { evolveService } from '../../shared/domain/service-fold.ts'
import { emptySpec } from '../../shared/domain/spec.ts'
import { plan } from '../../shared/reconcile/plan.ts'
import { AWS } from '../../shared/reconcile/policy.ts'
import { MINUTE } from './rules.ts'
import { Scenario } from './scenario.ts'
import type { Shop } from './shop.ts'

const SHOP: Shop = { order: 'start-first', maxSurge: '25%', maxUnavailable: '0%', dbChecked: true, hasWorker: false }
const file = (image: string) => ({ web: { image, replicas: 2 }, db: { image: 'v1', replicas: 1 } })

/** A service from its events: one commit each, at the given second. */
const serviceFrom = (events: readonly (readonly [number, ServiceEvent])[]) =>
  events.reduce(
    (s, [second, event], index) =>
      evolveService(s, { stream: 'service/shop/web', version: index + 1, at: second * 1_000, actor: '', nonce: '', events: [event] }),
    emptyService,
  )
const spec = {
  ...emptySpec,
  image: 'v1',
  ports: [{ published: 80, target: 80, protocol: 'tcp', layer: 'http' }] as const,
  update: { monitor: 10_000 },
}
const wish = { stamp: 1, cause: 'up', deployment: 1, revision: 1, restarts: 0, stopped: false, replicas: 4, replicasBy: 1 } as const
const taken: ServiceEvent = { type: 'WishTaken', wish: { ...wish, spec: { ...spec, ports: [...spec.ports] } } }
const tasks = ['a', 'b', 'c', 'd'].map((id, index) => ({ id, number: index + 1 }))
const intended: ServiceEvent = { type: 'StartsIntended', tasks, revision: 1, restarts: 0, why: '' }
const ready = (id: string): ServiceEvent => ({ type: 'TaskSeen', id, state: 'running', seen: 1, ready: true })

describe('what seeds have found', () => {
  it('invariant 7: a task that is found available in a plan is no victim of the same plan for not being so', () => {
    const s = serviceFrom([
      [0, taken],
      [0, intended],
      [5, ready('a')],
      [10, ready('d')],
      [19, ready('c')],
      [19, ready('b')],
      [19, { type: 'TaskAvailable', id: 'a', asOf: 6 }],
      [20, { type: 'ScaleSet', replicas: 2, after: 1 }],
    ])
    const reading = { at: 21_000, asOf: 8, running: new Set(['a', 'b', 'c', 'd']) }
    const setting = { stream: 'service/shop/web', installation: { id: 'i', epoch: 1 }, limits: AWS }
    const events = plan(s, 21_000, setting, reading).actions.map(action => action.event)
    expect(events).toContainEqual({ type: 'TaskAvailable', id: 'd', asOf: 8 })
    expect(events.find(event => event.type === 'DrainStarted')?.ids).toEqual(['c', 'b'])
  })

  it('E6: health is news at an equal or lower `seen`, and never goes back by it', () => {
    const s = serviceFrom([
      [0, taken],
      [0, intended],
      [1, { type: 'TaskSeen', id: 'a', state: 'running', seen: 5 }],
    ])
    const told = (health: 'starting' | 'healthy' | 'unhealthy', seen: number) => ({ id: 'a', state: 'running', health, seen }) as const
    expect(decideFacts(s, [told('healthy', 5)])).toHaveLength(1)
    expect(decideFacts(s, [told('healthy', 4)])).toHaveLength(1)
    expect(decideFacts(s, [told('healthy', 5), told('starting', 5), told('healthy', 4)])).toHaveLength(1)
    expect(decideFacts(s, [{ id: 'a', state: 'running', seen: 5 }])).toHaveLength(0)
  })

  it('section 7: stopping a bad revision does not make it one to roll back to', async () => {
    const scenario = new Scenario(3, 'docker', SHOP)
    await scenario.tell(async () => {
      await scenario.up(file('v1'))
      await scenario.until('v1', () => scenario.settled())
      await scenario.up(file('never2'))
      await scenario.ask('running', { action: 'stop', services: ['web'] })
      await scenario.until('the stop', () => scenario.settled() && scenario.live().length === 1)
      await scenario.up(file('bad3'))
      await scenario.until('the rollback', () => scenario.events('WishesChanged').some(event => event.cause === 'rollback'))
      await scenario.until('v1 again', () => scenario.settled(), 20 * MINUTE)
    })
    expect(scenario.live()).toEqual(['db v1', 'web v1', 'web v1'])
  })

  it('L10: a rollback that brings a stack back claims its ports', async () => {
    const scenario = new Scenario(4, 'docker', SHOP)
    await scenario.tell(async () => {
      await scenario.up(file('v1'))
      await scenario.until('v1', () => scenario.settled())
      await scenario.ask(undefined)
      await scenario.until('the end of the stack', () => scenario.settled() && scenario.live().length === 0)
      await scenario.until('the release', () => scenario.simulation.installation.storage.claimed.size === 0)
      await scenario.ask('rollback')
      await scenario.until('v1 again', () => scenario.settled() && scenario.live().length === 3)
    })
    expect([...scenario.simulation.installation.storage.claimed]).toEqual(['port/8080/tcp'])
  })
})
