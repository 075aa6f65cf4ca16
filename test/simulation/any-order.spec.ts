import { describe, expect, it } from 'vitest'
import { type Kind, MINUTE, SECOND } from './rules.ts'
import { Scenario } from './scenario.ts'
import type { Shop } from './shop.ts'

const SHOP: Shop = { order: 'start-first', maxSurge: '25%', maxUnavailable: '0%', dbChecked: true, hasWorker: true }
const file = (image: string, replicas: number) => ({ web: { image, replicas }, db: { image, replicas: 1 }, worker: { image, replicas: 2 } })

type End = {
  readonly live: readonly string[]
  readonly calls: readonly string[]
  readonly outcomes: readonly string[]
  readonly routed: number
  readonly views: unknown
}

/** A deployment, a rollout, a scale in each direction and a revision that is never good: each when the one before is over. */
async function play(seed: number, kind: Kind, disorder: number | undefined): Promise<End> {
  const scenario = new Scenario(seed, kind, SHOP)
  const { world, simulation } = scenario
  world.disorder = disorder
  await scenario.tell(async () => {
    await scenario.up(file('v1', 3))
    await scenario.until('v1', () => scenario.settled())
    await scenario.up(file('v2', 3))
    await scenario.until('v2', () => scenario.settled())
    await scenario.scale('web', 5)
    await scenario.until('5 of web', () => scenario.live().filter(task => task === 'web v2').length === 5)
    await scenario.scale('web', 2)
    await scenario.until('2 of web', () => scenario.live().filter(task => task === 'web v2').length === 2)
    await scenario.up({ ...file('v2', 3), db: { image: 'bad3', replicas: 1 } })
    await scenario.until('the rollback', () => scenario.events('ServiceSettled').some(event => event.outcome === 'failed'), 30 * MINUTE)
    await scenario.until('the end', () => scenario.settled())
    await world.scheduler.run(world.now + 3 * MINUTE)
  })
  const { installation } = simulation
  const rows = [...installation.storage.commits.keys()].sort().map(stream => timeless(installation.storage.row(stream)!.view))
  return {
    live: scenario.live(),
    calls: [...installation.calls].sort(),
    outcomes: scenario
      .events('ServiceSettled')
      .map(event => `${event.service} ${event.stamp > 0} ${event.outcome}`)
      .sort(),
    routed: installation.targets.routed('service/shop/web').length,
    views: rows,
  }
}

/** What two histories of one story must agree on: all but moments, versions and ids, which say when and in how many commits it was recorded. */
function timeless(view: unknown): unknown {
  return JSON.parse(
    JSON.stringify(view, (key, value: unknown) =>
      /At$|^at$|^id$|^number$|^runtimeId$|^stamp$|^lastFailure$/.test(key) ? undefined : value,
    ),
  )
}

describe('every event twice, in any order, between the effects', () => {
  for (const kind of ['ecs', 'docker'] as const) {
    it(`invariant 3: gives the same end state and the same calls to the runtime as order does (${kind})`, {
      timeout: 300_000,
    }, async () => {
      const orderly = await play(1, kind, undefined)
      expect(orderly.live).toEqual(['db v2', 'web v2', 'web v2', 'web v2', 'worker v2', 'worker v2'].filter((_, index) => index !== 3))
      for (let seed = 1; seed <= 25; seed++) expect(await play(seed, kind, 6 * SECOND), `seed ${seed}`).toEqual(orderly)
    })
  }
})
