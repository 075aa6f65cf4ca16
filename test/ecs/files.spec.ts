import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createExecSessions } from '../../shared/adapters/ecs/exec-sessions.ts'
import { placeOf } from '../../shared/adapters/ecs/files-place.ts'
import { notes, refusals } from '../../shared/adapters/ecs/fit.ts'
import { exitOf } from '../../shared/adapters/ecs/stop-reason.ts'
import type { Mount, MountedFile, ServiceSpec } from '../../shared/domain/spec.ts'
import { type EcsWorld, ecsWorld, FILES_IMAGE, request, spec, WEB } from './ecs-world.ts'

const secret = (name: string, more: Partial<MountedFile> = {}): MountedFile => ({
  ...{ kind: 'secret', name, target: `/run/secrets/${name}`, secret: `secret.${name}` },
  ...more,
})
const config = (target: string, content = 'x', more: Partial<MountedFile> = {}): MountedFile => ({
  ...{ kind: 'config', name: 'c', target, content },
  ...more,
})
const volume = (target: string, more: Partial<Mount> = {}): Mount => ({ type: 'volume', target, readOnly: false, ...more })
const bytes = (text: string) => new TextEncoder().encode(text)

async function definitionOf(world: EcsWorld, more: Partial<ServiceSpec>) {
  expect((await world.runtime.start(request(spec(more)))).state).toBe('pending')
  const { definition } = world.ecs.definitions.at(-1)!
  const [own, files] = definition.containerDefinitions!
  return { definition, own: own!, files: files! }
}

describe('configs and secrets as files on ECS', () => {
  it('are written by a container that ends before the service’s own begins; secrets by reference and version', async () => {
    const world = ecsWorld()
    world.secrets.set('shop/secret.db/3', 'hunter2')
    const content = await world.blobs.put(bytes('listen 80;\n'))
    const { definition, own, files } = await definitionOf(world, {
      volumes: [volume('/etc/app')],
      files: [config('/etc/app/sub/app.conf', content, { uid: '33', gid: '34', mode: 0o640 }), secret('db')],
      secrets: { 'secret.db': { version: 3, hash: 'h' } },
    })
    expect(own).toMatchObject({
      name: 'web',
      essential: true,
      dependsOn: [{ containerName: 'web-files', condition: 'SUCCESS' }],
      mountPoints: [
        { sourceVolume: 'volume-1', containerPath: '/etc/app', readOnly: false },
        { sourceVolume: 'secrets', containerPath: '/run/secrets', readOnly: true },
      ],
    })
    expect(JSON.stringify(own)).not.toContain('TEXT_')
    expect(definition.volumes).toEqual([{ name: 'volume-1' }, { name: 'secrets' }])
    expect(files).toMatchObject({
      name: 'web-files',
      image: FILES_IMAGE,
      essential: false,
      user: '0',
      readonlyRootFilesystem: true,
      mountPoints: [
        { sourceVolume: 'volume-1', containerPath: '/files/volume-1' },
        { sourceVolume: 'secrets', containerPath: '/files/secrets' },
      ],
      environment: [{ name: 'PACKED_1', value: expect.stringMatching(/^H4sI/) }],
      secrets: [{ name: 'TEXT_2', valueFrom: 'arn:aws:secretsmanager:eu-west-1:1:secret:shop/secret.db-AbCdEf:value::v3' }],
    })
    expect(files.command!.slice(4)).toEqual([
      ...['/files/volume-1/sub/app.conf', 'PACKED_1', '33:34', '0640'],
      ...['/files/secrets/db', 'TEXT_2', '0:0', '0444'],
    ])
    expect(JSON.stringify(definition)).not.toContain('hunter2')
  })

  it('without files there is no such container, and the definition is what it was', async () => {
    const { definition, own, files } = await definitionOf(ecsWorld(), { volumes: [volume('/cache')] })
    expect(files).toBeUndefined()
    expect(own).not.toHaveProperty('dependsOn')
    expect(definition.volumes).toEqual([{ name: 'volume-1' }])
  })

  it('another content is another definition, and a rollback finds the old one; two services share a content', async () => {
    const world = ecsWorld()
    const [one, two] = [await world.blobs.put(bytes('one')), await world.blobs.put(bytes('two'))]
    const asked = (content: string) => spec({ files: [config('/run/secrets/c', content)] })
    await world.runtime.start(request(asked(one)))
    await world.runtime.start(request(asked(two), { revision: 2 }))
    await world.another().start(request(asked(one), { revision: 3 }))
    expect(world.ecs.definitions).toHaveLength(2)
    expect(world.ecs.runs[2]!.taskDefinition).toBe(world.ecs.runs[0]!.taskDefinition)
    await world.runtime.start(request(asked(one), { stream: 'service/shop/api', service: 'api' }))
    expect(world.ecs.definitions.at(-1)!.definition.containerDefinitions!.map(({ name }) => name)).toEqual(['api', 'api-files'])
  })

  it('on instances, where each container says what it needs, it has 64 MiB', async () => {
    const world = ecsWorld({ capacity: { launchType: 'EC2' } })
    const content = await world.blobs.put(bytes('x'))
    expect((await definitionOf(world, { files: [config('/run/secrets/c', content)] })).files.memory).toBe(64)
  })

  it('what is not stored any more is a refusal of the revision, before the commit and at the start', async () => {
    const { runtime, ecs } = ecsWorld()
    const gone = spec({ files: [config('/run/secrets/c', 'f00d')] })
    expect(await runtime.prepare(gone)).toEqual({ refused: 'the content of config c is not stored', key: 'configs' })
    expect(await runtime.start(request(gone))).toMatchObject({ state: 'refused', refusal: { kind: 'revision', code: 'NotStored' } })
    const lost = spec({ files: [secret('db')], secrets: { 'secret.db': { version: 1, hash: 'h' } } })
    expect(await runtime.prepare(lost, { stream: WEB, count: 1 })).toBeUndefined()
    expect(await runtime.start(request(lost))).toMatchObject({ state: 'refused', refusal: { kind: 'revision' } })
    expect(ecs.runs).toEqual([])
  })

  it('is told in the plan', () => {
    expect(notes(spec({ files: [secret('db')] }), 'fargate')).toContainEqual({
      key: 'secrets',
      why: 'a container of its own writes its configs and secrets first, and ends',
    })
  })
})

