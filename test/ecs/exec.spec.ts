import { describe, expect, it } from 'vitest'
import { commandLine, createExecSessions } from '../../shared/adapters/ecs/exec-sessions.ts'
import { notes, refusals } from '../../shared/adapters/ecs/fit.ts'
import { ecsWorld, request, spec } from './ecs-world.ts'
import { ecsError } from './fake-ecs.ts'

const sessionsOf = ({ ecs }: ReturnType<typeof ecsWorld>) =>
  createExecSessions({ ecs: ecs.client, cluster: 'longshore', region: 'eu-west-1' })

async function running(asked: Parameters<typeof spec>[0]) {
  const world = ecsWorld()
  const start = request(spec(asked))
  const { runtimeId } = await world.runtime.start(start)
  world.ecs.live(start.id)
  return { ...world, world, task: { id: start.id, runtimeId } }
}

describe('a task whose file asks for exec', () => {
  it('is started with the agent, an init that reaps what it leaves behind, and the role that opens its channels', async () => {
    const { ecs } = await running({ exec: true })
    expect(ecs.runs[0]!.enableExecuteCommand).toBe(true)
    const { definition } = ecs.definitions[0]!
    expect(definition.taskRoleArn).toBe('arn:aws:iam::1:role/exec')
    expect(definition.containerDefinitions![0]!.linuxParameters!.initProcessEnabled).toBe(true)
  })

  it.each([{}, { exec: false }, { init: true }])('and no other: %j', async more => {
    const { ecs } = await running(more)
    expect(ecs.runs[0]!.enableExecuteCommand ?? false).toBe(false)
    expect(ecs.definitions[0]!.definition).not.toHaveProperty('taskRoleArn')
    expect(ecs.definitions[0]!.definition.containerDefinitions![0]!.linuxParameters!.initProcessEnabled).toBe(more.init)
  })

  it('is told of in the plan, and refused where its root file system could not be written', () => {
    expect(notes(spec({ exec: true }), 'fargate').map(({ key }) => key)).toContain('x-longshore.exec')
    expect(refusals(spec({ exec: true, readOnly: true }), 'fargate')).toEqual([
      { key: 'x-longshore.exec', why: expect.stringContaining('root file system') },
    ])
    for (const fine of [{ exec: true }, { readOnly: true }, { exec: false, readOnly: true }])
      expect(refusals(spec(fine), 'fargate')).toEqual([])
  })
})

describe('a session inside of a task', () => {
  it('is asked of ECS for the container that runs, and names it as the plugin wants', async () => {
    const { world, ecs, task } = await running({ exec: true })
    expect(await sessionsOf(world).open(task, ['sh', '-c', "echo it's"])).toEqual({
      ...{ sessionId: 'ecs-execute-command-1', streamUrl: 'wss://ssmmessages.example/1', tokenValue: 'a-token' },
      ...{ region: 'eu-west-1', target: `ecs:longshore_${task.runtimeId!.split('/').at(-1)}_${task.id}-runtime` },
    })
    expect(ecs.executed).toEqual([{ container: 'web', command: `sh -c 'echo it'"'"'s'` }])
  })

  it('is refused by name for a task that was started without it, or whose agent does not listen yet', async () => {
    const without = await running({})
    const refused = { code: 'LS-RUNTIME-UNSUPPORTED', hint: expect.stringContaining('x-longshore.exec') }
    await expect(sessionsOf(without.world).open(without.task, ['sh'])).rejects.toMatchObject(refused)
    const deaf = await running({ exec: true })
    deaf.ecs.faults.push({ command: 'ExecuteCommand', error: ecsError('TargetNotConnectedException', 'the agent is not running') })
    await expect(sessionsOf(deaf.world).open(deaf.task, ['sh'])).rejects.toMatchObject(refused)
  })

  it('is not found where the task ended, was never seen by ECS, or is not up yet', async () => {
    const { world, ecs, task } = await running({ exec: true })
    ecs.end(task.id, {}, 0)
    const start = request(spec({ exec: true }))
    const early = { id: start.id, runtimeId: (await world.runtime.start(start)).runtimeId }
    for (const gone of [task, early, { id: 'web-1-x', runtimeId: undefined }, { id: 'web-1-x', runtimeId: 'arn:aws:ecs:::task/x/1' }])
      await expect(sessionsOf(world).open(gone, ['sh'])).rejects.toMatchObject({ code: 'LS-NOT-FOUND' })
    expect(ecs.executed).toEqual([])
  })

  it('that AWS does not allow is told in AWS’s words', async () => {
    const { world, ecs, task } = await running({ exec: true })
    ecs.faults.push({
      command: 'ExecuteCommand',
      error: ecsError('AccessDeniedException', 'not authorized to perform: ecs:ExecuteCommand'),
    })
    await expect(sessionsOf(world).open(task, ['sh'])).rejects.toThrow('not authorized to perform: ecs:ExecuteCommand')
  })

  it.each([
    [['sh'], 'sh'],
    [['ls', '-la', '/var/log'], 'ls -la /var/log'],
    [['sh', '-c', 'a b'], "sh -c 'a b'"],
    [['echo', ''], "echo ''"],
    [['echo', '$HOME', '*', '"'], `echo '$HOME' '*' '"'`],
  ])('%j is said as %s', (words, line) => expect(commandLine(words)).toBe(line))
})
