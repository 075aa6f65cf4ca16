import { createBlobs } from '../../shared/adapters/memory/blobs.ts'
import { createClaims } from '../../shared/adapters/memory/claims.ts'
import { createEventLog } from '../../shared/adapters/memory/event-log.ts'
import { createReadModel } from '../../shared/adapters/memory/read-model.ts'
import { createSecrets } from '../../shared/adapters/memory/secrets.ts'
import { createSnapshots } from '../../shared/adapters/memory/snapshots.ts'
import { checkHealth } from '../../shared/application/check-health.ts'
import { conduct } from '../../shared/application/conduct.ts'
import { deploy } from '../../shared/application/deploy.ts'
import { Folds, foldService, foldStack } from '../../shared/application/folds.ts'
import type { Ports } from '../../shared/application/ports.ts'
import { project } from '../../shared/application/project.ts'
import { reconcile } from '../../shared/application/reconcile.ts'
import { type Commit, serviceStream, stackStream } from '../../shared/domain/commit.ts'
import type { Fact, Seen } from '../../shared/domain/fact.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import type { PortProblem, Router, RouteSet } from '../../shared/ports/router.ts'
import type { Images, LogLine, Runtime, StartRequest } from '../../shared/ports/runtime.ts'
import { HOME } from '../../shared/reconcile/policy.ts'
import { stackSpec, T0 } from '../domain/given.ts'

/** Memory adapters, a runtime and a router that do at once what they are told, and a clock that moves only when told. */

export type FakeRuntime = Runtime &
  Images & {
    readonly tasks: Map<string, Seen>
    readonly started: StartRequest[]
    readonly stopped: string[]
    readonly resolved: string[]
    readonly removedStacks: { readonly stack: string; readonly volumes: boolean }[]
    lines: LogLine[]
    /** Replaced by tests that want trouble. */
    onStart: (request: StartRequest) => Fact
    onPrepare: (spec: ServiceSpec) => Awaited<ReturnType<Runtime['prepare']>>
  }

export function fakeRuntime(): FakeRuntime {
  const tasks = new Map<string, Seen>()
  const runtime: FakeRuntime = {
    name: 'fake',
    tasks,
    started: [],
    stopped: [],
    resolved: [],
    removedStacks: [],
    lines: [],
    onStart: ({ id }) => ({ id, state: 'running', seen: 1, runtime: 'fake', addresses: { '80/tcp': { host: '127.0.0.1', port: 4_000 } } }),
    onPrepare: () => undefined,
    prepare: async spec => runtime.onPrepare(spec),
    resolve: async reference => {
      runtime.resolved.push(reference)
      return `sha256:${reference}-${runtime.resolved.filter(other => other === reference).length}`
    },
    start: async request => {
      runtime.started.push(request)
      const there = tasks.get(request.id)
      if (there) return factOf(there)
      const fact = runtime.onStart(request)
      if (fact.state !== 'refused') tasks.set(request.id, { ...fact, stream: request.stream, intent: request.intent })
      return fact
    },
    stop: async id => {
      runtime.stopped.push(id)
      const task = tasks.get(id)
      if (task) tasks.set(id, { ...task, state: 'stopped', seen: 1e15, exit: { code: 0, reason: 'stopped' } })
    },
    lookup: async id => tasks.get(id) && factOf(tasks.get(id)!),
    list: async () => [...tasks.values()],
    watch: () => ({ close: () => {} }),
    logs: async (id, { after, tail, limit = Number.POSITIVE_INFINITY }) => {
      const mine = runtime.lines.filter(line => line.task === id)
      const from = after === undefined ? mine : mine.slice(mine.findIndex(line => line.cursor === after) + 1)
      return tail === undefined ? from.slice(0, limit) : tail === 0 ? [] : from.slice(-tail)
    },
    collect: async () => {},
    removeStack: async (stack, { volumes }) => {
      runtime.removedStacks.push({ stack, volumes })
    },
  }
  return runtime
}
const factOf = ({ stream: _, intent: __, ...fact }: Seen): Fact => fact

export type FakeRouter = Router & { readonly sets: Map<string, RouteSet>; problems: PortProblem[]; busy: string[]; refuse?: Error }