describe('where a file can lie on ECS', () => {
  it.each<[string, readonly Mount[], string, string]>([
    ['/run/secrets/a', [], 'secrets', 'a'],
    ['/run/secrets/a/b', [], 'secrets', 'a/b'],
    ['/run/secrets/../secrets/a', [], 'secrets', 'a'],
    ['/run/secrets/a', [volume('/run')], 'secrets', 'a'],
    ['/run/secrets/a', [volume('/run/secrets')], 'volume-1', 'a'],
    ['/run/secrets/a', [{ type: 'tmpfs', target: '/run', readOnly: false }], 'secrets', 'a'],
    ['/etc/app/a', [volume('/etc/app')], 'volume-1', 'a'],
    ['/etc/app/b/a', [volume('/etc/app/'), volume('/etc/app/b')], 'volume-2', 'a'],
    ['/etc/app/b/a', [volume('/etc/app/b'), volume('/etc/app')], 'volume-1', 'a'],
  ])('%s beside %j: in %s as %s', (target, volumes, name, path) => {
    expect(placeOf(spec({ volumes: [...volumes] }), config(target))).toMatchObject({ volume: name, path })
    expect(refusals(spec({ volumes: [...volumes], files: [config(target)] }), 'fargate')).toEqual([])
  })

  it.each<[string, string, Partial<ServiceSpec>, string]>([
    ['the root folder, where configs go without a target', 'configs.0', { files: [config('/c')] }, 'root folder'],
    ['a folder of the image', 'configs.1', { files: [config('/run/secrets/a'), config('/etc/nginx/nginx.conf')] }, 'volumes: [/etc/nginx]'],
    ['one that only begins alike', 'secrets.0', { files: [secret('x', { target: '/run/secrets-too/x' })] }, '/run/secrets-too'],
    ['a volume itself', 'configs.0', { volumes: [volume('/etc/app')], files: [config('/etc/app')] }, 'hide what the image has'],
    ['a way out of a volume', 'configs.0', { volumes: [volume('/etc/app')], files: [config('/etc/app/../x')] }, '/etc'],
    ['memory', 'configs.0', { volumes: [{ type: 'tmpfs', target: '/m', readOnly: false }], files: [config('/m/c')] }, '/m'],
    ['an owner by name', 'secrets.0', { files: [secret('x', { uid: 'www' })] }, 'numbers, not www'],
    ['a group by name', 'secrets.0', { files: [config('/run/secrets/c'), secret('x', { gid: 'www' })] }, 'numbers, not www'],
  ])('not in %s', (_, key, more, why) => {
    expect(refusals(spec(more), 'fargate')).toEqual([{ key, why: expect.stringContaining(why) }])
    expect(refusals(spec(more), 'instances').map(told => told.key)).toEqual([key])
  })
})

