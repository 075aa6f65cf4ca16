import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from './rules.ts'
import { Scenario } from './scenario.ts'
import type { Shop } from './shop.ts'
import { isLive } from './tasks.ts'

/** The rows of the failure table in docs/operations.md: each part of the cloud fails alone, in the middle of a rollout. */

const SHOP: Shop = { order: 'start-first', maxSurge: '25%', maxUnavailable: '0%', dbChecked: true, hasWorker: true }
const file = (image: string) => ({ web: { image, replicas: 4 }, db: { image, replicas: 1 }, worker: { image, replicas: 2 } })
const V2 = ['db v2', 'web v2', 'web v2', 'web v2', 'web v2', 'worker v2', 'worker v2']
const EACH_ONCE = 14

/** v1 runs, v2 is asked for, and in the middle of it something fails; the story ends with every task on v2, and none started twice. */
async function rollout(fail: (scenario: Scenario) => Promise<void> | void, within: number): Promise<Scenario> {
  const scenario = new Scenario(7, 'ecs', SHOP)
  await scenario.tell(async () => {
    await scenario.up(file('v1'))
    await scenario.until('v1', () => scenario.settled())
    await scenario.up(file('v2'))
    await scenario.until('the middle of the rollout', () => scenario.live().includes('web v2'))
    await fail(scenario)
    await scenario.until('v2', () => scenario.settled() && scenario.live().join() === V2.join(), within)
  })
  expect(scenario.events('ServiceSettled').map(event => event.outcome)).not.toContain('failed')
  expect(
    scenario.events('WishesChanged').map(event => event.cause),
    'nothing was rolled back',
  ).toEqual(['up', 'up'])
  return scenario
}

const startsOf = (scenario: Scenario) => scenario.simulation.installation.startCalls.size
const counted = (scenario: Scenario, what: string) => scenario.world.counts[what] ?? 0

/** One task of the service dies while nobody can see it. */
function killOne(scenario: Scenario, service: string): void {
  const { tasks } = scenario.simulation.installation
  tasks.die(tasks.all.find(task => isLive(task) && task.request.service === service)!)
}

describe('each part of the cloud fails in the middle of a rollout, and nothing is lost', () => {
  it('a stream shard that is stuck for an hour', async () => {
    const scenario = await rollout(({ world }) => world.takeOut('shard', HOUR), 2 * HOUR)
    expect(startsOf(scenario)).toBe(EACH_ONCE)
  })

  it('a stream shard that is stuck for longer than its records live', async () => {
    const scenario = await rollout(async ({ world }) => {
      world.takeOut('shard', 25 * HOUR)
      await world.scheduler.run(world.now + 10 * MINUTE)
    }, 27 * HOUR)
    expect(startsOf(scenario)).toBe(EACH_ONCE)
  })

  it('a bus that refuses for half an hour', async () => {
    const scenario = await rollout(({ world }) => world.takeOut('bus', 30 * MINUTE), 2 * HOUR)
    expect(counted(scenario, 'refused by the bus')).toBeGreaterThan(10)
    expect(startsOf(scenario)).toBe(EACH_ONCE)
  })

  it('a dead-letter queue that fills, and is redriven', async () => {
    const scenario = await rollout(({ world }) => world.takeOut('function reconcile', HOUR), 2 * HOUR)
    expect(counted(scenario, 'dead letters')).toBeGreaterThan(0)
    const before = scenario.live()
    expect(scenario.simulation.plane.redrive()).toBeGreaterThan(0)
    await scenario.tell(() => scenario.world.scheduler.run(scenario.world.now + 10 * MINUTE))
    expect(scenario.live(), 'redriving what the sweep has done long ago changes nothing').toEqual(before)
    expect(startsOf(scenario)).toBe(EACH_ONCE)
  })

  for (const name of ['relay', 'project', 'conduct', 'observe', 'sweep'])
    it(`a Lambda that is throttled for half an hour: ${name}`, async () => {
      const scenario = await rollout(({ world }) => world.takeOut(`function ${name}`, 30 * MINUTE), 2 * HOUR)
      expect(startsOf(scenario)).toBe(EACH_ONCE)
    })

  it('check-health throttled for half an hour: the sweep finds what is healthy, and what serves goes on serving', async () => {
    const scenario = new Scenario(7, 'ecs', SHOP)
    await scenario.tell(async () => {
      await scenario.up(file('v1'))
      await scenario.until('v1', () => scenario.settled())
      scenario.world.takeOut('function check-health', 30 * MINUTE)
      await scenario.up(file('v2'))
      const fewest = () => scenario.live().filter(task => task.startsWith('web')).length
      for (let minute = 0; minute < 40; minute++) {
        await scenario.world.scheduler.run(scenario.world.now + MINUTE)
        expect(fewest()).toBeGreaterThanOrEqual(4)
      }
      expect([scenario.settled(), scenario.live()]).toEqual([true, V2])
    })
    expect(scenario.events('DeploymentEnded').filter(event => event.outcome === 'failed')).toEqual([])
  })

  it('DynamoDB throttling every call for ten minutes: commands are refused with 503 and taken afterwards, once', async () => {
    const scenario = await rollout(async story => {
      story.world.takeOut('database', 10 * MINUTE)
      await story.scale('web', 4) // is asked again until it is answered
    }, 30 * MINUTE)
    expect(counted(scenario, 'throttles')).toBeGreaterThan(10)
    expect(scenario.world.lines.join('\n')).toMatch(/503 LS-STORAGE/)
    expect(startsOf(scenario)).toBe(EACH_ONCE)
  })

  it('the ECS API down for an hour, with a task that dies meanwhile', async () => {
    const scenario = await rollout(async story => {
      const { world, simulation } = story
      simulation.installation.tasks.outageUntil = world.now + HOUR
      await world.scheduler.run(world.now + 20 * MINUTE)
      killOne(story, 'db')
      await world.scheduler.run(world.now + 40 * MINUTE)
    }, 90 * MINUTE)
    expect(counted(scenario, 'outage answers')).toBeGreaterThan(10)
    expect(startsOf(scenario)).toBeLessThanOrEqual(EACH_ONCE + 2)
  })

  it('the whole control plane off for three days, with a task that dies meanwhile: the other tasks run on', async () => {
    const scenario = await rollout(async story => {
      const { world } = story
      world.takeOut('control plane', 72 * HOUR)
      await world.scheduler.run(world.now + 36 * HOUR)
      const before = story.live()
      killOne(story, 'worker')
      await world.scheduler.run(world.now + 35 * HOUR)
      expect(story.live()).toHaveLength(before.length - 1)
    }, 75 * HOUR)
    expect(startsOf(scenario)).toBeLessThanOrEqual(EACH_ONCE + 2)
  })
})
