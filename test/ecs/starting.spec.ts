import { describe, expect, it } from 'vitest'
import { overridesOf } from '../../shared/adapters/ecs/run-task.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { ecsWorld, request, SPOT, spec, WEB } from './ecs-world.ts'
import { ecsError, noAnswer } from './fake-ecs.ts'

describe('a start on ECS', () => {
  it('E1: carries the task’s id as client token and startedBy, its service as group, and tags that say whose it is', async () => {
    const { runtime, ecs } = ecsWorld()
    const asked = request()
    const fact = await runtime.start(asked)
    expect(fact).toMatchObject({
      id: asked.id,
      state: 'pending',
      seen: 1,
      runtime: 'ecs',
      runtimeId: expect.stringContaining(':task/longshore/'),
    })
    const [run] = ecs.runs
    expect(run).toMatchObject({ clientToken: asked.id, startedBy: asked.id, group: WEB, count: 1, cluster: 'longshore' })
    expect(run).not.toHaveProperty('launchType')
    expect(run!.networkConfiguration).toEqual({
      awsvpcConfiguration: { subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'], assignPublicIp: 'DISABLED' },
    })
    expect(Object.fromEntries(run!.tags!.map(tag => [tag.key, tag.value]))).toEqual({
      'longshore.installation': 'prod',
      'longshore.stream': WEB,
      'longshore.intent': String(asked.intent),
      'longshore.task': `web.${asked.number}`,
      'longshore.revision': '1',
    })
    expect(run!.overrides!.containerOverrides![0]!.environment).toContainEqual({ name: 'LONGSHORE_TASK', value: `web.${asked.number}` })
  })

  it('M4: joins the groups of its networks; one that is gone is made again, once', async () => {
    const asked: unknown[] = []
    const groupsFor = async (networks: readonly string[], anew: boolean) => {
      asked.push([networks, anew])
      return ['sg-1', anew ? 'sg-3' : 'sg-2']
    }
    const { runtime, ecs } = ecsWorld({ networks: { groupsFor, keepOnly: async () => {} } })
    const missing =
      "Error retrieving security group information for [sg-2]: The security group 'sg-2' does not exist (InvalidGroup.NotFound)"
    ecs.faults.push({ command: 'RunTask', error: ecsError('InvalidParameterException', missing) })
    const networks = [{ name: 'shop_back', aliases: [] }]
    expect(await runtime.start(request(spec({ networks })))).toMatchObject({ state: 'pending' })
    expect(ecs.runs.at(-1)!.networkConfiguration!.awsvpcConfiguration!.securityGroups).toEqual(['sg-1', 'sg-3'])
    const once = [
      [['shop_back'], false],
      [['shop_back'], true],
    ]
    expect(asked).toEqual(once)
    for (const _ of once) ecs.faults.push({ command: 'RunTask', error: ecsError('InvalidParameterException', missing) })
    expect(await runtime.start(request(spec({ networks })))).toMatchObject({ state: 'refused' })
  })

  it('by launch type names no capacity provider', async () => {
    const { runtime, ecs } = ecsWorld({ capacity: { launchType: 'EC2' } })
    await runtime.start(request())
    expect(ecs.runs[0]).toMatchObject({ launchType: 'EC2' })
    expect(ecs.runs[0]).not.toHaveProperty('capacityProviderStrategy')
    expect(ecs.definitions[0]!.definition).not.toHaveProperty('cpu')
  })

  it('E3: asked 20 times at once, by two processes, starts one task and registers one definition a process at most', async () => {
    const { runtime, another, ecs } = ecsWorld()
    const asked = request()
    const second = another()
    const facts = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? runtime : second).start(asked)))
    expect(new Set(facts.map(fact => fact.runtimeId)).size).toBe(1)
    expect(ecs.known.size).toBe(1)
    expect(ecs.definitions.length).toBeLessThanOrEqual(2)
  })

  it('E2: a timeout after the effect is an unknown outcome, and the same request again finds the task', async () => {
    const { runtime, another, ecs } = ecsWorld()
    const asked = request()
    ecs.faults.push({ command: 'RunTask', error: noAnswer(), after: true })
    await expect(runtime.start(asked)).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await another().start(asked)).toMatchObject({ state: 'pending' })
    expect(ecs.known.size).toBe(1)
  })

  it('E2: a replayed token’s task is told as it is now, stopped included', async () => {
    const { runtime, ecs } = ecsWorld()
    const asked = request()
    await runtime.start(asked)
    ecs.live(asked.id)
    ecs.now += 60_000
    ecs.end(asked.id, { stopCode: 'EssentialContainerExited' }, 4)
    expect(await runtime.start(asked)).toMatchObject({ state: 'stopped', seen: 3, exit: { code: 4, reason: 'exited with code 4' } })
    expect(ecs.known.size).toBe(1)
  })

  it('E2: adopts the task that a conflict names', async () => {
    const { runtime, another, ecs } = ecsWorld()
    const asked = request()
    const first = await runtime.start(asked)
    const other = another({ subnets: ['subnet-3'] })
    expect(await other.start(asked)).toMatchObject({ state: 'pending', runtimeId: first.runtimeId })
    expect(ecs.known.size).toBe(1)
  })

  it('E2: a conflict whose task is not shown yet is an unknown outcome', async () => {
    const { runtime, another, ecs } = ecsWorld()
    ecs.lag = 5_000
    const asked = request()
    await runtime.start(asked)
    await expect(another({ subnets: ['subnet-3'] }).start(asked)).rejects.toBeInstanceOf(OutcomeUnknown)
  })

  it('a task that Spot has no room for runs on demand, where that was asked for', async () => {
    const { runtime, ecs } = ecsWorld({ capacity: SPOT })
    ecs.short.add('FARGATE_SPOT')
    expect(await runtime.start(request())).toMatchObject({ state: 'pending' })
    expect(ecs.runs.map(run => run.capacityProviderStrategy![0]!.capacityProvider)).toEqual(['FARGATE_SPOT', 'FARGATE'])
  })

  it('E3: a late Spot request after the fallback started the task finds that one', async () => {
    const { runtime, another, ecs } = ecsWorld({ capacity: SPOT })
    ecs.short.add('FARGATE_SPOT')
    const asked = request()
    const first = await runtime.start(asked)
    ecs.short.clear()
    expect(await another().start(asked)).toMatchObject({ runtimeId: first.runtimeId })
    expect(ecs.known.size).toBe(1)
  })

  it('where Spot alone was asked for, or neither has room, it is refused for capacity', async () => {
    const { runtime, ecs } = ecsWorld({ capacity: SPOT })
    for (const place of ['FARGATE_SPOT', 'FARGATE']) ecs.short.add(place)
    expect(await runtime.start(request())).toMatchObject({
      state: 'refused',
      refusal: { kind: 'capacity', message: expect.stringContaining('Capacity is unavailable') },
    })
    const alone = ecsWorld({ capacity: { strategy: SPOT.strategy } })
    alone.ecs.short.add('FARGATE_SPOT')
    expect(await alone.runtime.start(request())).toMatchObject({ state: 'refused', refusal: { kind: 'capacity' } })
  })

  it('a definition that somebody deregistered is registered anew', async () => {
    const { runtime, ecs } = ecsWorld()
    await runtime.start(request())
    ;(ecs.definitions[0]!.definition as { status: string }).status = 'INACTIVE'
    expect(await runtime.start(request())).toMatchObject({ state: 'pending' })
    expect(ecs.definitions).toHaveLength(2)
  })

  it('M3: a secret that is gone is the revision’s fault, and nothing is started', async () => {
    const { runtime, ecs } = ecsWorld()
    const asked = request(spec({ environment: { PASSWORD: '‹secret:gone›' }, secrets: { gone: { version: 7, hash: 'x' } } }))
    expect(await runtime.start(asked)).toMatchObject({
      state: 'refused',
      refusal: { kind: 'revision', message: expect.stringContaining('gone version 7') },
    })
    expect(ecs.runs).toEqual([])
  })

  it('keeps its overrides within the 8,192 characters of one request', () => {
    const service = 's'.repeat(63)
    expect(JSON.stringify(overridesOf({ id: 'i'.repeat(36), service, number: 999_999 })).length).toBeLessThan(8_192)
  })
})

