import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cdk, contextOf, deployApp } from './deployment.ts'
import { invoke } from './raw-call.ts'
import { openRoom, type Room } from './room.ts'
import { tellStory } from './scenario.ts'
import { itemsOf } from './tables.ts'

/** The schedule comes each minute; so that the story ends within CI's patience, the deployed function is run more often beside it. */
const HURRY_MS = 5_000

describe('the app on an emulator that tells nothing of its tasks: the sweep alone finds what became of them', () => {
  let room: Room
  beforeAll(async () => {
    room = await openRoom({ port: 19_711 })
  })
  afterAll(async () => {
    await room?.close()
  })

  it('up, roll, a bad revision rolls back, a killed container heals, scale, down', async () => {
    let sweeps: Promise<unknown> | undefined
    const hurry = setInterval(() => {
      sweeps ??= invoke(room.emulator, 'Sweep').finally(() => {
        sweeps = undefined
      })
    }, HURRY_MS)
    try {
      const told = await tellStory(room.place(240_000))
      console.log(`by the sweep: ${told.join('; ')}`)
      expect(told).toHaveLength(6)
    } finally {
      clearInterval(hurry)
      await sweeps
    }
  })

  it('cdk diff of the unchanged app is empty, and an update keeps every item of the tables', async () => {
    const { emulator } = room
    expect(await cdk(emulator, 'diff', '--fail', ...contextOf(emulator))).toContain('There were no differences')
    const before = await itemsOf(emulator)
    expect(before.length).toBeGreaterThan(20)
    room.deployment = await deployApp(emulator, '-c', 'longshore:logDays=14')
    const keys = (items: readonly string[]) => new Set(items)
    const after = keys(await itemsOf(emulator))
    expect(before.filter(item => !after.has(item))).toEqual([])
    expect((await room.deployment.api.history('story')).deployments.length).toBeGreaterThan(3)
  })
})
