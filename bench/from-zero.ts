import { setTimeout as pause } from 'node:timers/promises'
import { tryAnswer } from './client.ts'
import { openDockerHome, openEngine, rawTask, removeAll, specOn } from './engine.ts'
import { type Bench, inRounds, median, paired, timed } from './figure.ts'
import type { Home } from './home.ts'
import { until } from './until.ts'

const PORT = 18_810
const ROUNDS = 7
const STACK = 'sleeper'
/** As short as the test of scaling to zero has it; how long falling asleep takes is not measured. */
const WINDOW_MS = 2_000
const IDLE_MS = 3_000
const QUIET_MS = 400

/** The first request to a service without a task, until it is answered: held, demanded, scaled, started, routed. */
export const fromZero: Bench = {
  name: 'from-zero',
  does: 'first request to a sleeping service → answered, against a raw container that answers',
  run: async () => {
    const engine = await openEngine()
    const home = await openDockerHome(engine.docker, 17_890, { requestWindowMs: WINDOW_MS })
    try {
      await home.client.up({ name: STACK, services: { web: { replicas: 1, spec: sleepy() } } })
      await home.client.settled(STACK)
      const ours = async () => {
        await asleep(home)
        return timed(async () => {
          if ((await tryAnswer(PORT)) === undefined) throw new Error('the first request was not answered')
        })
      }
      const floor = async () => {
        const made: Awaited<ReturnType<typeof rawTask>>[] = []
        const ms = await timed(async () => made.push(await rawTask(engine.docker)))
        await removeAll(made)
        await pause(QUIET_MS)
        return ms
      }
      const pairs = await inRounds(ROUNDS, ours, floor)
      const over = Math.round(median(pairs.map(pair => pair.ours - pair.floor)))
      const note = `${ROUNDS} rounds; median of the rounds' own differences: ${over} ms; the request waits in the router meanwhile`
      return { figures: [paired('first request → answered', 'ms', pairs, { note })], traces: [] }
    } finally {
      await home.close()
      await engine.close()
    }
  },
}

const sleepy = () => ({
  ...specOn(PORT),
  scale: {
    min: 1,
    max: 2,
    targets: [{ metric: { kind: 'requests' as const }, target: 1_000 }],
    idle: { after: IDLE_MS, most: 100, waitMs: 30_000 },
  },
})

/** Lets the periods of autoscaling pass faster than the host's own schedule, until the last task is gone. */
async function asleep(home: Home): Promise<void> {
  await until(
    `${STACK} sleeps`,
    async () => {
      await home.invoke('autoscale', '{}')
      const { services } = await home.client.status(STACK)
      return services[0]!.desired === 0 && services[0]!.tasks.length === 0
    },
    500,
  )
  await pause(QUIET_MS)
}
