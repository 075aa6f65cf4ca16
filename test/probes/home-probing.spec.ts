import { describe, expect, it } from 'vitest'
import { createHomeProbing } from '../../shared/adapters/probe/home-probing.ts'
import type { Tried } from '../../shared/adapters/probe/tried.ts'
import type { Seen } from '../../shared/domain/fact.ts'
import { PROBE_DEFAULTS, type Probe } from '../../shared/domain/probe.ts'
import type { ProbedTask } from '../../shared/ports/probing.ts'

/** A clock that moves only when told, with its timers. */
function makeWorld() {
  const timers: { at: number; run: () => void }[] = []
  const told: Seen[] = []
  const tries: string[] = []
  /** By the probe's tcp port: what it shows, or a promise to wait for. */
  const shows = new Map<number, Tried | undefined | Promise<Tried>>()
  const time = { now: 1_000, exit: 0 }
  const world = {
    told,
    tries,
    shows,
    time,
    said: (): unknown[] => told.map(({ probe, health }) => (probe ? `${probe.name} ${probe.passed ? 'passed' : 'failed'}` : health)),
    async pass(ms: number) {
      for (const end = time.now + ms; ; ) {
        for (let turn = 0; turn < 10; turn++) await Promise.resolve()
        const next = timers.sort((a, b) => a.at - b.at)[0]
        if (!next || next.at > end) {
          time.now = end
          return
        }
        timers.shift()
        time.now = Math.max(time.now, next.at)
        next.run()
      }
    },
    probing: createHomeProbing({
      secrets: { get: async () => undefined },
      execute: async () => ({ code: time.exit, output: '' }),
      now: () => time.now,
      onSeen: seen => told.push(seen),
      later: (ms, run) => {
        const timer = { at: time.now + ms, run }
        timers.push(timer)
        return { cancel: () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1)) }
      },
      attempt: async (_task, probe) => {
        tries.push(`${probe.tcp!.port}@${time.now}`)
        return await shows.get(probe.tcp!.port)
      },
    }),
  }
  return world
}
const probe = (port: number, more: Partial<Probe> = {}): Probe => ({ ...PROBE_DEFAULTS, period: 1_000, tcp: { port }, ...more })
const task = (more: Partial<ProbedTask> = {}): ProbedTask => ({
  id: 'web-1',
  intent: 3,
  seen: 7,
  startedAt: 1_000,
  addresses: {},
  probes: {},
  ...more,
})
const passed: Tried = { passed: true }
const failed: Tried = { passed: false, why: 'HTTP 503' }

