import type { EcsOptions } from '../../shared/adapters/ecs/ecs-options.ts'
import { createEcsRuntime } from '../../shared/adapters/ecs/ecs-runtime.ts'
import { readTaskStateChange } from '../../shared/adapters/ecs/task-state-change.ts'
import { checkHealth } from '../../shared/application/check-health.ts'
import { conduct } from '../../shared/application/conduct.ts'
import { observe } from '../../shared/application/observe.ts'
import { project } from '../../shared/application/project.ts'
import { reconcile } from '../../shared/application/reconcile.ts'
import { sweep } from '../../shared/application/sweep.ts'
import type { ServiceEvent, Task } from '../../shared/domain/service.ts'
import type { TargetHealth, TargetVerdict } from '../../shared/ports/target-health.ts'
import { AWS } from '../../shared/reconcile/policy.ts'
import { makeWorld, up, WEB, web } from '../application/world.ts'
import { ecsWorld } from './ecs-world.ts'

/** The handlers over a fake ECS and a load balancer of words: what is started runs a second later, what is stopped ends, unless a test says otherwise. */
export function ecsStory(more: Partial<EcsOptions> = {}) {
  const { ecs, options } = ecsWorld(more)
  /** What the load balancer says of a registered task, by number; `healthy` unless told. */
  const targets = new Map<number, 'initial' | 'healthy' | 'unhealthy'>()
  const looks = { count: 0 }
  const targetHealth: TargetHealth = {
    look: async (stream, tasks) => {
      looks.count++
      const set = base.router.sets.get(stream)
      const registered = new Set([...(set?.targets ?? []), ...(set?.coming ?? [])].map(({ id }) => id))
      const numbers = new Map(Object.values((await web(base)).tasks).map(task => [task.id, task.number]))
      return tasks.flatMap(({ id }): readonly TargetVerdict[] => {
        const state = targets.get(numbers.get(id)!) ?? 'healthy'
        if (!registered.has(id) || state === 'initial') return []
        return state === 'healthy' ? [{ id, passed: true }] : [{ id, passed: false, why: 'Health checks failed with these codes: [503]' }]
      })
    },
  }
  const base = makeWorld({ setting: { installation: { id: 'prod', epoch: 1 }, limits: AWS, orphanedBefore: 0 }, targetHealth })
  const { prober: _, ...rest } = base
  const world = { ...rest, runtime: createEcsRuntime({ ...options, clock: base.clock }) }
  const soon: (() => Promise<unknown>)[] = []
  /** Health that a container's own check finds at its start, where it has one. */
  const first = { health: 'HEALTHY' as 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN' }

  const tell = (id: string) => {
    const told = readTaskStateChange({
      source: 'aws.ecs',
      'detail-type': 'ECS Task State Change',
      detail: { ...ecs.known.get(id)!.task, tags: undefined, healthStatus: undefined },
    })
    return observe(world, told!.stream, [told!.fact])
  }
  const isChecked = (arn: string | undefined) =>
    ecs.definitions.some(
      ({ definition }) => definition.taskDefinitionArn === arn && definition.containerDefinitions![0]!.healthCheck !== undefined,
    )
  ecs.onStart = ({ startedBy, taskDefinitionArn }) => {
    soon.push(() => {
      ecs.live(startedBy!)
      if (isChecked(taskDefinitionArn)) ecs.change(startedBy!, { healthStatus: first.health })
      return tell(startedBy!)
    })
  }
  ecs.onStop = ({ startedBy }) => {
    soon.push(() => {
      ecs.end(startedBy!, {}, 143)
      return tell(startedBy!)
    })
  }

  let seconds = 0
  const round = async () => {
    for (const happen of soon.splice(0)) await happen()
    for (const stream of await world.log.streams()) {
      if (stream.startsWith('stack/')) await conduct(world, stream)
      else {
        await reconcile(world, stream)
        await checkHealth(world, stream)
      }
      await project(world, stream)
    }
    base.time.now += 1_000
    ecs.now = base.time.now
    if (++seconds % 60 === 0) await sweep(world)
  }
  return {
    ecs,
    world,
    time: base.time,
    router: base.router,
    targets,
    looks,
    first,
    tell,
    up: (services: Parameters<typeof up>[1]) => up(base, services),
    rounds: async (count: number) => {
      for (let n = 0; n < count; n++) await round()
    },
    /** @throws when it does not come about */
    until: async (isSo: () => Promise<boolean>, most = 120) => {
      for (let n = 0; n < most; n++) {
        if (await isSo()) return
        await round()
      }
      throw new Error(`not so after ${most} s: ${JSON.stringify(await web(base))}`)
    },
    tasks: async (): Promise<readonly Task[]> => Object.values((await web(base)).tasks).sort((a, b) => a.number - b.number),
    service: () => web(base),
    /** Ids that get requests. */
    served: () => base.router.sets.get(WEB)?.targets.map(({ id }) => id) ?? [],
    events: async (): Promise<readonly ServiceEvent[]> =>
      (await world.log.read(WEB)).flatMap(commit => commit.events as readonly ServiceEvent[]),
  }
}
export type EcsStory = ReturnType<typeof ecsStory>

/** What the planner did and why, line by line; tasks by their numbers. */
export async function plannedIn({ events }: EcsStory): Promise<readonly string[]> {
  const all = await events()
  const numbers = new Map(
    all.flatMap(event => (event.type === 'StartsIntended' ? event.tasks.map(({ id, number }) => [id, number] as const) : [])),
  )
  const named = (ids: readonly string[]) => ids.map(id => numbers.get(id)).join(',')
  return all.flatMap(event => {
    if (event.type === 'StartsIntended') return [`start ${event.tasks.map(({ number }) => number).join(',')}`]
    if (event.type === 'DrainStarted') return [`drain ${named(event.ids)}: ${event.why}`]
    if (event.type === 'StopsIntended') return [`stop ${named(event.ids)}`]
    if (event.type === 'TaskAvailable') return [`available ${named([event.id])}`]
    if (event.type === 'DeploymentEnded') return [`ended ${event.outcome}`]
    return []
  })
}