export function fakeRouter(): FakeRouter {
  const sets = new Map<string, RouteSet>()
  const router: FakeRouter = {
    isVersioned: true,
    sets,
    problems: [],
    busy: [],
    apply: async (stream, _version, wanted) => {
      sets.set(stream, wanted)
      if (router.refuse) throw router.refuse
    },
    targets: async stream => [...(sets.get(stream)?.targets.map(target => target.id) ?? []), ...router.busy],
    check: async (_stack, fronts) => router.problems.filter(problem => fronts.some(front => front.published === problem.published)),
  }
  return router
}

export type Wake = { readonly to: string; readonly stream: string; readonly dueAt: number; readonly delayMs: number }
export type World = Omit<Ports, 'runtime' | 'router'> & {
  readonly runtime: FakeRuntime
  readonly router: FakeRouter
  readonly sent: Wake[]
  readonly time: { now: number }
  /** What the prober answers, by port. */
  readonly answering: { all: boolean }
  readonly probes: { count: number }
}

export function makeWorld(more: Partial<Ports> = {}): World {
  const time = { now: T0 }
  const sent: Wake[] = []
  const answering = { all: true }
  const probes = { count: 0 }
  let nonces = 0
  const runtime = fakeRuntime()
  return {
    log: createEventLog(),
    snapshots: createSnapshots(),
    claims: createClaims(),
    readModel: createReadModel(),
    blobs: createBlobs(),
    secrets: createSecrets(),
    images: runtime,
    prober: {
      answers: async () => {
        probes.count++
        return answering.all
      },
    },
    metrics: { read: async () => ({ samples: [] }) },
    wakes: { send: async (to, stream, dueAt, delayMs) => void sent.push({ to, stream, dueAt, delayMs }) },
    bus: { publish: async () => {} },
    clock: { now: () => time.now },
    ids: { nonce: () => `nonce-${++nonces}` },
    folds: new Folds(),
    setting: { installation: { id: 'test', epoch: 1 }, limits: HOME, orphanedBefore: 0 },
    ...more,
    runtime,
    router: fakeRouter(),
    sent,
    time,
    answering,
    probes,
  }
}

/** Another process on the same log: nothing is warm in it. */
export const elsewhere = (world: World): World => ({ ...world, folds: new Folds() })

let keys = 0
export const asker = (commandId = `key-${++keys}-of-a-test`) => ({ actor: 'token laptop', commandId })

export const up = (
  world: World,
  services: Parameters<typeof stackSpec>[0],
  more: { secrets?: Record<string, string>; key?: string } = {},
) => deploy(world, { spec: stackSpec(services), secrets: more.secrets ?? {}, blobs: {} }, asker(more.key))

export const WEB = serviceStream('shop', 'web')
export const SHOP = stackStream('shop')

/** Runs what the bus would run, round after round, each 1 s later, until a round appends nothing and everything is settled. */
export async function settle(world: World, rounds = 60): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const before = await heads(world)
    for (const stream of await world.log.streams()) {
      if (stream.startsWith('stack/')) await conduct(world, stream)
      else {
        await reconcile(world, stream)
        await checkHealth(world, stream)
      }
      await project(world, stream)
    }
    const stack = await foldStack(world, SHOP)
    const isSettled = Object.values(stack.services).every(service => service.outcome !== undefined)
    if ((await heads(world)) === before && isSettled) return
    world.time.now += 1_000
  }
  throw new Error(`not settled after ${rounds} rounds: ${JSON.stringify(await allCommits(world))}`)
}
const heads = async (world: World) => JSON.stringify(await Promise.all((await world.log.streams()).map(stream => world.log.head(stream))))

export async function allCommits(world: Pick<World, 'log'>): Promise<readonly Commit<{ readonly type: string }>[]> {
  const streams = await world.log.streams()
  return (await Promise.all(streams.map(stream => world.log.read(stream)))).flat() as Commit<{ readonly type: string }>[]
}

export const web = (world: World) => foldService(world, WEB)
export const shop = (world: World) => foldStack(world, SHOP)
export const typesOf = async (world: World, stream: string): Promise<readonly string[]> =>
  (await world.log.read(stream)).flatMap(commit => (commit.events as { type: string }[]).map(event => event.type))
