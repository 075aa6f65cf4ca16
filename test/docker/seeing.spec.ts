import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import Docker from 'dockerode'
import { expect, it } from 'vitest'
import type { Seen } from '../../shared/domain/fact.ts'
import type { HealthCheck } from '../../shared/domain/spec.ts'
import { dockerPrograms, shellSpec } from '../contracts/docker-harness.ts'
import { eventually } from '../contracts/eventually.ts'
import { ended, freshRequest } from '../contracts/runtime-harness.ts'
import { describeWithEngine } from './with-engine.ts'

const check = (script: string, startPeriod: number): HealthCheck => ({
  test: ['CMD-SHELL', script],
  interval: 300,
  timeout: 2_000,
  retries: 1,
  startPeriod,
})

describeWithEngine('what is seen of a container', given => {
  /** Engine 20.10 decides by a race of two events of its own whether it says so; the limit must stand there either way. */
  const LACK = /^killed: out of memory \(limit 16 MB\)$|^killed by SIGKILL \(its memory limit is 16 MB\)$/

  it('tells an end by lack of memory, with the limit', async () => {
    const { runtime } = given()
    const told: Seen[] = []
    const watching = runtime.watch(seen => told.push(seen))
    try {
      const spec = { ...dockerPrograms.ticker(), command: ['tail', '/dev/zero'], resources: { memory: 16 * 1_048_576 } }
      const request = freshRequest(given(), spec)
      await runtime.start(request)
      const fact = await ended(runtime, request.id, 20_000)
      expect(fact.exit).toMatchObject({ code: 137, reason: expect.stringMatching(LACK) })
      const seen = await eventually('the watch tells it', () => told.find(one => one.id === request.id && one.state === 'stopped'))
      expect(seen.exit).toMatchObject({ code: 137, reason: expect.stringMatching(LACK) })
    } finally {
      watching.close()
    }
  })

  it('tells each change of health once, each later than the one before', async () => {
    const { runtime, docker } = given()
    const told: Seen[] = []
    const watching = runtime.watch(seen => told.push(seen))
    try {
      const request = freshRequest(given(), {
        ...shellSpec('sleep 1; touch /tmp/ok; while :; do sleep 1; done'),
        healthcheck: check('test -e /tmp/ok', 10_000),
      })
      expect(await runtime.start(request)).toMatchObject({ state: 'running', health: 'starting' })
      const healthy = await eventually('it is told healthy', () => told.find(seen => seen.id === request.id && seen.health === 'healthy'))
      const facts = await Promise.all([runtime.lookup(request.id), runtime.lookup(request.id)])
      expect(facts.map(fact => fact!.seen)).toEqual([healthy.seen, healthy.seen])
      const probes = (await docker.getContainer(request.id).inspect()).State.Health!.Log.length
      await eventually(
        'two more probes',
        async () => (await docker.getContainer(request.id).inspect()).State.Health!.Log.length >= Math.min(5, probes + 2),
      )
      // L11: probes that change nothing are no news.
      expect((await runtime.lookup(request.id))!.seen).toBe(healthy.seen)
      expect((await runtime.list()).find(seen => seen.id === request.id)).toMatchObject({ health: 'healthy', seen: healthy.seen })
      await exec(docker, request.id, ['rm', '/tmp/ok'])
      const unhealthy = await eventually('it is told unhealthy', () =>
        told.find(seen => seen.id === request.id && seen.health === 'unhealthy'),
      )
      expect(unhealthy.seen).toBeGreaterThan(healthy.seen)
      expect(told.filter(seen => seen.id === request.id).map(seen => seen.health)).toEqual(
        [...told.filter(seen => seen.id === request.id).map(seen => seen.health)].sort(byCourse),
      )
      await runtime.stop(request.id, { graceMs: 0 })
    } finally {
      watching.close()
    }
  })

  it('tells deaths, and tells the grace period apart from a kill', async () => {
    const { runtime, kill } = given()
    const told: Seen[] = []
    const watching = runtime.watch(seen => told.push(seen))
    const end = (id: string) => eventually('its end is told', () => told.find(seen => seen.id === id && seen.state === 'stopped'))
    try {
      for (let round = 0; round < 5; round++) {
        const request = freshRequest(given(), dockerPrograms.server())
        await runtime.start(request)
        await kill(request.id)
        expect((await end(request.id)).exit).toMatchObject({ code: 137 })
      }
      const stubborn = freshRequest(given(), dockerPrograms.stubborn())
      await runtime.start(stubborn)
      await runtime.stop(stubborn.id, { graceMs: 1_000 })
      expect((await end(stubborn.id)).exit).toMatchObject({ code: 137, reason: 'killed after its grace period of 1 s' })
    } finally {
      watching.close()
    }
  })

  it('M6: goes on after a lost connection, with what happened meanwhile', async () => {
    const { open, runtime, dataFolder } = given()
    const engine = await breakable(join(dataFolder, 'engine.sock'))
    const told: Seen[] = []
    const watching = open({ docker: new Docker({ socketPath: engine.path }) }).watch(seen => told.push(seen))
    try {
      const before = freshRequest(given(), dockerPrograms.ticker())
      await runtime.start(before)
      await eventually('the first is told', () => told.some(seen => seen.id === before.id && seen.state === 'running'))
      await engine.cut()
      const meanwhile = freshRequest(given(), dockerPrograms.ticker())
      await runtime.start(meanwhile)
      await runtime.stop(before.id, { graceMs: 5_000 })
      await ended(runtime, before.id)
      await engine.mend()
      await eventually('the end of the first is told', () => told.some(seen => seen.id === before.id && seen.state === 'stopped'))
      await eventually('the second is told', () => told.some(seen => seen.id === meanwhile.id && seen.state === 'running'))
      await runtime.stop(meanwhile.id, { graceMs: 5_000 })
      await eventually('what comes later is told too', () => told.some(seen => seen.id === meanwhile.id && seen.state === 'stopped'))
    } finally {
      watching.close()
      await engine.cut()
    }
  })

  it('asks for details only of what is new or has changed since the last list', async () => {
    const { open, runtime, docker } = given()
    const requests = [1, 2, 3].map(() => freshRequest(given(), dockerPrograms.ticker()))
    await Promise.all(requests.map(request => runtime.start(request)))
    const inspected: string[] = []
    const counting = new Docker()
    const dial = counting.modem.dial.bind(counting.modem)
    counting.modem.dial = (options, callback) => {
      if (/\/json\?$/.test(options.path) || options.path.endsWith('/json')) inspected.push(options.path)
      dial(options, callback)
    }
    const second = open({ docker: counting })
    await second.list()
    const first = inspected.splice(0).length
    expect(first).toBeGreaterThan(3)
    const again = await second.list()
    expect(inspected.splice(0).length).toBe(1)
    expect(again.filter(seen => requests.some(({ id }) => id === seen.id)).map(({ state }) => state)).toEqual([
      'running',
      'running',
      'running',
    ])
    await runtime.stop(requests[0]!.id, { graceMs: 5_000 })
    await ended(runtime, requests[0]!.id)
    expect((await second.list()).find(({ id }) => id === requests[0]!.id)).toMatchObject({ state: 'stopped' })
    expect(inspected.length).toBe(2)
    await Promise.all(requests.map(({ id }) => runtime.stop(id, { graceMs: 5_000 })))
    expect((await docker.ping()).toString()).toBe('OK')
  })
})

const COURSE = ['starting', 'healthy', 'unhealthy']
const byCourse = (a = '', b = ''): number => COURSE.indexOf(a) - COURSE.indexOf(b)

async function exec(docker: Docker, id: string, command: string[]): Promise<void> {
  const made = await docker.getContainer(id).exec({ Cmd: command })
  await made.start({ Detach: true })
}

/** A way to the engine that can be cut. */
async function breakable(path: string) {
  const open = new Set<Socket>()
  let server = await listen()
  function listen() {
    const made = createServer(client => {
      const engine = connect('/var/run/docker.sock')
      for (const socket of [client, engine]) {
        open.add(socket)
        socket
          .on('error', () => undefined)
          .on('close', () => {
            open.delete(socket)
            client.destroy()
            engine.destroy()
          })
      }
      client.pipe(engine).pipe(client)
    })
    return new Promise<typeof made>(resolve => made.listen(path, () => resolve(made)))
  }
  return {
    path,
    cut: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
    mend: async () => {
      server = await listen()
    },
  }
}
