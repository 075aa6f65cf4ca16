import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2'
import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLogsBy } from '../../shared/adapters/ecs/read-logs.ts'
import type { Runtime } from '../../shared/ports/runtime.ts'
import { containerTestsAreLeftOut, TEST_IMAGE, testEngine } from '../contracts/docker-engine.ts'
import { eventually } from '../contracts/eventually.ts'
import { ecsWorld, request, spec, WEB } from '../ecs/ecs-world.ts'
import { type Emulator, startEmulator } from './emulator.ts'

/** The SDK's own client against an emulator that runs real containers: what the fake cannot show. Client tokens and events it has not. */
describe.skipIf(containerTestsAreLeftOut())('tasks on an emulator of ECS', () => {
  let emulator: Emulator
  let runtime: Runtime
  let ecs: ECSClient

  beforeAll(async () => {
    await testEngine()
    emulator = await startEmulator({ port: 19_500 })
    const client = { endpoint: emulator.url, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
    ecs = new ECSClient(client)
    const logs = new CloudWatchLogsClient(client)
    const ec2 = new EC2Client(client)
    await ecs.send(new CreateClusterCommand({ clusterName: 'longshore' }))
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/longshore/prod' }))
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16' }))
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc!.VpcId, CidrBlock: '10.7.0.0/24' }))
    runtime = ecsWorld({
      ecs,
      logs: readLogsBy(logs, '/longshore/prod'),
      region: 'us-east-1',
      subnets: [Subnet!.SubnetId!],
      clock: { now: () => Date.now() },
    }).runtime
  }, 400_000)
  afterAll(async () => {
    await emulator?.stop()
  })

  const program = (script: string) =>
    spec({ image: TEST_IMAGE, command: ['sh', '-c', script], expose: [{ target: 3000, protocol: 'tcp' }] })
  const until = (id: string, state: string) =>
    eventually(
      `${id} is ${state}`,
      async () => {
        const fact = await runtime.lookup(id)
        return fact?.state === state && fact
      },
      30_000,
    )

  it('a task is registered once, runs as a container with an address, is listed as ours, and stops when asked', async () => {
    const asked = request(program("trap 'exit 0' TERM; while :; do sleep 0.2; done"))
    expect(await runtime.prepare(asked.spec, { stream: WEB, count: 1 })).toBeUndefined()
    const started = await runtime.start(asked)
    expect(started).toMatchObject({ id: asked.id, runtime: 'ecs', runtimeId: expect.stringContaining('arn:aws:ecs:') })
    const running = await until(asked.id, 'running')
    expect(running.host).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    expect(await runtime.list(WEB)).toEqual([expect.objectContaining({ id: asked.id, stream: WEB, intent: asked.intent })])
    await runtime.stop(asked.id, { graceMs: 5_000, runtimeId: started.runtimeId })
    const over = await until(asked.id, 'stopped')
    expect(over.seen).toBeGreaterThanOrEqual(running.seen)
    expect(over.exit!.reason).toMatch(/^stopped/)
    expect(await runtime.list()).toEqual([])
  }, 60_000)

  it('a program that ends tells its exit code', async () => {
    const asked = request(program('exit 3'))
    await runtime.start(asked)
    expect((await until(asked.id, 'stopped')).exit).toMatchObject({ code: 3, reason: 'exited with code 3' })
  }, 60_000)

  it('an image that is nowhere is the revision’s own fault, in the emulator’s words', async () => {
    const asked = request({ ...program('true'), image: '127.0.0.1:1/no/such:image' })
    const fact = await runtime.start(asked)
    if (fact.state === 'refused') expect(fact.refusal!.kind).toBe('revision')
    else expect((await until(asked.id, 'stopped')).exit!.reason).toContain('TaskFailedToStart')
  }, 60_000)

  it('what never was is no error', async () => {
    expect(await runtime.lookup('web-1-0000000000000000')).toBeUndefined()
    await runtime.stop('web-1-0000000000000000', { graceMs: 1_000 })
    expect(await runtime.logs('web-1-0000000000000000', {})).toEqual([])
  })

  it('the definitions of a removed stack go', async () => {
    await runtime.removeStack('shop', { volumes: false })
    expect(await runtime.prepare(spec(), { stream: WEB, count: 1 })).toBeUndefined()
  })
})
