import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Seen } from '../../shared/domain/fact.ts'
import { countProbe, freshHealth, nextProbeAt, probeCommand } from '../../shared/domain/health-check.ts'
import type { HealthCheck } from '../../shared/domain/spec.ts'
import { eventually } from '../contracts/eventually.ts'
import { freshRequest } from '../contracts/runtime-harness.ts'
import { makeWorld, processesOf, scripted } from './process-world.ts'

const world = makeWorld()
afterAll(() => world.close())
const runtime = world.open()

const check = (changes: Partial<HealthCheck>): HealthCheck => ({
  test: ['CMD', 'true'],
  interval: 2_000,
  timeout: 2_000,
  retries: 1,
  startPeriod: 0,
  ...changes,
})

describe('counting probes', () => {
  it('is unhealthy after so many failures in a row, and healthy after one success', () => {
    const wanted = check({ retries: 3 })
    let count = freshHealth
    const told = [false, false, true, false, false, false, false, true].map(passed => {
      count = countProbe(count, wanted, passed, 0)
      return count.health
    })
    expect(told).toEqual(['starting', 'starting', 'healthy', 'healthy', 'healthy', 'unhealthy', 'unhealthy', 'healthy'])
  })

  it('does not count failures of probes begun within the start period, until one has passed', () => {
    const wanted = check({ startPeriod: 1_000 })
    expect(countProbe(freshHealth, wanted, false, 999).health).toBe('starting')
    expect(countProbe(freshHealth, wanted, false, 1_000).health).toBe('unhealthy')
    const healthy = countProbe(freshHealth, wanted, true, 10)
    expect(countProbe(healthy, wanted, false, 20).health).toBe('unhealthy')
  })

  it('case 11: the start interval is never waited out past the start period', () => {
    const wanted = check({ startPeriod: 2_000, startInterval: 30_000 })
    expect(nextProbeAt(freshHealth, wanted, 0)).toBe(4_000)
    expect(nextProbeAt(freshHealth, check({ startPeriod: 60_000, startInterval: 500 }), 1_000)).toBe(1_500)
    expect(nextProbeAt(freshHealth, check({ startPeriod: 60_000, interval: 30_000 }), 0)).toBe(5_000)
    expect(nextProbeAt({ health: 'healthy', failures: 0 }, wanted, 100)).toBe(2_100)
    expect(nextProbeAt(freshHealth, check({ interval: 0 }), 0)).toBe(30_000)
  })

  it('reads the three forms of a test', () => {
    expect(probeCommand(['CMD', 'curl', '-f', 'x'])).toEqual(['curl', '-f', 'x'])
    expect(probeCommand(['CMD-SHELL', 'exit 1'])).toEqual(['/bin/sh', '-c', 'exit 1'])
    expect(probeCommand(['NONE'])).toBeUndefined()
    expect(probeCommand(['CMD'])).toBeUndefined()
  })
})

describe('health of processes', () => {
  const started = async (script: string, healthcheck: HealthCheck) => {
    const request = freshRequest(world.options, scripted(script, { healthcheck, expose: [{ target: 80, protocol: 'tcp' }] }))
    return { id: request.id, fact: await runtime.start(request) }
  }
  const becomes = (id: string, health: string) =>
    eventually(`it is ${health}`, async () => {
      const fact = await runtime.lookup(id)
      return fact?.health === health && fact
    })

  it('begins as starting, and each change is a later fact that the watch tells', async () => {
    const told: Seen[] = []
    const watching = runtime.watch(seen => told.push(seen))
    try {
      const ok = join(world.folder, 'ok')
      const test = ['CMD-SHELL', `test -n "$PORT" && test -e ${ok}`]
      const { id, fact } = await started('exec sleep 60', check({ test, interval: 50, timeout: 10_000, retries: 2 }))
      const hears = (health: string) =>
        eventually(`it is told as ${health}`, () => told.filter(seen => seen.id === id).at(-1)?.health === health)
      expect(fact.health).toBe('starting')
      await hears('unhealthy')
      writeFileSync(ok, '')
      await hears('healthy')
      rmSync(ok)
      await hears('unhealthy')
      const mine = told.filter(seen => seen.id === id)
      expect(mine.map(seen => seen.health)).toEqual(['starting', 'unhealthy', 'healthy', 'unhealthy'])
      expect(mine.map(seen => seen.seen)).toEqual(mine.map(seen => seen.seen).sort((a, b) => a - b))
      expect(new Set(mine.map(seen => seen.seen)).size).toBe(4)
      await runtime.stop(id, { graceMs: 0 })
    } finally {
      watching.close()
    }
  })

  it('case 11: a check that always fails is unhealthy within start period + interval', async () => {
    const test = ['CMD', 'false']
    const at = performance.now()
    const { id } = await started('exec sleep 60', check({ test, startPeriod: 1_000, startInterval: 30_000, interval: 1_000 }))
    const fact = await becomes(id, 'unhealthy') // long before the 30 s of its start interval
    expect(fact.state).toBe('running')
    expect(performance.now() - at).toBeGreaterThan(1_000)
    await runtime.stop(id, { graceMs: 0 })
  })

  it('case 25: at most one probe at a time; one that hangs is killed with all it started and counts as a failure', async () => {
    const test = ['CMD-SHELL', 'sleep 3601 & sleep 3602']
    const { id } = await started('exec sleep 60', check({ test, interval: 100, timeout: 200, retries: 3 }))
    let most = 0
    // On a busy machine a probe may be killed before its program has begun, so it is watched until one was seen.
    await eventually('it is unhealthy, and a probe was seen', async () => {
      most = Math.max(most, processesOf(id).filter(one => one.cmdline.startsWith('sleep\u00003602')).length)
      return most > 0 && (await runtime.lookup(id))?.health === 'unhealthy'
    })
    expect(most).toBe(1)
    await eventually('no probe is left between two', () => processesOf(id).length === 1)
    await runtime.stop(id, { graceMs: 0 })
    await eventually('nothing is left', () => processesOf(id).length === 0)
  })

  it('a probe whose program is missing is a failure, not an error', async () => {
    const { id } = await started('exec sleep 60', check({ test: ['CMD', 'no-such-probe'], interval: 50 }))
    await becomes(id, 'unhealthy')
    expect(await runtime.lookup(id)).toMatchObject({ state: 'running' })
    await runtime.stop(id, { graceMs: 0 })
  })

  it('NONE is no check', async () => {
    const { id, fact } = await started('exec sleep 60', check({ test: ['NONE'] }))
    expect(fact).not.toHaveProperty('health')
    await runtime.stop(id, { graceMs: 0 })
  })
})
