import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FUNCTION_TABLE } from '../../infra/function-table.ts'
import { invokeInProcess } from '../../infra/local/handlers.ts'
import type { Invoke } from '../../infra/local/queue.ts'
import type { ScalePolicy } from '../../shared/domain/scale-policy.ts'
import { appSpec, type Installation, makeInstallation } from './installation.ts'
import { startPacedLoad } from './paced-load.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

/** The real periods, 15 s and 30 s, made short: a window of two periods, as at home. */
const PERIOD_MS = 2_000
const WINDOW_MS = 4_000

/** A host whose periods a test lets pass itself: the schedule of the table is too slow for one. */
async function openHome(runtime: 'process' | 'docker', port: number) {
  await prepareRuntime(runtime)
  const late: { invoke?: Invoke } = {}
  const home = await makeInstallation({
    runtime,
    port,
    requestWindowMs: WINDOW_MS,
    invoker: ports => {
      late.invoke = invokeInProcess(FUNCTION_TABLE, ports)
      return late.invoke
    },
  })
  const scaleNow = async () => void (await late.invoke!('autoscale', '{}'))
  return { home, scaleNow }
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const stackOf = (name: string, published: number, scale: ScalePolicy, replicas = 1) => ({
  name,
  services: { web: { replicas, spec: appSpec({ published, scale, update: { monitor: 0 } }) } },
})
const requestsPerTask = (target: number) => [{ metric: { kind: 'requests' as const }, target }]

async function scalesOf(home: Installation, stack: string) {
  const { events } = await home.api.events(stack)
  return events.filter(event => event.type === 'ScaleSet')
}
const replicasOf = async (home: Installation, stack: string) => (await home.api.status(stack)).services[0]!.desired

describe('a load ramp, on processes', () => {
  let home: Installation
  let scaleNow: () => Promise<void>
  beforeEach(async () => {
    const opened = await openHome('process', 19_300)
    home = opened.home
    scaleNow = opened.scaleNow
  }, 60_000)
  afterEach(() => home.dispose())

  /** A period as it was: the replicas after it, and what the load that was really sent lets them be. A busy machine sends another one than was asked for. */
  type Seen = { readonly replicas: number; readonly least: number; readonly most: number }
  const within = (count: number) => Math.min(8, Math.max(1, count))

  it('replicas follow a requests-per-task target up at once, stay under ±10 % noise, and come down after the window', {
    timeout: 120_000,
  }, async () => {
    const down = { stabilization: 3 * PERIOD_MS }
    await home.api.up(stackOf('ramp', 19_301, { min: 1, max: 8, targets: requestsPerTask(20), down }))
    await home.api.settled('ramp', 1)
    const load = startPacedLoad('http://127.0.0.1:19301/')
    const seen: Seen[] = []
    const periods = async (count: number) => {
      for (let index = 0; index < count; index++) {
        await pause(PERIOD_MS)
        const before = load.rateOver(WINDOW_MS)
        await scaleNow()
        const after = load.rateOver(WINDOW_MS)
        // ceil(rate / target), but for the tolerance of 10 % and what is on its way between client and router
        const least = within(Math.floor(Math.min(before, after) / 22))
        seen.push({ replicas: await replicasOf(home, 'ramp'), least, most: within(Math.ceil(Math.max(before, after) / 20) + 1) })
      }
    }
    try {
      load.rate = 15
      await periods(2)
      load.rate = 70
      await periods(3)
      load.noise = 0.1
      await periods(4)
      load.rate = 25
      await periods(8)
    } finally {
      await load.stop()
    }
    console.log(
      `ramp: ${load.sent} requests, ${load.failed.length} failed, ${seen.map(one => `${one.least}≤${one.replicas}≤${one.most}`).join(' ')}`,
    )
    expect(load.failed).toEqual([])
    for (const [index, { replicas }] of seen.entries()) {
      // The window for scaling down is three periods long: what one of them advised is kept, and longer than the next two nothing is.
      expect(replicas, `period ${index}`).toBeGreaterThanOrEqual(
        Math.max(...seen.slice(Math.max(0, index - 1), index + 1).map(one => one.least)),
      )
      expect(replicas, `period ${index}`).toBeLessThanOrEqual(
        Math.max(...seen.slice(Math.max(0, index - 4), index + 1).map(one => one.most)),
      )
    }
    const top = Math.max(...seen.map(one => one.replicas))
    expect(top).toBeGreaterThan(seen[0]!.replicas)
    expect(seen.at(-1)!.replicas).toBeLessThan(top)
  })
})

describe.each(RUNTIMES)('scale to zero, on runtime %s', runtime => {
  const [hostPort, published] = runtime === 'process' ? [19_310, 19_311] : [19_320, 19_321]
  let home: Installation
  let scaleNow: () => Promise<void>
  beforeEach(async () => {
    const opened = await openHome(runtime, hostPort!)
    home = opened.home
    scaleNow = opened.scaleNow
  }, 60_000)
  afterEach(() => home.dispose())

  const idle = { after: 3_000, most: 100, waitMs: 30_000 }
  const url = `http://127.0.0.1:${published}/`
  const asleep = () => home.api.until('zero', status => status.services[0]!.tasks.length === 0, 30_000)
  const untilAsleep = async () => {
    for (let i = 0; i < 15 && (await replicasOf(home, 'zero')) > 0; i++) {
      await pause(PERIOD_MS)
      await scaleNow()
    }
    await asleep()
  }

  it('idle → 0; the first request is answered; 50 first requests at once: none lost, one scale command; idle → 0 again', {
    timeout: 180_000,
  }, async () => {
    await home.api.up(stackOf('zero', published!, { min: 1, max: 3, targets: requestsPerTask(1_000), idle }))
    await home.api.settled('zero', 1)
    await untilAsleep()

    const first = await fetch(url)
    expect([first.status, ((await first.json()) as { task: string }).task]).toEqual([200, expect.stringMatching(/^web\./)])
    await untilAsleep()

    const before = (await scalesOf(home, 'zero')).length
    const began = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const answer = await fetch(url, { method: 'POST', body: 'x'.repeat(index) })
        return `${answer.status} ${((await answer.json()) as { bytes: number }).bytes}`
      }),
    )
    console.log(`${runtime}: 50 first requests answered in ${Math.round(performance.now() - began)} ms`)
    expect(answers).toEqual(Array.from({ length: 50 }, (_, index) => `200 ${index}`))
    expect((await scalesOf(home, 'zero')).length - before).toBe(1)
    await untilAsleep()
    const sets = (await scalesOf(home, 'zero')).map(event => event.text)
    console.log(sets.join('\n'))
    expect(sets).toHaveLength(5)
    const lines = readFileSync(join(home.folder, 'access.log'), 'utf8').trim().split('\n')
    expect(lines.filter(line => (JSON.parse(line) as { status: number }).status !== 200)).toEqual([])
  })
})
