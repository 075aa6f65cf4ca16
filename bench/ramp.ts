import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { appSpec } from '../test/end-to-end/installation.ts'
import { startPacedLoad } from '../test/end-to-end/paced-load.ts'
import { type Home, openHome } from './home.ts'
import { type RampPoint, rampChart } from './ramp-chart.ts'

/** node bench/ramp.ts: a service on processes under a load that rises, stays and falls; writes docs/autoscaling-ramp.svg. */

const PORT = 18_820
const STACK = 'ramp'
const TARGET = 20
const MAX = 8
/** A fifth of the real ones, 15 s and 30 s: two periods to a window, as at home. */
const PERIOD_MS = 3_000
const WINDOW_MS = 2 * PERIOD_MS
const DOWN_MS = 5 * PERIOD_MS
const SAMPLE_MS = 500
/** The load itself is measured over a shorter time than the router's, so that its noise is seen. */
const SEEN_MS = 1_500

/** Requests a second in each period. */
const LOADS = [
  ...Array<number>(4).fill(15),
  ...Array.from({ length: 8 }, (_, index) => 15 + (index + 1) * 13),
  ...Array<number>(12).fill(119),
  ...[95, 70, 45],
  ...Array<number>(15).fill(25),
]
/** Up to ±10 %, another one in each period, the same in each run. */
const noisy = (load: number, period: number) => load * (1 + 0.2 * (((period * 0.618_033_988_75) % 1) - 0.5))

async function run(home: Home): Promise<void> {
  const scale = {
    min: 1,
    max: MAX,
    targets: [{ metric: { kind: 'requests' as const }, target: TARGET }],
    down: { stabilization: DOWN_MS },
  }
  const spec = appSpec({ published: PORT, scale, update: { monitor: 0 } })
  await home.client.up({ name: STACK, services: { web: { replicas: 1, spec } } })
  await home.client.settled(STACK)
  const load = startPacedLoad(`http://127.0.0.1:${PORT}/`)
  const points: RampPoint[] = []
  const began = performance.now()
  for (const [period, wanted] of LOADS.entries()) {
    load.rate = noisy(wanted, period)
    for (const until = began + (period + 1) * PERIOD_MS; performance.now() < until; await pause(SAMPLE_MS))
      points.push(await look(home, (performance.now() - began) / 1_000, load.rateOver(SEEN_MS)))
    await home.invoke('autoscale', '{}')
  }
  await load.stop()
  const changes = points.filter((point, index) => index > 0 && point.desired !== points[index - 1]!.desired).length
  const caption = `${load.sent.toLocaleString('en-US')} requests, ${load.failed.length} failed; the count changed ${changes} times. Periods of ${PERIOD_MS / 1_000} s, a window of ${DOWN_MS / 1_000} s before fewer; noise up to ±10 % throughout.`
  const title = `Tasks follow ${TARGET} requests a second of each, at most ${MAX} tasks`
  writeFileSync(new URL('../docs/autoscaling-ramp.svg', import.meta.url), rampChart({ points, target: TARGET, max: MAX, title, caption }))
  console.log(`${caption}\nwanted: ${points.map(point => point.desired).join(' ')}`)
}

async function look(home: Home, at: number, offered: number): Promise<RampPoint> {
  const { desired, tasks } = (await home.client.status(STACK)).services[0]!
  return { at, offered, desired, ready: tasks.filter(({ state }) => state === 'ready' || state === 'available').length }
}

const home = await openHome('process', 17_900, { requestWindowMs: WINDOW_MS })
await run(home).finally(home.close)
