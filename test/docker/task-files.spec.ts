import { beforeAll, describe, expect, it } from 'vitest'
import type { MountedFile, ServiceSpec } from '../../shared/domain/spec.ts'
import { containerTestsAreLeftOut, TEST_IMAGE, testEngine } from '../contracts/docker-engine.ts'
import { ecsWorld, request, spec } from '../ecs/ecs-world.ts'
import { ODD_CONTENTS, ODD_SECRETS } from '../ecs/odd-contents.ts'
import { playDefinition } from '../ecs/play-definition.ts'

/** The definition that ECS is given, played on an engine: what a container finds in its folders. */
describe.skipIf(containerTestsAreLeftOut())('files of a task on ECS', () => {
  beforeAll(async () => {
    await testEngine()
  }, 120_000)

  const world = ecsWorld({ filesImage: TEST_IMAGE })
  const PLAIN = 'arn:aws:secretsmanager:eu-west-1:1:secret:'
  const secretAt = (from: string): string => {
    const [name, version] = from.slice(PLAIN.length).split('-AbCdEf:value::v')
    return world.secrets.get(`${name}/${version}`)!
  }
  async function play(more: Partial<ServiceSpec>, script: string): Promise<Buffer> {
    await world.runtime.start(request(spec({ image: TEST_IMAGE, command: ['sh', '-c', script], ...more })))
    return playDefinition(world.ecs.definitions.at(-1)!.definition, secretAt)['web']!
  }
  const config = async (target: string, content: Uint8Array, more: Partial<MountedFile> = {}): Promise<MountedFile> => ({
    ...{ kind: 'config', name: 'c', target, content: await world.blobs.put(content) },
    ...more,
  })
  const bytes = (text: string) => new TextEncoder().encode(text)

  it.each(ODD_CONTENTS)('a config of %s arrives byte for byte', async (_, content) => {
    const printed = await play({ files: [await config('/run/secrets/c', content)] }, 'cat /run/secrets/c')
    expect(Buffer.compare(printed, content)).toBe(0)
  })

  it.each(ODD_SECRETS)('a secret of %s arrives as it is', async (_, value) => {
    world.secrets.set('shop/secret.s/1', value)
    const secret: MountedFile = { kind: 'secret', name: 's', target: '/run/secrets/s', secret: 'secret.s' }
    const printed = await play({ files: [secret], secrets: { 'secret.s': { version: 1, hash: 'h' } } }, 'cat /run/secrets/s')
    expect(printed.toString()).toBe(value)
  })

  it('with the owners and modes that the file says, in folders that all may enter, and not to be written', async () => {
    const files = [
      await config('/run/secrets/plain', bytes('1')),
      await config('/run/secrets/deep/er/one', bytes('2'), { uid: '1000', gid: '2000', mode: 0o400 }),
      await config("/etc/app/it's a file", bytes('3'), { mode: 0o4755 }),
      await config('/etc/app/sub/$(id)', bytes('4'), { mode: 0 }),
    ]
    const volumes: ServiceSpec['volumes'] = [{ type: 'volume', target: '/etc/app', readOnly: false }]
    const script = 'cd /; find run/secrets etc/app -exec stat -c "%n %a %u:%g" {} \\; | sort; touch /run/secrets/new 2>&1; true'
    expect((await play({ files, volumes }, script)).toString().split('\n')).toEqual([
      expect.stringMatching(/^etc\/app 755 /),
      "etc/app/it's a file 4755 0:0",
      'etc/app/sub 755 0:0',
      'etc/app/sub/$(id) 0 0:0',
      expect.stringMatching(/^run\/secrets 755 /),
      'run/secrets/deep 755 0:0',
      'run/secrets/deep/er 755 0:0',
      'run/secrets/deep/er/one 400 1000:2000',
      'run/secrets/plain 444 0:0',
      'touch: /run/secrets/new: Read-only file system',
      '',
    ])
  })

  it('a content that is damaged on its way ends the task before the service begins', async () => {
    await world.runtime.start(
      request(spec({ image: TEST_IMAGE, command: ['true'], files: [await config('/run/secrets/c', bytes('whole'))] })),
    )
    const definition = structuredClone(world.ecs.definitions.at(-1)!.definition)
    definition.containerDefinitions![1]!.environment![0]!.value = 'H4sIAAAA'
    expect(() => playDefinition(definition, secretAt)).toThrow(/Command failed/)
  })
})