describe('what stands before the intent', () => {
  it('T3: no more than a hundred launches at once, then twenty a second, over all processes', async () => {
    const { runtime, another, ecs } = ecsWorld()
    const start = { stream: WEB, count: 70 }
    expect(await runtime.prepare(spec(), start)).toBeUndefined()
    expect(await another().prepare(spec(), start)).toEqual({ waitsFor: expect.stringContaining('20 tasks a second'), starts: 30 })
    expect(await runtime.prepare(spec(), start)).toMatchObject({ starts: 0 })
    ecs.now += 1_000
    expect(await runtime.prepare(spec(), start)).toMatchObject({ starts: 20 })
  })

  it('T3: on demand and Spot are counted apart, and instances of one’s own are not', async () => {
    const { runtime, another } = ecsWorld()
    await runtime.prepare(spec(), { stream: WEB, count: 100 })
    expect(await another({ capacity: SPOT }).prepare(spec(), { stream: WEB, count: 100 })).toBeUndefined()
    expect(await another({ capacity: { launchType: 'EC2' } }).prepare(spec(), { stream: WEB, count: 500 })).toBeUndefined()
  })

  it('E1: the definition is registered once, one a second over the fleet, and found by every later process', async () => {
    const { runtime, another, ecs } = ecsWorld()
    await runtime.prepare(spec(), { stream: WEB, count: 1 })
    await another().prepare(spec(), { stream: WEB, count: 1 })
    expect(ecs.definitions).toHaveLength(1)
    for (let n = 1; n < 20; n++) await runtime.prepare(spec({ image: `app:${n}` }), { stream: WEB, count: 1 })
    expect(await runtime.prepare(spec({ image: 'app:20' }), { stream: WEB, count: 1 })).toMatchObject({
      waitsFor: expect.stringContaining('one a second'),
    })
    ecs.now += 1_000
    expect(await runtime.prepare(spec({ image: 'app:20' }), { stream: WEB, count: 1 })).toBeUndefined()
  })

  it('waits when AWS throttles the registration, and leaves a refusal to the start', async () => {
    const { runtime, ecs } = ecsWorld()
    ecs.faults.push({
      command: 'RegisterTaskDefinition',
      error: ecsError('ClientException', 'Too many concurrent attempts to create a new revision of the specified family.'),
    })
    expect(await runtime.prepare(spec(), { stream: WEB, count: 1 })).toMatchObject({
      waitsFor: expect.stringContaining('Too many concurrent'),
    })
    for (let n = 0; n < 2; n++)
      ecs.faults.push({ command: 'RegisterTaskDefinition', error: ecsError('ClientException', 'Role is not valid') })
    expect(await runtime.prepare(spec(), { stream: WEB, count: 1 })).toBeUndefined()
    expect(await runtime.start(request())).toMatchObject({
      state: 'refused',
      refusal: { kind: 'revision', message: 'ClientException: Role is not valid' },
    })
  })

  it('E2: an answer that did not come is asked for again', async () => {
    const { runtime, ecs } = ecsWorld()
    ecs.faults.push({ command: 'RegisterTaskDefinition', error: noAnswer(), after: true })
    await expect(runtime.prepare(spec(), { stream: WEB, count: 1 })).rejects.toBeInstanceOf(OutcomeUnknown)
    expect(await runtime.prepare(spec(), { stream: WEB, count: 1 })).toBeUndefined()
    expect(ecs.definitions).toHaveLength(1)
  })

  it('asked about a spec alone it makes nothing', async () => {
    const { runtime, ecs } = ecsWorld()
    expect(await runtime.prepare(spec())).toBeUndefined()
    expect(await runtime.prepare(spec({ privileged: true }))).toEqual({ refused: expect.stringContaining('privileged'), key: 'privileged' })
    expect(ecs.calls).toEqual([])
  })
})
