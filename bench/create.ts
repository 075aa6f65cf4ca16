import { setTimeout as pause } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { serviceStream, stackStream } from '../shared/domain/commit.ts'
import { tryAnswer } from './client.ts'
import { openDockerHome, openEngine, rawTasks, removeAll, specOn } from './engine.ts'
import { type Bench, type Figure, inRounds, median, paired, timed } from './figure.ts'
import type { Home } from './home.ts'
import { until } from './until.ts'

const PORT = 18_800
const ROUNDS = { 1: 9, 5: 5, 20: 3 } as const
/** The engine takes networks of ended containers apart for a while after it said that they ended; neither side should pay for it. */
const QUIET_MS = 400

/** `up` of a new stack until all its tasks are routed and the published port answers, against raw containers that answer. */
export const create: Bench = {
  name: 'create',
  does: 'create → answering through the router, against raw concurrent create and start',
  run: async () => {
    const engine = await openEngine()
    const home = await openDockerHome(engine.docker, 17_880)
    const routed = new Map<string, number>()
    home.onRoutes((stream, { targets }) => void routed.set(stream, targets.length))
    try {
      const figures: Figure[] = []
      const traces: string[] = []
      for (const [count, rounds] of Object.entries(ROUNDS)) {
        const { figure, trace } = await measure({ home, docker: engine.docker, routed, count: Number(count) }, rounds)
        figures.push(figure)
        traces.push(trace)
      }
      return { figures, traces }
    } finally {
      await home.close()
      await engine.close()
    }
  },
}

type Creating = { readonly home: Home; readonly docker: Dockerode; readonly routed: ReadonlyMap<string, number>; readonly count: number }

let stacks = 0

async function measure(creating: Creating, rounds: number): Promise<{ figure: Figure; trace: string }> {
  const { docker, count } = creating
  const stories: Story[] = []
  const ours = async () => {
    const story = await upAndDown(creating)
    stories.push(story)
    return story.get('answered')!
  }
  const floor = async () => {
    let made: Awaited<ReturnType<typeof rawTasks>> = []
    const ms = await timed(async () => {
      made = await rawTasks(docker, count)
    })
    await removeAll(made)
    await pause(QUIET_MS)
    return ms
  }
  const tasks = `${count} ${count === 1 ? 'task' : 'tasks'}`
  const figure = paired(`create → answering, ${tasks}`, 'ms', await inRounds(rounds, ours, floor), { goal: 1.1 })
  return { figure, trace: `${tasks}, median moments in ms: ${told(stories)}` }
}

/** Moments by what happened, in milliseconds since the command was sent. */
type Story = ReadonlyMap<string, number>

async function upAndDown({ home, routed, count }: Creating): Promise<Story> {
  const name = `bench${++stacks}`
  const [wall, began] = [Date.now(), performance.now()]
  const since = () => performance.now() - began
  await home.client.up({ name, services: { web: { replicas: count, spec: specOn(PORT) } } })
  const accepted = since()
  await until(`${name} is routed`, () => (routed.get(serviceStream(name, 'web')) ?? 0) >= count, 2)
  const all = since()
  await until(`${name} answers`, () => tryAnswer(PORT), 2)
  const answered = since()
  const story = new Map([...(await committed(home, name, wall)), ['up answered', accepted], ['all routed', all], ['answered', answered]])
  await home.client.down(name)
  await pause(QUIET_MS)
  return story
}

/** By the commits' own moments; of several of one kind the last. */
async function committed(home: Home, name: string, wall: number): Promise<ReadonlyMap<string, number>> {
  const commits = [...(await home.ports.log.read(stackStream(name))), ...(await home.ports.log.read(serviceStream(name, 'web')))]
  const moments = new Map<string, number>()
  for (const commit of commits)
    for (const event of commit.events as readonly { readonly type: string; readonly state?: string; readonly ready?: boolean }[]) {
      const what = event.type === 'TaskSeen' ? (event.ready ? 'last seen ready' : `last seen ${event.state}`) : event.type
      if (STORY.includes(what)) moments.set(what, Math.max(commit.at - wall, moments.get(what) ?? 0))
    }
  return moments
}

const STORY = [
  'WishesChanged',
  'up answered',
  'WishTaken',
  'StartsIntended',
  'last seen running',
  'last seen ready',
  'all routed',
  'answered',
]

const told = (stories: readonly Story[]): string =>
  STORY.map(what => `${what} ${Math.round(median(stories.map(story => story.get(what) ?? Number.NaN)))}`).join(', ')
