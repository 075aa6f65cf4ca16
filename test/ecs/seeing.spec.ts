import { describe, expect, it } from 'vitest'
import { readTaskStateChange } from '../../shared/adapters/ecs/task-state-change.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { ecsWorld, request, spec, WEB } from './ecs-world.ts'
import { ecsError, noAnswer } from './fake-ecs.ts'
import { taskEvent } from './task-event.ts'

describe('a Task State Change event', () => {
  it('E6: is a fact, ordered by detail.version, of the stream that its group names', () => {
    expect(readTaskStateChange(taskEvent())).toEqual({
      stream: WEB,
      fact: {
        id: 'web-7-4f1c2b9ad0e37755',
        state: 'running',
        seen: 4,
        host: '10.0.0.139',
        zone: 'eu-west-1c',
        runtime: 'ecs',
        runtimeId: 'arn:aws:ecs:eu-west-1:111122223333:task/longshore/b99d40b351764f719a529dbd6f1cebef',
      },
    })
  })

  it.each(['PROVISIONING', 'PENDING', 'ACTIVATING'])('%s is pending', lastStatus => {
    expect(readTaskStateChange(taskEvent({ lastStatus }))!.fact.state).toBe('pending')
  })

  it.each(['DEACTIVATING', 'STOPPING', 'DEPROVISIONING'])('E8: %s is not stopped yet', lastStatus => {
    expect(readTaskStateChange(taskEvent({ lastStatus, desiredStatus: 'STOPPED' }))!.fact.state).toBe('pending')
  })

  it('of a task that is not of Longshore says nothing', () => {
    for (const group of ['family:other', 'service:other', undefined]) expect(readTaskStateChange(taskEvent({ group }))).toBeUndefined()
    expect(readTaskStateChange(taskEvent({ startedBy: undefined }))).toBeUndefined()
  })

  it('lets unknown fields pass and refuses another shape', () => {
    expect(readTaskStateChange({ ...taskEvent({ fieldOfTomorrow: { a: 1 } }), more: true })).toBeDefined()
    expect(() => readTaskStateChange({ ...taskEvent(), 'detail-type': 'ECS Deployment State Change' })).toThrow()
    expect(() => readTaskStateChange(taskEvent({ version: 'four' }))).toThrow()
  })

  it('takes the address from the container where the attachment does not tell it', () => {
    expect(readTaskStateChange(taskEvent({ attachments: [] }))!.fact.host).toBe('10.0.0.139')
  })
})

describe('looking at tasks of ECS', () => {
  const running = async (count = 1) => {
    const world = ecsWorld()
    const asked = Array.from({ length: count }, () => request())
    for (const one of asked) {
      await world.runtime.start(one)
      world.ecs.live(one.id)
    }
    return { ...world, asked }
  }

  it('finds one by its ARN, and without it by what started it', async () => {
    const { runtime, ecs, asked } = await running()
    const fact = await runtime.lookup(asked[0]!.id)
    expect(fact).toMatchObject({ id: asked[0]!.id, state: 'running', seen: 2, host: '10.0.0.10' })
    ecs.calls.length = 0
    expect(await runtime.lookup(asked[0]!.id, fact!.runtimeId)).toEqual(fact)
    expect(ecs.calls).toEqual(['DescribeTasks'])
  })

  it('finds one that has ended, and knows nothing of one that never was', async () => {
    const { runtime, ecs, asked } = await running()
    ecs.end(asked[0]!.id, { stopCode: 'EssentialContainerExited' }, 0)
    expect(await runtime.lookup(asked[0]!.id)).toMatchObject({ state: 'stopped', exit: { code: 0, at: ecs.now } })
    expect(await runtime.lookup('web-1-0000000000000000')).toBeUndefined()
    expect(await runtime.lookup('web-1-0000000000000000', 'arn:aws:ecs:eu-west-1:1:task/longshore/gone')).toBeUndefined()
  })

  it('E7: lists what is ours by its tags, with stream and intent, and nobody else’s', async () => {
    const { runtime, ecs, asked } = await running()
    await runtime.start(request(spec(), { installation: 'other' }))
    ecs.known.set('foreign', {
      task: { taskArn: 'arn:x/y', group: 'family:x', desiredStatus: 'RUNNING' },
      input: {} as never,
      visibleAt: 0,
      starts: 1,
    })
    expect(await runtime.list()).toEqual([
      expect.objectContaining({ id: asked[0]!.id, stream: WEB, intent: asked[0]!.intent, state: 'running' }),
    ])
  })

  it('lists in pages and describes in hundreds', async () => {
    const { runtime, ecs } = await running(250)
    ecs.calls.length = 0
    expect(await runtime.list()).toHaveLength(250)
    expect(ecs.calls.filter(call => call === 'ListTasks')).toHaveLength(3)
    expect(ecs.calls.filter(call => call === 'DescribeTasks')).toHaveLength(3)
  })

  it('lists one service by its family', async () => {
    const { runtime, asked } = await running()
    await runtime.start(request(spec(), { stream: 'service/shop/db', service: 'db' }))
    expect((await runtime.list(WEB)).map(one => one.id)).toEqual([asked[0]!.id])
    expect(await runtime.list('service/shop/none')).toEqual([])
  })

  it('tells health that its container’s own check found, which counts no version', async () => {
    const { runtime, ecs, asked } = await running()
    const { id } = asked[0]!
    expect(await runtime.lookup(id)).not.toHaveProperty('health')
    ecs.change(id, { healthStatus: 'HEALTHY' })
    expect(await runtime.lookup(id)).toMatchObject({ health: 'healthy', seen: 2 })
    ecs.change(id, { healthStatus: 'UNHEALTHY' })
    expect(await runtime.lookup(id)).toMatchObject({ health: 'unhealthy', seen: 2 })
  })

  it.each([
    ['ThrottlingException', ecsError('ThrottlingException', 'Rate exceeded')],
    ['ServerException', ecsError('ServerException', 'us', 500)],
    ['TimeoutError', noAnswer()],
  ])('%s of a look is an unknown outcome', async (_, error) => {
    const { runtime, ecs, asked } = await running()
    ecs.faults.push({ command: 'DescribeTasks', error }, { command: 'ListTasks', error })
    await expect(runtime.lookup(asked[0]!.id)).rejects.toBeInstanceOf(OutcomeUnknown)
    await expect(runtime.list()).rejects.toBeInstanceOf(OutcomeUnknown)
  })

  it('our own mistake is seen as itself', async () => {
    const { runtime, ecs } = ecsWorld()
    ecs.faults.push({ command: 'ListTasks', error: ecsError('ClusterNotFoundException', 'Cluster not found.') })
    await expect(runtime.list()).rejects.toMatchObject({ name: 'ClusterNotFoundException' })
  })
})

