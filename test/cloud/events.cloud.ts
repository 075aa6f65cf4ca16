import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootstrap, type Deployment, deployApp } from './deployment.ts'
import { type Emulator, startEmulator } from './emulator.ts'
import { makeImage, pushImage } from './engine.ts'
import { removeSchedule } from './raw-call.ts'
import { makeRepository } from './repository.ts'
import { tellStory } from './scenario.ts'
import { taskRuleOf, tellOfTasks } from './task-events.ts'

describe('the app on an emulator that tells of its tasks as ECS does, without the sweep', () => {
  let emulator: Emulator
  let deployment: Deployment
  beforeAll(async () => {
    emulator = await startEmulator({ port: 19_710 })
    await bootstrap(emulator)
    deployment = await deployApp(emulator)
    await removeSchedule(emulator, 'sweep')
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
    const teller = tellOfTasks(emulator, deployment.outputs['Installation']!, await taskRuleOf(emulator))
    try {
      const told = await tellStory({ api: deployment.api, image, patienceMs: 120_000 })
      console.log(`by events: ${told.join('; ')}`)
      expect(told).toHaveLength(6)
      expect(teller.refused, "every event passed the rule's pattern").toEqual([])
      expect(teller.sent()).toBeGreaterThan(10)
    } finally {
      await teller.stop()
    }
  })
})
