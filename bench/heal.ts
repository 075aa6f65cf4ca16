import { setTimeout as pause } from 'node:timers/promises'
import type Dockerode from 'dockerode'
import { serviceStream } from '../shared/domain/commit.ts'
import { emptySpec, type ServiceSpec } from '../shared/domain/spec.ts'
import { answers, openDockerHome, openEngine, rawTask, specOn } from './engine.ts'
import { type Bench, type Figure, median, paired, timed } from './figure.ts'
import type { Home } from './home.ts'
import { openSwarm } from './swarm.ts'
import { until } from './until.ts'

/** Longer than what makes the next failure part of the last one's streak, so that no backoff applies. */
const REST_MS = 12_500
const ROUNDS = 4
const STACK = 'bench-heal'

/** SIGKILL of a task's process, which is no stop that anybody asked for, until its replacement answers where people ask. */
export const heal: Bench = {
  name: 'heal',
  does: "kill → replacement routed, against the engine's own restart policy and against Docker Swarm",
  run: async () => {
    const engine = await openEngine()
    const home = await openDockerHome(engine.docker, 17_890)
    const swarm = await openSwarm(engine.docker)
    const raw = await rawTask(engine.docker, 'always')
    try {
      const services = { docker: { replicas: 2, spec: specOn(18_801) }, process: { replicas: 2, spec: asProcess(18_802) } }
      const targets = watchTargets(home)
      await home.client.up({ name: STACK, services })
      await home.client.settled(STACK)
      const kinds: Record<string, () => Promise<number>> = {
        docker: () => ours(targets, 'docker', id => pidOf(engine.docker, id)),
        restart: () => restarted(engine.docker, raw),
        process: () => ours(targets, 'process', id => pidOfProcess(home, id)),
        ...('problem' in swarm ? {} : { swarm: () => swarmHealed(swarm) }),
      }
      return { figures: figuresOf(await inTurns(kinds)), traces: 'problem' in swarm ? [`no swarm to compare with: ${swarm.problem}`] : [] }
    } finally {
      await raw.remove({ force: true })
      if ('close' in swarm) await swarm.close()
      await home.close()
      await engine.close()
    }
  },
}

const asProcess = (published: number): ServiceSpec => ({
  ...emptySpec,
  ports: [{ published, target: 3000, protocol: 'tcp', layer: 'http' }],
  process: { command: ['/bin/sh', '-c', 'exec /bin/busybox httpd -f -p "$PORT" -h /'] },
  stopGracePeriod: 0,
})

type Times = Readonly<Record<string, readonly number[]>>

/** Each kind once a round, in another order each time. */
async function inTurns(kinds: Readonly<Record<string, () => Promise<number>>>): Promise<Times> {
  const times: Record<string, number[]> = {}
  for (let round = 0; round < ROUNDS; round++) {
    await pause(REST_MS)
    const names = Object.keys(kinds)
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)])
      (times[name] ??= []).push(await kinds[name]!())
  }
  return times
}

function figuresOf(times: Times): readonly Figure[] {
  const against = (name: string, ours: string, floor: string, note?: string) =>
    paired(
      name,
      'ms',
      times[ours]!.map((ms, round) => ({ ours: ms, floor: times[floor]![round]! })),
      { note },
    )
  return [
    against(
      'docker: kill → replacement routed, against the restart policy',
      'docker',
      'restart',
      'floor: `--restart always`, until the same container answers',
    ),
    against('process: kill → replacement routed, against the restart policy', 'process', 'restart'),
    ...(times['swarm']
      ? [
          against(
            'docker: kill → replacement routed, against Swarm',
            'docker',
            'swarm',
            `floor: a Swarm service with --restart-delay 0s and no published port, until its new task answers; its default delay adds 5 s to ${median(times['swarm']).toFixed(0)} ms`,
          ),
        ]
      : []),
  ]
}

type Targets = ReadonlyMap<string, readonly string[]>

function watchTargets(home: Home): Targets {
  const targets = new Map<string, readonly string[]>()
  home.onRoutes((stream, routes) => {
    const ids = routes.targets.map(target => target.id)
    targets.set(stream, ids)
  })
  return targets
}

async function ours(targets: Targets, service: string, pidOfTask: (id: string) => Promise<number>): Promise<number> {
  const routed = () => targets.get(serviceStream(STACK, service)) ?? []
  const victim = routed()[0]!
  const pid = await pidOfTask(victim)
  return timed(async () => {
    process.kill(pid, 'SIGKILL')
    await until(`${service} is healed`, () => routed().length === 2 && !routed().includes(victim), 2)
  })
}

const pidOf = async (docker: Dockerode, id: string): Promise<number> => (await docker.getContainer(id).inspect()).State.Pid

async function pidOfProcess(home: Home, id: string): Promise<number> {
  const { services } = await home.client.status(STACK)
  const task = services.flatMap(service => service.tasks).find(found => found.id === id)
  return Number.parseInt(task!.runtimeId!, 10)
}

async function restarted(docker: Dockerode, raw: Dockerode.Container): Promise<number> {
  const pid = await pidOf(docker, raw.id)
  return timed(async () => {
    process.kill(pid, 'SIGKILL')
    await until('it was restarted', async () => (await pidOf(docker, raw.id)) !== pid && (await answers(raw)), 2)
  })
}

async function swarmHealed(swarm: Exclude<Awaited<ReturnType<typeof openSwarm>>, { readonly problem: string }>): Promise<number> {
  const victim = await swarm.victim()
  return timed(async () => {
    process.kill(victim, 'SIGKILL')
    await swarm.healed(victim)
  })
}
