import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, SECOND } from './rules.ts'
import { Scenario } from './scenario.ts'
import type { Shop } from './shop.ts'

const SHOP: Shop = { order: 'start-first', maxSurge: '25%', maxUnavailable: '0%', dbChecked: true, hasWorker: true }
const file = (image: string) => ({ web: { image, replicas: 4 }, db: { image, replicas: 1 }, worker: { image, replicas: 2 } })

/** In the middle of the rollout of v2 something befalls the clock; the story ends with every task on v2. */
async function rollout(befall: (scenario: Scenario) => Promise<void>): Promise<Scenario> {
  const scenario = new Scenario(7, 'docker', SHOP)
  await scenario.tell(async () => {
    await scenario.up(file('v1'))
    await scenario.until('v1', () => scenario.settled())
    await scenario.up(file('v2'))
    await scenario.until('the middle of the rollout', () => scenario.live().includes('web v2'))
    await befall(scenario)
    await scenario.until('v2', () => scenario.settled(), 20 * MINUTE)
    await scenario.world.scheduler.run(scenario.world.now + 5 * MINUTE)
  })
  return scenario
}

function expectHealthy(scenario: Scenario): void {
  expect(scenario.live()).toEqual(['db v2', 'web v2', 'web v2', 'web v2', 'web v2', 'worker v2', 'worker v2'])
  expect(scenario.events('ServiceSettled').map(event => event.outcome)).not.toContain('failed')
  expect(scenario.events('WishesChanged').map(event => event.cause)).toEqual(['up', 'up'])
  expect(scenario.simulation.installation.startCalls.size, 'tasks that were ever started').toBe(14)
}

describe('clocks that lie and laptops that sleep', () => {
  it('T5: a clock that jumps a day ahead and back in mid-rollout rolls nothing back and replaces nothing that was healthy', async () => {
    const scenario = await rollout(async ({ world }) => {
      world.offset += 24 * HOUR
      await world.scheduler.run(world.now + 20 * SECOND)
      world.offset -= 24 * HOUR
    })
    expectHealthy(scenario)
    expect(scenario.events('ClockStepped').length).toBeGreaterThanOrEqual(6)
  })

  it('T5: a clock that is set back by three hours and stays there', async () => {
    expectHealthy(
      await rollout(async ({ world }) => {
        world.offset -= 3 * HOUR
      }),
    )
  })

  it("T5: a night's sleep in mid-rollout", async () => {
    expectHealthy(
      await rollout(async ({ world }) => {
        world.offset += 9 * HOUR
      }),
    )
  })

  it('T5: a host that is killed in mid-rollout, and started again in the morning', async () => {
    const scenario = await rollout(async ({ world, simulation }) => {
      simulation.host!.kill()
      world.offset += 9 * HOUR
    })
    expectHealthy(scenario)
  })
})
