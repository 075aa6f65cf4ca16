import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { casesOfTheCli } from './cli-cases.ts'
import { casesOfIam } from './iam-cases.ts'
import { removeSchedule } from './raw-call.ts'
import { openRoom, type Room } from './room.ts'
import { tellStory } from './scenario.ts'
import { taskRuleOf, tellOfTasks } from './task-events.ts'

describe('the app on an emulator that enforces IAM and tells of its tasks as ECS does, without the sweep', () => {
  let room: Room
  let teller: ReturnType<typeof tellOfTasks>
  beforeAll(async () => {
    room = await openRoom({ port: 19_710, enforcesIam: true, publishes: true })
    await removeSchedule(room.emulator, 'sweep')
    teller = tellOfTasks(room.emulator, room.deployment.outputs['Installation']!, await taskRuleOf(room.emulator))
  })
  afterAll(async () => {
    await teller?.stop()
    await room?.close()
  })

  it('up, roll, a bad revision rolls back, a killed container heals, scale, down', async () => {
    const told = await tellStory(room.place(120_000))
    console.log(`by events, under IAM: ${told.join('; ')}`)
    expect(told).toHaveLength(6)
    expect(teller.refused, "every event passed the rule's pattern").toEqual([])
    expect(teller.sent()).toBeGreaterThan(10)
  })

  casesOfIam(() => room)
  casesOfTheCli(() => room)
})