describe('probing at home', () => {
  it('L11: tells a verdict when it changes, and nothing of what stays as it is', async () => {
    const world = makeWorld()
    world.shows.set(1, passed)
    await world.probing.hold('service/shop/web', 1, [task({ probes: { readiness: probe(1) } })])
    await world.pass(60_000)
    expect(world.told).toEqual([
      {
        stream: 'service/shop/web',
        intent: 3,
        id: 'web-1',
        state: 'running',
        seen: 7,
        probe: { name: 'readiness', passed: true, order: 1_000 },
      },
    ])
    world.shows.set(1, failed)
    await world.pass(60_000)
    world.shows.set(1, passed)
    await world.pass(60_000)
    expect(world.said()).toEqual(['readiness passed', 'readiness failed', 'readiness passed'])
    expect(world.told[1]!.probe).toMatchObject({ why: 'HTTP 503', order: 64_000 })
  })

  it('startup gates the others, and decides once', async () => {
    const world = makeWorld()
    world.shows.set(1, failed).set(2, passed).set(3, failed)
    const probes = { startup: probe(1, { failureThreshold: 10 }), readiness: probe(2), liveness: probe(3) }
    await world.probing.hold('s', 1, [task({ probes })])
    await world.pass(5_000)
    expect(world.tries.every(one => one.startsWith('1@'))).toBe(true)
    world.shows.set(1, passed)
    await world.pass(10_000)
    expect(world.said()).toEqual(['startup passed', 'readiness passed', 'liveness failed'])
    expect(world.tries.filter(one => one.startsWith('1@'))).toHaveLength(7)
  })

  it('a startup probe that fails replaces the task, and the others are never tried', async () => {
    const world = makeWorld()
    world.shows.set(1, failed).set(2, passed)
    await world.probing.hold('s', 1, [task({ probes: { startup: probe(1), readiness: probe(2) } })])
    await world.pass(20_000)
    expect(world.said()).toEqual(['startup failed'])
    expect(world.tries).toHaveLength(3)
  })

  it('one try at a time, at its period, after its delay', async () => {
    const world = makeWorld()
    let release = (_: Tried): void => {}
    world.shows.set(1, new Promise<Tried>(resolve => (release = resolve)))
    await world.probing.hold('s', 1, [task({ probes: { liveness: probe(1, { initialDelay: 2_500 }) } })])
    await world.pass(30_000)
    expect(world.tries).toEqual(['1@3500'])
    world.shows.set(1, passed)
    release(passed)
    await world.pass(2_500)
    expect(world.tries).toEqual(['1@3500', '1@31000', '1@32000', '1@33000'])
  })

  it('what could not be tried counts for nothing', async () => {
    const world = makeWorld()
    world.shows.set(1, undefined)
    await world.probing.hold('s', 1, [task({ probes: { liveness: probe(1) } })])
    await world.pass(60_000)
    expect(world.told).toEqual([])
    expect(world.tries.length).toBeGreaterThan(50)
  })

  it('a new host goes on with what the log knows: no verdict twice, no startup again', async () => {
    const world = makeWorld()
    world.shows.set(1, passed).set(2, passed)
    const known = { order: 900_000, startup: true, readiness: true }
    await world.probing.hold('s', 1, [task({ probes: { startup: probe(1), readiness: probe(2) }, known })])
    await world.pass(20_000)
    expect([world.told, world.tries.filter(one => one.startsWith('1@'))]).toEqual([[], []])
    world.shows.set(2, failed)
    await world.pass(20_000)
    expect(world.told.map(seen => seen.probe)).toEqual([{ name: 'readiness', passed: false, order: 900_001, why: 'HTTP 503' }])
  })

  it('E6: a verdict that got lost on its way is told again when the log still says otherwise', async () => {
    const world = makeWorld()
    world.shows.set(1, passed)
    const probed = task({ probes: { readiness: probe(1) } })
    await world.probing.hold('s', 1, [probed])
    await world.pass(100)
    await world.probing.hold('s', 2, [probed])
    expect(world.said()).toEqual(['readiness passed', 'readiness passed'])
    expect(world.told[1]!.probe!.order).toBeGreaterThan(world.told[0]!.probe!.order)
    await world.probing.hold('s', 3, [task({ probes: { readiness: probe(1) }, known: { order: 5_000, readiness: true } })])
    expect(world.told).toHaveLength(2)
  })

  it('E4: a set that is handed over late is ignored, and what is not in the newest is probed no more', async () => {
    const world = makeWorld()
    world.shows.set(1, passed)
    const probed = task({ probes: { readiness: probe(1) } })
    await world.probing.hold('s', 5, [])
    await world.probing.hold('s', 4, [probed])
    await world.pass(5_000)
    expect(world.tries).toEqual([])
    await world.probing.hold('s', 6, [probed])
    await world.pass(500)
    await world.probing.hold('s', 7, [])
    await world.pass(10_000)
    expect(world.tries).toHaveLength(1)
  })

  it('a clock that is set back holds no try up', async () => {
    const world = makeWorld()
    world.shows.set(1, passed)
    await world.probing.hold('s', 1, [task({ startedAt: 90_000_000, probes: { readiness: probe(1, { initialDelay: 1_000 }) } })])
    await world.pass(3_000)
    expect(world.tries).toEqual(['1@2000', '1@3000', '1@4000'])
  })
})

describe('a container check that is run from here', () => {
  const healthcheck = { test: ['CMD', 'x'], interval: 2_000, timeout: 1_000, retries: 1, startPeriod: 2_000, startInterval: 30_000 }
  it('field case 11: unhealthy within start period + interval, though its start interval is 30 s', async () => {
    const world = makeWorld()
    world.time.exit = 1
    await world.probing.hold('s', 1, [task({ healthcheck })])
    await world.pass(3_999)
    expect(world.said()).toEqual(['starting'])
    await world.pass(1)
    expect(world.said()).toEqual(['starting', 'unhealthy'])
  })
  it('is healthy as soon as it passes, and goes on from what the log knows', async () => {
    const world = makeWorld()
    await world.probing.hold('s', 1, [task({ healthcheck: { ...healthcheck, startInterval: 200 } })])
    await world.pass(300)
    expect(world.said()).toEqual(['starting', 'healthy'])
    const later = makeWorld()
    await later.probing.hold('s', 1, [task({ healthcheck, health: 'healthy' })])
    await later.pass(10_000)
    expect(later.told).toEqual([])
  })
})
