import { expect, it } from 'vitest'
import { emptySpec, type MountedFile, type ServiceSpec } from '../../shared/domain/spec.ts'
import { dockerPrograms, shellSpec } from '../contracts/docker-harness.ts'
import { eventually } from '../contracts/eventually.ts'
import { ended, freshRequest, textsOf } from '../contracts/runtime-harness.ts'
import { describeWithEngine } from './with-engine.ts'

describeWithEngine("a container's networks, volumes and files", given => {
  const inNetwork = (spec: ServiceSpec, ...names: string[]): ServiceSpec => ({
    ...spec,
    networks: names.map(name => ({ name: `${given().installation}_${name}`, aliases: [] })),
  })
  const printed = async (spec: ServiceSpec, changes = {}): Promise<readonly string[]> => {
    const { runtime } = given()
    const request = freshRequest(given(), spec, changes)
    const fact = await runtime.start(request)
    expect(fact.refusal).toBeUndefined()
    await ended(runtime, request.id)
    return textsOf(runtime, request.id)
  }

  it('M4: reaches a service by its name and its aliases in each of their networks, and in no other', async () => {
    const { runtime } = given()
    const joined = inNetwork(dockerPrograms.server(), 'front', 'back')
    const networks = joined.networks.map(network => ({
      ...network,
      aliases: [network.name.endsWith('front') ? 'front-alias' : 'back-alias'],
    }))
    const server = freshRequest(given(), { ...joined, networks }, { service: 'db' })
    const { addresses } = await runtime.start(server)
    await eventually('the server answers', async () => (await fetch(`http://127.0.0.1:${addresses!['3000/tcp']!.port}/`)).ok)
    // The static BusyBox's wget crashes at names; its nc does not.
    const question = "printf 'GET / HTTP/1.0\\r\\n\\r\\n'"
    const ask = (...names: string[]) =>
      shellSpec(names.map(name => `${question} | nc -w 5 ${name} 3000 | tail -n 1 | grep . || echo no ${name}`).join('; '))
    const answer = `db.${server.number}`
    expect(await printed(inNetwork(ask('db', 'back-alias'), 'back'))).toEqual([answer, answer])
    expect(await printed(inNetwork(ask('db', 'front-alias'), 'front', 'other'))).toEqual([answer, answer])
    const fromOutside = await printed(inNetwork(ask('db'), 'other')) // beside it, nc's own complaint, before or after
    expect(fromOutside).toContain('no db')
    expect(fromOutside).not.toContain(answer)
    await runtime.stop(server.id, { graceMs: 5_000 })
  })

  it('M4: makes one network for 8 tasks that want it at once, small and labelled', async () => {
    const { runtime, docker, installation } = given()
    const requests = Array.from({ length: 8 }, () =>
      freshRequest(given(), inNetwork(dockerPrograms.exits({ code: 0, afterMs: 0 }), 'crowd')),
    )
    const facts = await Promise.all(requests.map(request => runtime.start(request)))
    expect(facts.filter(fact => fact.state === 'refused')).toEqual([])
    const networks = (await docker.listNetworks()).filter(({ Name }) => Name === `${installation}_crowd`)
    expect(networks.length).toBe(1)
    expect(networks[0]!.IPAM!.Config![0]!.Subnet).toMatch(/\/22$/)
    expect(networks[0]!.Labels).toMatchObject({ 'longshore.installation': installation, 'longshore.stack': 'shop' })
  })

  it('M4: makes the network again when somebody removed it', async () => {
    const { runtime, docker, installation } = given()
    const spec = inNetwork(dockerPrograms.exits({ code: 0, afterMs: 0 }), 'lost')
    const first = freshRequest(given(), spec)
    await runtime.start(first)
    await ended(runtime, first.id)
    await docker.getContainer(first.id).remove()
    await docker.getNetwork(`${installation}_lost`).remove()
    const second = freshRequest(given(), spec)
    const fact = await eventually('it starts in a new network', () => runtime.start(second).catch(() => undefined))
    expect(fact.state).not.toBe('refused')
  })

  it('keeps what a volume holds from one task to the next, and removes it only when told', async () => {
    const { runtime, docker, installation } = given()
    const source = `${installation}_data`
    const withVolume = (script: string): ServiceSpec => ({
      ...shellSpec(script),
      volumes: [{ type: 'volume', source, target: '/data', readOnly: false }],
    })
    const requests = [
      freshRequest(given(), withVolume('echo kept > /data/f'), { stack: 'store' }),
      freshRequest(given(), withVolume('cat /data/f'), { stack: 'store' }),
    ]
    for (const request of requests) {
      await runtime.start(request)
      await ended(runtime, request.id)
    }
    expect(await textsOf(runtime, requests[1]!.id)).toEqual(['kept'])
    await runtime.collect(Date.now() + 60_000)
    await runtime.removeStack('store', { volumes: false })
    expect((await docker.getVolume(source).inspect()).Labels).toMatchObject({
      'longshore.stack': 'store',
      'longshore.installation': installation,
    })
    await runtime.removeStack('another', { volumes: true })
    await docker.getVolume(source).inspect()
    await runtime.removeStack('store', { volumes: true })
    await expect(docker.getVolume(source).inspect()).rejects.toMatchObject({ statusCode: 404 })
  })

  it("removes a stack's networks, and those of no other stack", async () => {
    const { runtime, docker, installation } = given()
    const names = async () => (await docker.listNetworks()).map(({ Name }) => Name)
    for (const stack of ['one', 'two']) await printed(inNetwork(shellSpec('true'), stack), { stack })
    await runtime.removeStack('one', { volumes: false })
    expect(await names()).not.toContain(`${installation}_one`)
    expect(await names()).toContain(`${installation}_two`)
  })

  it('mounts a host folder, made when it is missing, and a tmpfs', async () => {
    const { dataFolder } = given()
    const spec: ServiceSpec = {
      ...shellSpec('touch /b/made && echo written; touch /ro/x || echo read-only; stat -f -c %T /t'),
      volumes: [
        { type: 'bind', source: `${dataFolder}/new/folder`, target: '/b', readOnly: false },
        { type: 'bind', source: `${dataFolder}/new/folder`, target: '/ro', readOnly: true },
        { type: 'tmpfs', target: '/t', readOnly: false, sizeBytes: 65_536 },
      ],
    }
    expect((await printed(spec)).filter(text => !text.startsWith('touch'))).toEqual(['written', 'read-only', 'tmpfs'])
  })

  const file = (changes: Partial<MountedFile>): MountedFile => ({ kind: 'config', name: 'c', target: '/c', content: 'hash', ...changes })

  it('puts configs and secrets in place with their owner and mode', async () => {
    const { blobs, putSecret } = given()
    blobs.set('hash', Buffer.from('one\n✓\n'))
    const version = await putSecret('shop', 'password', 'hush')
    const spec: ServiceSpec = {
      ...shellSpec(
        'cat /c /etc/app/deep/er.conf /run/secrets/password; echo; stat -c "%a %u:%g %n" /c /etc/app/deep/er.conf /run/secrets/password /run/secrets /tmp; ls /tmp',
      ),
      files: [
        file({}),
        file({ target: '/etc/app/deep/er.conf', mode: 0o400, uid: '1000', gid: '1001' }),
        file({ kind: 'secret', name: 'password', target: '/run/secrets/password', content: undefined, secret: 'password', mode: 0o440 }),
        file({ target: '/tmp/here' }),
      ],
      secrets: { password: version },
    }
    expect(await printed(spec)).toEqual([
      'one',
      '✓',
      'one',
      '✓',
      'hush',
      '444 0:0 /c',
      '400 1000:1001 /etc/app/deep/er.conf',
      '440 0:0 /run/secrets/password',
      '755 0:0 /run/secrets',
      '1777 0:0 /tmp',
      'here',
    ])
  })

  it('puts files into a read-only container, except into its root', async () => {
    const { blobs, runtime } = given()
    blobs.set('hash', Buffer.from('inside'))
    const spec = { ...shellSpec('cat /etc/app/c; echo; touch /x || echo read-only'), readOnly: true }
    const lines = await printed({ ...spec, files: [file({ target: '/etc/app/c' })] })
    expect(lines.filter(line => !line.startsWith('touch'))).toEqual(['inside', 'read-only'])
    const refused = await runtime.start(freshRequest(given(), { ...spec, files: [file({ target: '/c' })] }))
    expect(refused).toMatchObject({ state: 'refused', refusal: { kind: 'revision' } })
    expect(refused.refusal!.message).toContain('/c')
  })

  it('refuses a config whose content is gone, and leaves no container', async () => {
    const { runtime } = given()
    const request = freshRequest(given(), { ...shellSpec('true'), files: [file({ content: 'gone' })] })
    expect(await runtime.start(request)).toMatchObject({ state: 'refused', refusal: { kind: 'revision' } })
    expect(await runtime.lookup(request.id)).toBeUndefined()
  })

  it('needs no network, volume or file at all', async () => {
    expect(await printed({ ...emptySpec, image: 'longshore-test/busybox', command: ['echo', 'alone'] })).toEqual(['alone'])
  })
})