describe('a stop on ECS', () => {
  it('is asked for by ARN, and without one found by what started it', async () => {
    const { runtime, ecs } = ecsWorld()
    const [a, b] = [request(), request()]
    const { runtimeId } = await runtime.start(a)
    await runtime.start(b)
    ecs.calls.length = 0
    await runtime.stop(a.id, { graceMs: 1_000, runtimeId })
    expect(ecs.calls).toEqual(['StopTask'])
    await runtime.stop(b.id, { graceMs: 1_000 })
    expect([...ecs.known.values()].map(({ task }) => task.desiredStatus)).toEqual(['STOPPED', 'STOPPED'])
  })

  it('of what is stopped, stopping or never was is no error', async () => {
    const { runtime, ecs } = ecsWorld()
    const asked = request()
    const { runtimeId } = await runtime.start(asked)
    await runtime.stop(asked.id, { graceMs: 1_000, runtimeId })
    await runtime.stop(asked.id, { graceMs: 1_000 })
    ecs.end(asked.id, {}, 0)
    await runtime.stop(asked.id, { graceMs: 1_000, runtimeId })
    await runtime.stop('web-1-0000000000000000', { graceMs: 1_000, runtimeId: 'arn:aws:ecs:eu-west-1:1:task/longshore/gone' })
    await runtime.stop('web-1-0000000000000000', { graceMs: 1_000 })
  })

  it('that is throttled or not answered is an unknown outcome, one that is forbidden is seen as itself', async () => {
    const { runtime, ecs } = ecsWorld()
    const asked = request()
    const { runtimeId } = await runtime.start(asked)
    for (const error of [ecsError('ThrottlingException', 'Rate exceeded'), noAnswer(), ecsError('ServerException', 'us', 500)]) {
      ecs.faults.push({ command: 'StopTask', error })
      await expect(runtime.stop(asked.id, { graceMs: 1, runtimeId })).rejects.toBeInstanceOf(OutcomeUnknown)
    }
    ecs.faults.push({ command: 'StopTask', error: ecsError('AccessDeniedException', 'no') })
    await expect(runtime.stop(asked.id, { graceMs: 1, runtimeId })).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  it('E7: what is being stopped has lost its tags, and is still known as ours until it is over', async () => {
    const { runtime, ecs } = ecsWorld()
    const asked = request()
    await runtime.start(asked)
    ecs.live(asked.id)
    await runtime.stop(asked.id, { graceMs: 1_000 })
    expect(await runtime.lookup(asked.id)).toMatchObject({ state: 'pending' })
    expect(await runtime.list()).toEqual([]) // its wish is to be stopped: only a lookup tells
    ecs.end(asked.id, {}, 143)
    expect(await runtime.lookup(asked.id)).toMatchObject({ state: 'stopped', exit: { code: 143, reason: 'stopped' } })
  })
})