describe('the size of configs on ECS', () => {
  const asked = async (world: EcsWorld, ...contents: readonly Uint8Array[]) => {
    const hashes = await Promise.all(contents.map(content => world.blobs.put(content)))
    return spec({ files: hashes.map((content, index) => config(`/run/secrets/c${index}`, content)) })
  }

  it('counts as it is packed: text may have hundreds of KB, what cannot be packed 45', async () => {
    const world = ecsWorld()
    expect(await world.runtime.prepare(await asked(world, bytes('server { listen 80; }\n'.repeat(20_000))))).toBeUndefined()
    expect(await world.runtime.prepare(await asked(world, randomBytes(45_000)))).toBeUndefined()
  })

  it('more than a task definition holds is refused by key, with the limit and what to do', async () => {
    const world = ecsWorld()
    const refused = {
      key: 'configs',
      refused: expect.stringMatching(/more than the 65536 that ECS takes; \d+ of them are its configs.*image/),
    }
    expect(await world.runtime.prepare(await asked(world, randomBytes(50_000)))).toEqual(refused)
    expect(await world.runtime.prepare(await asked(world, randomBytes(25_000), randomBytes(25_000)))).toEqual(refused)
  })
})

describe('the end of a task with files', () => {
  const ended = (...containers: readonly object[]) =>
    exitOf({ version: 1, group: WEB, stopCode: 'EssentialContainerExited', containers: [...containers] })

  it('is that of its own container, whatever stands first', () => {
    expect(ended({ name: 'web-files', exitCode: 0 }, { name: 'web', exitCode: 3 })).toMatchObject({ code: 3, reason: 'exited with code 3' })
    expect(ended({ name: 'web-files', exitCode: 0 }, { name: 'web', exitCode: 0 })).toMatchObject({ code: 0 })
    const unstarted = ended({ name: 'web-files', exitCode: 0 }, { name: 'web', reason: 'CannotStartContainerError: no such program' })
    expect(unstarted).toEqual({ reason: 'CannotStartContainerError: no such program' })
  })

  it('where the files could not be written it says so', () => {
    expect(ended({ name: 'web', lastStatus: 'STOPPED' }, { name: 'web-files', exitCode: 1 })).toMatchObject({
      code: 1,
      reason: 'its files could not be written: exited with code 1',
    })
  })

  it('one that was stopped before they were is one that was stopped', () => {
    const containers = [{ name: 'web-files', exitCode: 143 }, { name: 'web' }]
    expect(exitOf({ version: 1, group: WEB, stopCode: 'UserInitiated', stoppedReason: 'Longshore stops it', containers }).reason).toBe(
      'stopped',
    )
  })

  it('exec goes into the service’s own', async () => {
    const world = ecsWorld()
    const content = await world.blobs.put(bytes('x'))
    const start = request(spec({ exec: true, files: [config('/run/secrets/c', content)] }))
    const { runtimeId } = await world.runtime.start(start)
    world.ecs.live(start.id)
    const task = world.ecs.known.get(start.id)!.task
    task.containers = [{ name: 'web-files', runtimeId: 'files-runtime' }, ...task.containers!]
    await createExecSessions({ ecs: world.ecs.client, cluster: 'longshore', region: 'eu-west-1' }).open({ id: start.id, runtimeId }, ['sh'])
    expect(world.ecs.executed).toEqual([{ container: 'web', command: 'sh' }])
    expect(world.ecs.definitions[0]!.definition.containerDefinitions![1]!.readonlyRootFilesystem).toBe(false)
  })
})
