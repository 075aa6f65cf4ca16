import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerDefinition } from '@aws-sdk/client-ecs'
import { afterAll, describe, expect, it } from 'vitest'
import type { MountedFile } from '../../shared/domain/spec.ts'
import { ecsWorld, request, spec } from './ecs-world.ts'
import { ODD_CONTENTS, ODD_SECRETS } from './odd-contents.ts'

const folder = mkdtempSync(join(tmpdir(), 'longshore-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

const world = ecsWorld()
const ME = { uid: String(process.getuid!()), gid: String(process.getgid!()) }
const config = async (path: string, content: Uint8Array, more: Partial<MountedFile> = {}): Promise<MountedFile> => ({
  ...{ kind: 'config', name: 'c', target: `/run/secrets/${path}`, content: await world.blobs.put(content), ...ME },
  ...more,
})
const text = (value: string) => new TextEncoder().encode(value)

async function containerOf(files: readonly MountedFile[], value = ''): Promise<ContainerDefinition> {
  world.secrets.set('shop/s/1', value)
  await world.runtime.start(request(spec({ files: [...files], secrets: { s: { version: 1, hash: value.slice(0, 9) } } })))
  return world.ecs.definitions.at(-1)!.definition.containerDefinitions![1]!
}

/** What the container of the files runs, by the shell of this machine, with its volumes in a folder of the test. */
function run({ command = [], environment = [] }: ContainerDefinition, value = ''): void {
  const [program, ...words] = command.map(word => word.replace(/^\/files\/secrets/, folder))
  const packed = environment.map(one => [one.name!, one.value!] as const)
  execFileSync(program!, words, { env: { PATH: process.env['PATH'], TEXT_1: value, ...Object.fromEntries(packed) }, stdio: 'pipe' })
}
const found = (path: string) => readFileSync(join(folder, path))

describe('what writes the files of a task on ECS', () => {
  it.each(ODD_CONTENTS)('a config of %s arrives byte for byte', async (_, content) => {
    run(await containerOf([await config('c', content)]))
    expect(Buffer.compare(found('c'), content)).toBe(0)
    rmSync(join(folder, 'c'), { force: true })
  })

  it.each(ODD_SECRETS)('a secret of %s arrives as it is', async (_, value) => {
    run(await containerOf([{ kind: 'secret', name: 's', target: '/run/secrets/s', secret: 's', ...ME }], value), value)
    expect(found('s').toString()).toBe(value)
    rmSync(join(folder, 's'), { force: true })
  })

  it('several, in folders that all may enter, with the modes that the file says and names that no shell reads', async () => {
    const files = [
      await config('deep/er/one', text('1'), { mode: 0o400 }),
      await config("deep/it's $(id) `id`", text('2')),
      await config('last', text('3'), { mode: 0o4755 }),
    ]
    run(await containerOf(files))
    const modes = ['deep', 'deep/er', 'deep/er/one', "deep/it's $(id) `id`", 'last'].map(path => statSync(join(folder, path)).mode & 0o7777)
    expect(modes).toEqual([0o755, 0o755, 0o400, 0o444, 0o4755])
    expect(found("deep/it's $(id) `id`").toString()).toBe('2')
  })

  it('a content that is damaged on its way, and a folder that cannot be made, end it with a code', async () => {
    const damaged = await containerOf([await config('d', text('whole'))])
    expect(() => run({ ...damaged, environment: [{ name: 'PACKED_1', value: 'H4sIAAAA' }] })).toThrow(/Command failed/)
    run(await containerOf([await config('file', text('x'))]))
    const below = await containerOf([await config('file/below', text('x'))])
    expect(() => run(below)).toThrow(/Command failed/)
  })
})
