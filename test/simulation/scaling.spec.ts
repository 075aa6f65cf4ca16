import { describe, expect, it } from 'vitest'
import type { ScalePolicy } from '../../shared/domain/scale-policy.ts'
import { scaling } from './demand.ts'
import { TARGETS } from './metric-source.ts'
import { type Kind, MINUTE, SECOND } from './rules.ts'
import { Scenario } from './scenario.ts'
import { SCALED, type Shop } from './shop.ts'

const SHOP: Shop = { order: 'start-first', maxSurge: '17%', maxUnavailable: '0%', dbChecked: true, hasWorker: false }
const REQUESTS: ScalePolicy = {
  min: 1,
  max: 6,
  targets: [{ metric: { kind: 'requests' }, target: TARGETS.requests }],
  down: { stabilization: 60 * SECOND },
}
const SLEEPER: ScalePolicy = { ...REQUESTS, idle: { after: 2 * MINUTE, most: 10, waitMs: 30 * SECOND } }
const file = (image: string, scale?: ScalePolicy, replicas = 2) => ({
  web: { image, replicas, ...(scale && { scale }) },
  db: { image: 'v1', replicas: 1 },
})

const webs = (scenario: Scenario) => scenario.live().filter(task => task.startsWith('web'))
const byWhom = (scenario: Scenario) => scenario.events('ScaleSet').map(event => `${event.by ?? 'a person'} ${event.replicas}`)

/** v1 runs under the policy, and so much work comes in. */
async function running(kind: Kind, scale: ScalePolicy, load: number): Promise<Scenario> {
  const scenario = new Scenario(5, kind, { ...SHOP, policies: [scale] })
  scenario.simulation.installation.load.set(load)
  scaling(scenario.simulation)
  await scenario.up(file('v1', scale))
  await scenario.until('v1', () => scenario.settled())
  return scenario
}

describe('scaling by the real functions, in virtual time', () => {
  it.each(['docker', 'ecs'] as const)('follows the load up, and down after its window (%s)', async kind => {
    const scenario = await running(kind, REQUESTS, 1.5)
    const { load } = scenario.simulation.installation
    await scenario.tell(async () => {
      load.set(4.5)
      await scenario.until('five', () => webs(scenario).length === 5, 8 * MINUTE)
      load.set(0.5)
      await scenario.until('one', () => webs(scenario).length === 1, 15 * MINUTE)
    })
    expect(scenario.live()).toEqual(['db v1', 'web v1'])
  })

  it('fifty first requests of a service that sleeps wake it once, though each demand comes twice and in any order', async () => {
    const scenario = await running('docker', SLEEPER, 1.5)
    const { load, targets } = scenario.simulation.installation
    await scenario.tell(async () => {
      load.set(0)
      await scenario.until('its sleep', () => webs(scenario).length === 0, 20 * MINUTE)
      scenario.world.disorder = 6 * SECOND
      for (let request = 0; request < 50; request++) scenario.simulation.plane.onDemand(SCALED)
      load.set(1.5)
      await scenario.until('its waking', () => targets.routed(SCALED).length > 0, 3 * MINUTE)
      await scenario.world.scheduler.run(scenario.world.now + MINUTE)
    })
    expect(byWhom(scenario).filter(set => set.startsWith('demand'))).toEqual(['demand 1'])
  })

  it.each(['docker', 'ecs'] as const)(
    'a file that changes the policy alone replaces no task, and a rollback leaves it (%s)',
    async kind => {
      const scenario = await running(kind, REQUESTS, 1.5)
      const { installation } = scenario.simulation
      await scenario.tell(async () => {
        await scenario.until('the answer of the load', () => webs(scenario).length === 2)
        const before = [...installation.startCalls]
        await scenario.up(file('v1', { ...REQUESTS, max: 4 }))
        await scenario.until('the end', () => scenario.settled())
        await scenario.world.scheduler.run(scenario.world.now + 2 * MINUTE)
        expect([...installation.startCalls]).toEqual(before)
        await scenario.up(file('bad2', { ...REQUESTS, max: 5 }))
        await scenario.until('the rollback', () => scenario.events('WishesChanged').some(event => event.cause === 'rollback'))
        await scenario.until('v1 again', () => scenario.settled(), 20 * MINUTE)
      })
      expect(installation.storage.of(SCALED).last('WishTaken')!.wish.spec).toMatchObject({ image: 'v1', scale: { max: 5 } })
      expect(webs(scenario)).toEqual(['web v1', 'web v1'])
    },
  )

  it.each(['docker', 'ecs'] as const)(
    'field case 21: 6 tasks, two or more updated, then a scale to 3: at rest exactly 3 of v2 (%s)',
    async kind => {
      const scenario = new Scenario(6, kind, SHOP)
      await scenario.tell(async () => {
        await scenario.up(file('v1', undefined, 6))
        await scenario.until('v1', () => scenario.settled())
        await scenario.up(file('v2', undefined, 6))
        await scenario.until('two or more of v2', () => webs(scenario).filter(task => task === 'web v2').length >= 2)
        await scenario.scale('web', 3)
        await scenario.until('v2', () => scenario.settled(), 20 * MINUTE)
        await scenario.world.scheduler.run(scenario.world.now + 3 * MINUTE)
      })
      expect(webs(scenario)).toEqual(['web v2', 'web v2', 'web v2'])
    },
  )
})
