import type { Context, SQSEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { checkHealth } from '../../functions/check-health.ts'
import { readRetirement } from '../../functions/retirement-message.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { spec } from '../domain/given.ts'
import { ecsStory, plannedIn } from './story.ts'
import { retirementEvent } from './task-event.ts'

const ports: ServiceSpec['ports'] = [{ target: 3000, published: 80, protocol: 'tcp', layer: 'http' }]
const ARN = 'arn:aws:ecs:eu-west-1:111222333444:task/longshore/00805ce1d81940b5a37398e5a2c23333'

describe('a notice of retirement', () => {
  it('names the tasks once each, and no services of ECS', () => {
    expect(readRetirement(retirementEvent([ARN]))).toEqual({
      runtimeIds: [ARN],
      from: Date.UTC(2033, 10, 16, 23, 18, 51),
      why: 'AWS retires its platform',
    })
  })

  it('is no other message', () => {
    expect(readRetirement({ source: 'longshore', detail: { stream: 'service/shop/web' } })).toBeUndefined()
    expect(readRetirement({ wake: { stream: 'service/shop/web', dueAt: 1 } })).toBeUndefined()
  })

  it.each(['', 'soon'])('that begins "%s" is refused', startTime => {
    expect(() => readRetirement(retirementEvent([ARN], startTime))).toThrow(/a retirement that begins/)
  })
})

describe('AWS retires tasks', () => {
  const serving = async () => {
    const story = ecsStory()
    await story.up({ web: { spec: spec('web', { ports }), replicas: 2 } })
    await story.until(async () => (await story.service()).ended?.outcome === 'ok')
    const before = (await plannedIn(story)).length
    const arns = (await story.tasks()).map(task => task.runtimeId!)
    const notice = (tasks: readonly string[], startTime?: string) => {
      const Records = [{ messageId: 'm', body: JSON.stringify(retirementEvent(tasks, startTime)) }]
      return checkHealth(story.world)({ Records } as unknown as SQSEvent, {} as Context)
    }
    return { story, arns, notice, since: async () => (await plannedIn(story)).slice(before) }
  }

  it('each is replaced first, days ahead, and serves until then', async () => {
    const { story, arns, notice, since } = await serving()
    for (const number of [3, 4]) story.targets.set(number, 'initial')
    expect(await notice(arns)).toEqual({ batchItemFailures: [] })
    await story.rounds(200)
    expect(await since()).toEqual(['start 3,4'])
    expect(story.served()).toHaveLength(2)
    story.targets.clear()
    await story.rounds(20)
    expect(await since()).toEqual(['start 3,4', 'drain 1,2: its runtime will end it', 'stop 1,2'])
    expect(story.served()).toHaveLength(2)
    expect(await story.service()).toMatchObject({ failed: 0, streak: 0 })
  })

  it('said again it changes nothing, and other people’s tasks and those that are gone are nobody’s', async () => {
    const { story, arns, notice, since } = await serving()
    const [first] = arns
    await notice([first!, ARN])
    await story.rounds(10)
    const { version } = await story.service()
    await notice([first!, ARN])
    expect((await story.service()).version).toBe(version)
    expect((await since()).filter(line => line.startsWith('start'))).toEqual(['start 3'])
  })

  it('one that is due already is replaced first as well, not dropped', async () => {
    const { story, arns, notice, since } = await serving()
    for (const number of [3, 4]) story.targets.set(number, 'initial')
    await notice(arns, 'Wed, 16 Aug 2023 23:18:51 GMT')
    await story.rounds(60)
    expect([await since(), story.served().length]).toEqual([['start 3,4'], 2])
  })

  it('when the stop comes before its replacement is there, the grace period counts', async () => {
    const { story, arns, notice } = await serving()
    story.targets.set(3, 'initial')
    await notice([arns[0]!])
    await story.rounds(5)
    const [first] = await story.tasks()
    story.ecs.change(first!.id, { desiredStatus: 'STOPPED', stopCode: 'InfrastructureHealth', stoppedReason: 'retired' })
    await story.tell(first!.id)
    await story.rounds(3)
    expect(story.served()).not.toContain(first!.id)
  })

  it('one that cannot be read fails alone', async () => {
    const { notice, arns } = await serving()
    expect(await notice(arns, 'soon')).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] })
  })
})
