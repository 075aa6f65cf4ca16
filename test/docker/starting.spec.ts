import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Docker from 'dockerode'
import { expect, it } from 'vitest'
import { secretReference } from '../../shared/domain/secret-text.ts'
import { emptySpec } from '../../shared/domain/spec.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { TEST_IMAGE } from '../contracts/docker-engine.ts'
import { dockerPrograms, shellSpec } from '../contracts/docker-harness.ts'
import { ended, freshRequest, textsOf } from '../contracts/runtime-harness.ts'
import { describeWithEngine } from './with-engine.ts'

describeWithEngine('starting a container', given => {
  it('E3: removes what another run created, and makes it anew', async () => {
    const { docker, runtime, startsOf } = given()
    const request = freshRequest(given(), dockerPrograms.ticker())
    const left = await docker.createContainer({
      name: request.id,
      Image: TEST_IMAGE,
      Cmd: ['false'],
      Labels: { 'longshore.installation': given().installation },
    })
    const fact = await runtime.start(request)
    expect(fact).toMatchObject({ state: 'running' })
    expect(fact.runtimeId).not.toBe(left.id)
    // The start that the other run sent before it died lands now: it names a container that is no more.
    await expect(left.start()).rejects.toMatchObject({ statusCode: 404 })
    expect(await startsOf(request.id)).toBe(1)
    await runtime.stop(request.id, { graceMs: 5_000 })
  })

  it('E3: a run that froze between create and start finds what the next run started', async () => {
    const { docker, open, startsOf } = given()
    const request = freshRequest(given(), dockerPrograms.ticker())
    const frozen = new Docker(docker.modem as unknown as Docker.DockerOptions)
    frozen.modem = docker.modem
    let thaw = () => {}
    const iced = new Promise<void>(resolve => (thaw = resolve))
    let created = () => {}
    const isCreated = new Promise<void>(resolve => (created = resolve))
    frozen.createContainer = (async (options: Docker.ContainerCreateOptions) => {
      const container = await docker.createContainer(options)
      const start = container.start.bind(container)
      container.start = (async () => {
        created()
        await iced
        return start()
      }) as typeof container.start
      return container
    }) as typeof frozen.createContainer
    const late = open({ docker: frozen }).start(request)
    await isCreated
    const second = await open().start(request)
    expect(second).toMatchObject({ state: 'running' })
    thaw()
    expect(await late).toMatchObject({ state: 'running', runtimeId: second.runtimeId })
    expect(await startsOf(request.id)).toBe(1)
    await open().stop(request.id, { graceMs: 5_000 })
  })

  it('E3: stopping a created container removes it, and collecting never touches it', async () => {
    const { docker, runtime, installation } = given()
    const request = freshRequest(given(), dockerPrograms.ticker())
    const labels = { 'longshore.installation': installation, 'longshore.stream': request.stream, 'longshore.intent': '3' }
    await docker.createContainer({ name: request.id, Image: TEST_IMAGE, Cmd: ['true'], Labels: labels })
    await runtime.collect(Date.now() + 60_000)
    expect(await runtime.lookup(request.id)).toMatchObject({ state: 'pending', seen: -1 })
    await runtime.stop(request.id, { graceMs: 1_000 })
    expect(await runtime.lookup(request.id)).toBeUndefined()
  })

  it('invariant 4: a host killed at any moment of a start leaves what the next start converges from', async () => {
    const { open, startsOf, installation } = given()
    const script = fileURLToPath(new URL('start-in-child.ts', import.meta.url))
    for (const afterMs of [0, 15, 40, 80, 130, 200]) {
      const request = freshRequest(given(), dockerPrograms.ticker())
      const child: ChildProcess = spawn(process.execPath, [script, installation, JSON.stringify(request)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await once(child.stdout!, 'data')
      await sleep(afterMs)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const second = open()
      expect(await second.start(request)).toMatchObject({ state: 'running' })
      expect((await second.list()).filter(seen => seen.id === request.id).length).toBe(1)
      expect(await startsOf(request.id)).toBe(1)
      await second.stop(request.id, { graceMs: 5_000 })
    }
  })

  it('leaves a container of the same name that is not ours alone', async () => {
    const { docker, runtime } = given()
    const request = freshRequest(given(), dockerPrograms.ticker())
    const foreign = await docker.createContainer({ name: request.id, Image: TEST_IMAGE, Cmd: ['true'] })
    try {
      expect(await runtime.start(request)).toMatchObject({ state: 'refused' })
      expect(await runtime.lookup(request.id)).toBeUndefined()
      await runtime.stop(request.id, { graceMs: 1_000 })
      expect((await foreign.inspect()).State.Status).toBe('created')
    } finally {
      await foreign.remove()
    }
  })

  it('refuses an image that is not there, and leaves nothing behind', async () => {
    const { runtime } = given()
    const request = freshRequest(given(), { ...emptySpec, image: 'longshore-test/nowhere:1' })
    expect(await runtime.start(request)).toMatchObject({
      state: 'refused',
      seen: 0,
      refusal: { kind: 'revision', code: 'LS-IMAGE-NOT-FOUND' },
    })
    expect(await runtime.lookup(request.id)).toBeUndefined()
  })

  it('removes the container of a command that does not exist', async () => {
    const { runtime } = given()
    const request = freshRequest(given(), dockerPrograms.missing())
    const fact = await runtime.start(request)
    expect(fact.refusal).toMatchObject({ kind: 'revision', code: 'LS-COMMAND-NOT-FOUND' })
    expect(fact.refusal!.message).toContain('/no/such/program')
    expect(await runtime.lookup(request.id)).toBeUndefined()
  })

  it('invariant 9: quotes no secret when the engine quotes the command', async () => {
    const { runtime, putSecret } = given()
    const version = await putSecret('shop', 'path', 'S3CR3T-p4ss')
    const spec = { ...emptySpec, image: TEST_IMAGE, command: [`/bin/${secretReference('path')}`], secrets: { path: version } }
    const fact = await runtime.start(freshRequest(given(), spec))
    expect(fact.state).toBe('refused')
    expect(JSON.stringify(fact)).not.toContain('S3CR3T')
    expect(fact.refusal!.message).toContain(secretReference('path'))
  })

  it('refuses as the fault of the revision what the engine can never do', async () => {
    const { runtime } = given()
    const impossible = [
      { resources: { cpus: 4_000 } },
      { resources: { memory: 1 } },
      { user: 'nobody-here' },
      { volumes: [{ type: 'volume' as const, source: 'longshore-test-not-there', target: '/v', readOnly: false, external: true }] },
      { networks: [{ name: 'longshore-test-not-there', aliases: [], external: true }] },
      { capAdd: ['NO_SUCH_CAP'] },
      { workingDir: 'relative' },
    ]
    for (const change of impossible) {
      const fact = await runtime.start(freshRequest(given(), { ...dockerPrograms.ticker(), ...change }))
      expect(fact, JSON.stringify(change)).toMatchObject({ state: 'refused', refusal: { kind: 'revision' } })
    }
  })

  it('E2: does not know the outcome when the engine is gone', async () => {
    const { open } = given()
    const gone = open({ docker: new Docker({ socketPath: '/nowhere/docker.sock' }) })
    const request = freshRequest(given(), dockerPrograms.ticker())
    await expect(gone.start(request)).rejects.toBeInstanceOf(OutcomeUnknown)
    await expect(gone.stop(request.id, { graceMs: 0 })).rejects.toBeInstanceOf(OutcomeUnknown)
    await expect(gone.lookup(request.id)).rejects.toBeInstanceOf(OutcomeUnknown)
    await expect(gone.list()).rejects.toBeInstanceOf(OutcomeUnknown)
    await expect(gone.resolve('nginx', emptySpec)).rejects.toMatchObject({ code: 'LS-ENGINE-UNREACHABLE' })
  })

  it('gives the container all that the spec says', async () => {
    const { docker, runtime, installation } = given()
    const request = freshRequest(given(), {
      ...dockerPrograms.ticker(),
      hostname: 'pilot',
      user: '65534:65534',
      workingDir: '/tmp',
      stopSignal: 'SIGINT',
      init: true,
      readOnly: true,
      capDrop: ['ALL'],
      labels: { team: 'harbour', 'longshore.task': 'a lie' },
      resources: { cpus: 0.5, memory: 64 * 1_048_576, memoryReservation: 32 * 1_048_576, pids: 100 },
      volumes: [{ type: 'tmpfs', target: '/scratch', readOnly: false, sizeBytes: 1_048_576 }],
      ports: [{ target: 53, protocol: 'udp', layer: 'tcp', published: 53 }],
    })
    const fact = await runtime.start(request)
    expect(fact.addresses!['53/udp']).toMatchObject({ host: '127.0.0.1' })
    const { Config: config, HostConfig: host } = await docker.getContainer(request.id).inspect()
    expect(config).toMatchObject({ Hostname: 'pilot', User: '65534:65534', WorkingDir: '/tmp', StopSignal: 'SIGINT' })
    expect(config.Env).toEqual(
      expect.arrayContaining([`LONGSHORE_TASK=web.${request.number}`, 'LONGSHORE_SERVICE=web', 'LONGSHORE_STACK=shop']),
    )
    expect(config.Labels).toMatchObject({
      team: 'harbour',
      'longshore.installation': installation,
      'longshore.stream': request.stream,
      'longshore.intent': String(request.intent),
      'longshore.task': `web.${request.number}`,
      'longshore.revision': '1',
      'longshore.stack': 'shop',
      'longshore.service': 'web',
    })
    expect(host).toMatchObject({
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      NanoCpus: 5e8,
      Memory: 67_108_864,
      MemoryReservation: 33_554_432,
      PidsLimit: 100,
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    })
    await runtime.stop(request.id, { graceMs: 1_000 })
  })

  it("M6: shows its tasks to Compose's own tools", async () => {
    const { docker, runtime } = given()
    const request = freshRequest(given(), dockerPrograms.ticker(), { stack: given().installation })
    await runtime.start(request)
    const label = [
      `com.docker.compose.project=${given().installation}`,
      'com.docker.compose.service=web',
      'com.docker.compose.oneoff=False',
    ]
    const [listed] = await docker.listContainers({ filters: { label } })
    expect(listed!.Names).toEqual([`/${request.id}`])
    expect(listed!.Labels).toMatchObject({ 'com.docker.compose.container-number': String(request.number) })
    expect(listed!.Labels['com.docker.compose.config-hash']).toMatch(/^[0-9a-f]{64}$/)
    await runtime.stop(request.id, { graceMs: 5_000 })
  })

  it('keeps a variable of 100,000 bytes whole', async () => {
    const { runtime } = given()
    const request = freshRequest(given(), shellSpec('printf %s "$V" | wc -c', { V: 'v'.repeat(100_000) }))
    await runtime.start(request)
    await ended(runtime, request.id)
    expect(await textsOf(runtime, request.id)).toEqual(['100000'])
  })
})
