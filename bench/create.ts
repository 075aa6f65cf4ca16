import type { StackSpec } from '../shared/domain/spec.ts'
import { emptySpec } from '../shared/domain/spec.ts'
import { tryAnswer } from './client.ts'
import { COMMAND, IMAGE, NETWORK, openEngine, rawTasks, removeAll } from './engine.ts'
import { type Bench, type Figure, inRounds, paired, timed } from './figure.ts'
import { type Home, openHome } from './home.ts'
import { until } from './until.ts'

const PORT = 18_800
const ROUNDS = { 1: 7, 5: 5, 20: 3 } as const

/** `up` of a new stack until all its tasks are routed and the published port answers, against raw containers that answer. */
export const create: Bench = {
  name: 'create',
  does: 'create → answering through the router, against raw concurrent create and start',
  run: async () => {
    const engine = await openEngine()
    const home = await openHome('docker', 17_880)
    const routed = new Map<string, number>()
    home.onRoutes((stream, { targets }) => void routed.set(stream, targets.length))
    try {
      const figures: Figure[] = []
      for (const [count, rounds] of Object.entries(ROUNDS)) figures.push(await measure(home, engine.docker, routed, Number(count), rounds))
      return { figures, traces: [] }
    } finally {
      await home.close()
      await engine.close()
    }
  },
}

let stacks = 0

async function measure(
  home: Home,
  docker: Parameters<typeof rawTasks>[0],
  routed: ReadonlyMap<string, number>,
  count: number,
  rounds: number,
): Promise<Figure> {
  const ours = async () => {
    const name = `bench${++stacks}`
    const ms = await timed(async () => {
      await home.client.up(stackOf(name, count))
      await until(`${name} is routed`, () => (routed.get(`service/${name}/web`) ?? 0) >= count, 2)
      await until(`${name} answers`, () => tryAnswer(PORT), 2)
    })
    await home.client.settled(name)
    await home.client.down(name)
    return ms
  }
  const floor = async () => {
    let made: Awaited<ReturnType<typeof rawTasks>> = []
    const ms = await timed(async () => {
      made = await rawTasks(docker, count)
    })
    await removeAll(made)
    return ms
  }
  return paired(`create → answering, ${count} ${count === 1 ? 'task' : 'tasks'}`, 'ms', await inRounds(rounds, ours, floor), { goal: 1.1 })
}

function stackOf(name: string, replicas: number): StackSpec {
  const spec = {
    ...emptySpec,
    image: IMAGE,
    command: COMMAND,
    ports: [{ published: PORT, target: 3000, protocol: 'tcp' as const, layer: 'http' as const }],
    networks: [{ name: NETWORK, aliases: ['web'], external: true }],
    update: { monitor: 0 },
    stopGracePeriod: 0,
  }
  return { name, services: { web: { replicas, spec } } }
}
