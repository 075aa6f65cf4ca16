import type { AllPorts } from '../../infra/local/handlers.ts'
import { createBlobs } from '../../shared/adapters/memory/blobs.ts'
import { createSecrets } from '../../shared/adapters/memory/secrets.ts'
import type { Folds } from '../../shared/application/folds.ts'
import type { InstallationSetting } from '../../shared/application/ports.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { Probing } from '../../shared/ports/probing.ts'
import { OutcomeUnknown, type StartRequest } from '../../shared/ports/runtime.ts'
import { AWS, HOME, type Limits } from '../../shared/reconcile/policy.ts'
import { CloudAlarms } from './cloud-alarms.ts'
import type { EventPlane } from './event-plane.ts'
import { Load } from './load.ts'
import { MetricSource } from './metric-source.ts'
import type { Call } from './process.ts'
import { balancer, balancerHealth, homeRouter, Targets } from './routers.ts'
import { SECOND } from './rules.ts'
import { dockerRuntime, ecsRuntime, type HostMemory } from './runtimes.ts'
import { SCALED } from './shop.ts'
import { logThrough, readModelOf, Storage, storeThrough } from './stores.ts'
import { Tasks } from './tasks.ts'
import type { World } from './world.ts'

/** Everything outside of Longshore's own processes: what is stored, the tasks, and who gets requests. */
export class Installation {
  readonly storage: Storage
  readonly tasks: Tasks
  readonly targets: Targets
  readonly startCalls = new Set<string>()
  /** What the runtime was asked to change: `start web revision 2`. */
  readonly calls: string[] = []
  readonly secrets = createSecrets()
  readonly blobs = createBlobs()
  readonly load: Load
  readonly metrics: MetricSource
  readonly alarms: CloudAlarms
  readonly world: World
  constructor(world: World, plane: () => EventPlane) {
    this.world = world
    this.storage = new Storage(world)
    this.tasks = new Tasks(world)
    this.targets = new Targets(world)
    this.load = new Load(world, this.tasks, SCALED)
    this.metrics = new MetricSource(world, this.tasks, this.load)
    this.alarms = new CloudAlarms(world, this.load, this.metrics, plane)
  }

  get limits(): Limits {
    const limits = this.world.kind === 'ecs' ? AWS : HOME
    if (!this.world.holds('wait')) return { ...limits, timeout: 0 }
    return this.world.holds('absence') ? limits : { ...limits, absentAfter: 0 }
  }
}

/** What one process brings along: how it calls, what it remembers, and its clock. */
export type Self = {
  readonly call: Call
  readonly clock: Clock
  readonly folds: Folds
  readonly setting: InstallationSetting
  readonly memory: HostMemory
  readonly onIntended: (ids: readonly string[]) => void
  readonly probing?: Probing
}

export const settingOf = (installation: Installation): InstallationSetting => ({
  installation: { id: 'simulated', epoch: 1 },
  limits: installation.limits,
  orphanedBefore: 0,
})

/** The ports of one function in one process. */
export function portsOf(installation: Installation, plane: EventPlane, name: string, self: Self): AllPorts {
  const { world, storage, tasks, targets, startCalls } = installation
  const { call, clock, folds, setting, memory, probing } = self
  const isHome = world.kind === 'docker'
  const asked = {
    add: ({ id, service, revision }: StartRequest) => {
      startCalls.add(id)
      installation.calls.push(`start ${service} revision ${revision}`)
    },
    stop: (id: string) =>
      installation.calls.push(
        `stop ${tasks.all.find(task => task.id === id)?.request.service} revision ${tasks.all.find(task => task.id === id)?.request.revision}`,
      ),
  }
  const runtime = isHome ? dockerRuntime(world, tasks, call, memory, asked) : ecsRuntime(world, tasks, call, asked)
  const log = logThrough(world, storage, call, commit => self.onIntended(startsOf(commit.events)))
  return {
    log,
    snapshots: storeThrough(world, call, storage.snapshots),
    claims: storeThrough(world, call, storage.claims),
    readModel: storeThrough(world, call, readModelOf(world, storage)),
    blobs: storeThrough(world, call, installation.blobs),
    secrets: storeThrough(world, call, installation.secrets),
    runtime:
      name === 'sweep' && !world.holds('listing') ? { ...runtime, list: () => Promise.reject(new OutcomeUnknown('left out')) } : runtime,
    images: { resolve: reference => call(50, () => `sha256:${reference}`) },
    router: isHome ? homeRouter(world, targets, call) : balancer(world, targets, call),
    ...(isHome
      ? { prober: { answers: (address, _layer, patienceMs) => probe(installation, call, address.port, patienceMs) } }
      : { targetHealth: balancerHealth(world, tasks, targets, call) }),
    ...(probing && { probing }),
    metrics: installation.metrics.through(call),
    ...(!isHome && { alarms: installation.alarms.through(call) }),
    wakes: { send: (to, stream, dueAt, delayMs) => call(isHome ? 1 : 20, () => plane.sendWake(to, stream, dueAt, delayMs)) },
    bus: { publish: pointers => call(isHome ? 1 : 20, () => (world.isOut('bus') ? refuse(world) : plane.publish(pointers))) },
    clock,
    ids: { nonce: () => world.random.next().toString(36) },
    folds,
    setting,
    tokens: { actorOf: async token => (token.length > 0 ? `token ${token}` : undefined) },
    info: { version: '0', installation: 'simulated', runtime: world.kind, runtimeDetail: 'simulated' },
  }
}

function refuse(world: World): never {
  world.count('refused by the bus')
  throw new Error('PutEvents: FailedEntryCount 1')
}

type StartsText = { readonly type: string; readonly tasks: readonly { readonly id: string }[] }
const startsOf = (events: readonly unknown[]) =>
  (events as readonly StartsText[]).flatMap(event => (event.type === 'StartsIntended' ? event.tasks.map(task => task.id) : []))

/** Tries each second until the task behind the port answers. */
async function probe({ tasks }: Installation, call: Call, port: number, patienceMs: number): Promise<boolean> {
  const answers = () => tasks.all.some(task => task.port === port && task.state === 'running' && task.readySince !== undefined)
  for (let tried = 0; tried <= patienceMs; tried += SECOND) {
    if (await call(tried === 0 ? 20 : SECOND, answers)) return true
  }
  return false
}
