import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootstrap, cdk, contextOf, type Deployment, deployApp } from './deployment.ts'
import { type Emulator, startEmulator } from './emulator.ts'
import { makeImage, pushImage } from './engine.ts'
import { invoke } from './raw-call.ts'
import { makeRepository } from './repository.ts'
import { tellStory } from './scenario.ts'
import { itemsOf } from './tables.ts'

/** The schedule comes each minute; so that the story ends within CI's patience, the deployed function is run more often beside it. */
const HURRY_MS = 5_000

describe('the app on an emulator that tells nothing of its tasks: the sweep alone finds what became of them', () => {
  let emulator: Emulator
  let deployment: Deployment
  beforeAll(async () => {
    emulator = await startEmulator({ port: 19_711 })
    await bootstrap(emulator)
    deployment = await deployApp(emulator)
  })
  afterAll(async () => {
    await deployment?.close()
    await emulator?.stop()
  })

  it('up, roll, a bad revision rolls back, a killed container heals, scale, down', async () => {
    const image = `${emulator.registry}/story:1`
    await makeRepository(emulator, 'story')
    makeImage(image)
    pushImage(image)
    let sweeps: Promise<unknown> | undefined
    const hurry = setInterval(() => {
      sweeps ??= invoke(emulator, 'Sweep').finally(() => {
        sweeps = undefined
      })
    }, HURRY_MS)
    try {
      const told = await tellStory({ api: deployment.api, image, patienceMs: 240_000 })
      console.log(`by the sweep: ${told.join('; ')}`)
      expect(told).toHaveLength(6)
    } finally {
      clearInterval(hurry)
      await sweeps
    }
  })

  it('cdk diff of the unchanged app is empty, and an update keeps every item of the tables', async () => {
    expect(await cdk(emulator, 'diff', '--fail', ...contextOf(emulator))).toContain('There were no differences')
    const before = await itemsOf(emulator)
    expect(before.length).toBeGreaterThan(20)
    await deployment.close()
    deployment = await deployApp(emulator, '-c', 'longshore:logDays=14')
    const keys = (items: readonly string[]) => new Set(items)
    const after = keys(await itemsOf(emulator))
    expect(before.filter(item => !after.has(item))).toEqual([])
    expect((await deployment.api.history('story')).deployments.length).toBeGreaterThan(3)
  })
})
