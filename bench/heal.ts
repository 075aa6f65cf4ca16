import { emptySpec } from '../shared/domain/spec.ts'
import { answers, COMMAND, IMAGE, NETWORK, openEngine, rawTask } from './engine.ts'
import { type Bench, inRounds, paired, timed } from './figure.ts'
import { openHome } from './home.ts'
import { until } from './until.ts'

/** Longer than what makes the next failure part of the last one's streak, so that no backoff applies. */
const REST_MS = 12_000
const ROUNDS = 4

/** SIGKILL of a task until its replacement is routed, against the engine's own restart policy until the same container answers again. */
export const heal: Bench = {
  name: 'heal',
  does: "kill → replacement routed, against the engine's own restart policy",
  run: async () => {
    const engine = await openEngine()
    const home = await openHome('docker', 17_890)
    let targets: readonly string[] = []
    home.onRoutes((_, routes) => {
      targets = routes.targets.map(target => target.id)
    })
    const raw = await rawTask(engine.docker, 'always')
    try {
      const spec = {
        ...emptySpec,
        image: IMAGE,
        command: COMMAND,
        ports: [{ published: 18_801, target: 3000, protocol: 'tcp' as const, layer: 'http' as const }],
        networks: [{ name: NETWORK, aliases: [], external: true }],
        update: { monitor: 0 },
        stopGracePeriod: 0,
      }
      await home.client.up({ name: 'heal', services: { web: { replicas: 2, spec } } })
      await home.client.settled('heal')
      const pidOf = async (id: string) => (await engine.docker.getContainer(id).inspect()).State.Pid
      const ours = async () => {
        await new Promise(resolve => setTimeout(resolve, REST_MS))
        const [victim] = targets
        const pid = await pidOf(victim!)
        return timed(async () => {
          process.kill(pid, 'SIGKILL')
          await until('healed', () => targets.length === 2 && !targets.includes(victim!), 2)
        })
      }
      const floor = async () => {
        const pid = await pidOf(raw.id)
        return timed(async () => {
          process.kill(pid, 'SIGKILL')
          await until('restarted', async () => (await pidOf(raw.id)) !== pid && (await answers(raw)), 2)
        })
      }
      return {
        figures: [
          paired('kill → replacement routed', 'ms', await inRounds(ROUNDS, ours, floor), {
            note: "floor: the engine's restart policy `always`, until it answers",
          }),
        ],
        traces: [],
      }
    } finally {
      await raw.remove({ force: true })
      await home.close()
      await engine.close()
    }
  },
}
