import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs'
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../contracts/eventually.ts'
import { playDefinition } from '../ecs/play-definition.ts'
import { type Person, somebody } from './cli.ts'
import { clientOptions } from './emulator.ts'
import { leftoversOf } from './leftovers.ts'
import { invoke } from './raw-call.ts'
import { openRoom, type Room } from './room.ts'

const composeOf = (image: string) => `name: filed
services:
  web:
    image: ${image}
    environment: {VERSION: "1"}
    volumes: [/etc/app]
    secrets: [db]
    configs:
      - {source: app, target: /etc/app/app.conf}
    deploy: {update_config: {monitor: 0s}}
configs: {app: {file: ./app.conf}}
secrets: {db: {file: ./db.txt}}
`

/**
 * The emulator mounts no volume of a task and lets containers wait for none (its containers start together), so what it is told is played on the
 * engine as ECS does (play-definition.ts); that the container really runs there, with its secrets, and ends well is the emulator's own word.
 */
describe('configs and secrets as files on AWS', () => {
  let room: Room
  let person: Person
  let hurry: NodeJS.Timeout
  let sweeps: Promise<unknown> | undefined
  beforeAll(async () => {
    room = await openRoom({ port: 19_714, writesFiles: true })
    hurry = setInterval(() => {
      sweeps ??= invoke(room.emulator, 'Sweep').finally(() => {
        sweeps = undefined
      })
    }, 3_000)
    person = somebody()
    await person.types(`context add prod ${room.deployment.url}`, { LONGSHORE_TOKEN: room.deployment.token })
    await person.types('context use prod')
  })
  afterAll(async () => {
    clearInterval(hurry)
    await sweeps
    person?.leave()
    await room?.close()
  })

  const write = (name: string, content: string) => writeFileSync(join(person.folder, name), content)
  const ecs = () => new ECSClient(clientOptions(room.emulator))
  const manager = () => new SecretsManagerClient(clientOptions(room.emulator))
  const secretsOfStack = async () =>
    ((await manager().send(new ListSecretsCommand({}))).SecretList ?? []).flatMap(({ Name = '' }) =>
      Name.includes('/stack/filed/') ? [Name] : [],
    )
  /** The task that runs, and its definition; an older one drains for a while beside it. */
  async function running() {
    const alone = async () => {
      const { taskArns = [] } = await ecs().send(new ListTasksCommand({ cluster: 'longshore' }))
      return taskArns.length === 1 && taskArns
    }
    const tasks = await eventually('one task runs', alone, 60_000)
    const { tasks: [task] = [] } = await ecs().send(new DescribeTasksCommand({ cluster: 'longshore', tasks }))
    const { taskDefinition } = await ecs().send(new DescribeTaskDefinitionCommand({ taskDefinition: task!.taskDefinitionArn }))
    return { task: task!, definition: taskDefinition! }
  }
  /** What the service's container would find in its folders. */
  async function found({ containerDefinitions = [], volumes }: TaskDefinition) {
    const [own, files] = containerDefinitions
    const [arn = ''] = files!.secrets!.map(({ valueFrom }) => valueFrom!)
    const { SecretString } = await manager().send(new GetSecretValueCommand({ SecretId: arn.replace(/:value::.*$/, '') }))
    const reader = { ...own!, image: files!.image, command: ['sh', '-c', 'cat /etc/app/app.conf /run/secrets/db'] }
    const { value } = JSON.parse(SecretString!) as { readonly value: string }
    return playDefinition({ containerDefinitions: [reader, files!], volumes }, () => value)['web']!.toString()
  }

  it('what cannot be given is refused with its line', async () => {
    write('db.txt', 'hunter2\n')
    write('app.conf', 'colour blue\n')
    write('compose.yaml', composeOf(room.image).replace('    volumes: [/etc/app]\n', ''))
    const folder = await person.types('up -y')
    expect(folder).toMatchObject({ code: 1 })
    expect(folder.err + folder.out).toMatch(/compose\.yaml:8.*|LS-RUNTIME-UNSUPPORTED/s)
    expect(folder.err + folder.out).toContain('volumes: [/etc/app]')
    write('compose.yaml', composeOf(room.image))
    write('app.conf', randomBytes(80_000).toString('base64'))
    const large = await person.types('up -y')
    expect(large).toMatchObject({ code: 1 })
    expect(large.err + large.out).toMatch(/compose\.yaml:8/)
    expect(large.err + large.out).toContain('65536')
    write('app.conf', 'small')
    write('db.txt', 'x'.repeat(70_000))
    const secret = await person.types('up -y')
    expect(secret).toMatchObject({ code: 1 })
    expect(secret.err + secret.out).toMatch(/compose\.yaml:12/)
    expect(secret.err + secret.out).toContain('64 KB')
    const { taskDefinitionArns } = await ecs().send(new ListTaskDefinitionsCommand({ status: 'ACTIVE' }))
    expect(taskDefinitionArns).toEqual([])
  })

  it('the plan names the secret and its cost; a task finds the files; a new content rolls, and a rollback brings the old one back; down leaves nothing but the secret', async () => {
    write('compose.yaml', composeOf(room.image))
    write('db.txt', 'hunter2\n')
    write('app.conf', 'colour blue\n')
    const stored = await secretsOfStack()
    const plan = await person.types('up --dry-run')
    expect(plan, plan.err).toMatchObject({ code: 0, out: expect.stringContaining('secret longshore/longshore/stack/filed/secret.db') })
    expect(plan.out).toContain('a container of its own writes its configs and secrets first')
    expect(await secretsOfStack()).toEqual(stored)

    const up = await person.types('up -y')
    expect(up, up.out + up.err).toMatchObject({ code: 0 })
    const first = await running()
    expect(await found(first.definition)).toBe('colour blue\nhunter2\n')
    expect(JSON.stringify(first.definition)).not.toContain('hunter2')
    await eventually(
      'the container of the files ran and ended well',
      async () => (await running()).task.containers?.some(({ name, exitCode }) => name === 'web-files' && exitCode === 0),
      30_000,
    )

    write('app.conf', 'colour green\n')
    expect(await person.types('up -y')).toMatchObject({ code: 0 })
    const second = await running()
    expect(second.definition.taskDefinitionArn).not.toBe(first.definition.taskDefinitionArn)
    expect(await found(second.definition)).toBe('colour green\nhunter2\n')

    expect(await person.types('rollback -y')).toMatchObject({ code: 0 })
    expect((await running()).definition.taskDefinitionArn).toBe(first.definition.taskDefinitionArn)

    expect(await person.types('down')).toMatchObject({ code: 0 })
    await eventually('nothing is left', async () => (await leftoversOf(room.emulator)).length === 0, 60_000)
  })
})
