import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KINDS } from '../../shared/domain/probe.ts'
import { type Installation, makeInstallation } from './installation.ts'
import { hanging, type Kind, probedSpec, type Shows, TIMEOUT, tell } from './probed-app.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

/** Each kind of probe in each state, side by side; what the router and the planner did with each. */
describe.each(RUNTIMES)('probes of every kind, on runtime %s', runtime => {
  const FIRST_PORT = runtime === 'docker' ? 19_250 : 19_260
  const portOf = (kind: Kind) => FIRST_PORT + KINDS.indexOf(kind)
  let home: Installation
  const state = mkdtempSync(join(tmpdir(), 'longshore-probed-'))
  beforeEach(async () => {
    await prepareRuntime(runtime)
    home = await makeInstallation({ runtime, port: 19_240 })
  })
  afterEach(() => home.dispose())
  afterAll(() => rmSync(state, { recursive: true, force: true }))

  const services = Object.fromEntries(
    KINDS.map(kind => [kind, { replicas: 1, spec: probedSpec(runtime, kind, { published: portOf(kind), state }) }]),
  )
  const service = async (kind: Kind) => (await home.api.status('states')).services.find(one => one.service === kind)!
  /** The router waits some seconds for a target before it says 503. */
  const routed = (kind: Kind) =>
    fetch(`http://127.0.0.1:${portOf(kind)}/page`, { signal: AbortSignal.timeout(30_000) }).then(
      ({ status }) => status,
      () => 0,
    )
  const answers = async () => Object.fromEntries(await Promise.all(KINDS.map(async kind => [kind, await routed(kind)] as const)))
  const all = (status: number) => Object.fromEntries(KINDS.map(kind => [kind, status]))
  const rests = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  const until = (kinds: readonly Kind[], available: number) =>
    home.api.until('states', status => kinds.every(kind => status.services.find(one => one.service === kind)!.available === available))
  const told = async (kind: Kind) =>
    (await home.api.events('states')).events
      .map(event => event.text)
      .filter(text => text.startsWith(`${kind}.1 `) && text.includes('probe'))

  it('starting, healthy, unhealthy, hanging, flapping and dead', { timeout: 240_000 }, async () => {
    const { api } = home
    await api.up({ name: 'states', services })
    const starting = await api.until(
      'states',
      status => status.services.length === 4 && status.services.every(one => one.tasks[0]?.state === 'running'),
      90_000,
    )
    const ids = Object.fromEntries(starting.services.map(one => [one.service, one.tasks[0]!.id])) as Record<Kind, string>
    const show = (asked: 'ready' | 'live', shows: Shows) => {
      for (const kind of KINDS) tell(runtime, state, ids[kind], asked, shows)
    }
    const isUntouched = async () => {
      for (const kind of KINDS) expect((await service(kind)).tasks.map(task => task.id)).toEqual([ids[kind]])
    }

    // starting: nothing is sent to it, and its liveness, which would fail, is not asked
    await rests(3_000)
    expect(await answers()).toEqual(all(503))
    for (const kind of KINDS) expect((await service(kind)).waitsFor.join(), kind).toContain('is not ready')
    await isUntouched()

    show('live', 'ok')
    show('ready', 'ok')
    await api.settled('states', 1)
    expect(await answers()).toEqual(all(200))

    // unhealthy: out of routing, and nothing else; until it is ready again
    show('ready', 'fail')
    await until(KINDS, 0)
    expect(await answers()).toEqual(all(503))
    await isUntouched()
    show('ready', 'ok')
    await until(KINDS, 1)
    expect(await answers()).toEqual(all(200))

    // hanging: each try ends at its timeout, one at a time; a program that hangs still takes connections, so TCP sees nothing
    const seeing = KINDS.filter(kind => kind !== 'tcp')
    show('ready', 'hang')
    await until(seeing, 0)
    let most = 0
    for (let look = 0; look < 15; look++) {
      most = Math.max(most, hanging(runtime, [ids.exec]))
      await rests(200)
    }
    expect(most).toBeLessThanOrEqual(1)
    expect(await answers()).toEqual({ ...all(503), tcp: 200 })
    await isUntouched()
    show('ready', 'ok')
    await until(KINDS, 1)

    // flapping below the threshold of two: nothing happens
    const before = await Promise.all(KINDS.map(told))
    show('ready', 'flap')
    await rests(4_000)
    expect(await answers()).toEqual(all(200))
    expect(await Promise.all(KINDS.map(told))).toEqual(before)
    show('ready', 'ok')

    // dead: replaced
    show('live', 'fail')
    await api.until('states', status =>
      status.services.every(one => one.tasks.some(task => task.id !== ids[one.service as Kind] && task.state === 'running')),
    )
    for (const { service: kind, tasks } of (await api.status('states')).services)
      ids[kind as Kind] = tasks.find(task => task.id !== ids[kind as Kind])!.id
    show('live', 'ok')
    show('ready', 'ok')
    await api.until('states', status => status.services.every(one => one.available === 1 && one.tasks.length === 1))
    expect(await answers()).toEqual(all(200))
    await isUntouched()

    for (const kind of KINDS) expect(await told(kind), kind).toEqual(storyOf(kind))
  })
})

const WHY: Readonly<Record<Kind, string>> = {
  exec: 'exit code 1',
  http: 'HTTP 503',
  tcp: 'the connection was closed at once',
  grpc: 'NOT_SERVING',
}

/** What the log says of the first task, whole. */
const storyOf = (kind: Kind): readonly string[] => {
  const isReady = `${kind}.1 is ready: its readiness probe passed`
  return [
    `${kind}.1 passed its startup probe`,
    isReady,
    `${kind}.1 failed its readiness probe: ${WHY[kind]}`,
    isReady,
    ...(kind === 'tcp' ? [] : [`${kind}.1 failed its readiness probe: no answer within ${TIMEOUT} ms`, isReady]),
    `${kind}.1 failed its liveness probe: ${WHY[kind]}`,
  ]
}
