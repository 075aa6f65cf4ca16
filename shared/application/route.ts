import { isBalanced, targetCheck } from '../domain/checks-on-aws.ts'
import { parseStream } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import type { Address } from '../domain/fact.ts'
import { peerNames } from '../domain/peer-names.ts'
import { isOnAws } from '../domain/readiness.ts'
import { isRoutable, type Service, type Task } from '../domain/service.ts'
import { decideDrainOver } from '../domain/service-decide.ts'
import type { PublishedPort, ServiceSpec } from '../domain/spec.ts'
import type { Front, RouteSet, Target } from '../ports/router.ts'
import type { RoutesOutdated } from '../ports/time-left.ts'
import { onService } from './append.ts'
import { foldService } from './folds.ts'
import { awaitsTarget } from './poll-targets.ts'
import type { LogPorts, Ports } from './ports.ts'

type RoutePorts = LogPorts & Pick<Ports, 'router' | 'setting'>

/** E4: so often are routes computed; then the message comes again. */
const PASSES = 3
/** By its name: most functions that route nothing load no adapter that could throw it. */
const OUTDATED: RoutesOutdated['name'] = 'RoutesOutdated'

/** E4: the wanted set is computed from state and swapped in; then a look at who is still there tells which drains are over (E5). */
export async function route(ports: RoutePorts, stream: string): Promise<void> {
  for (let pass = 1; ; pass++) {
    try {
      return await routeOnce(ports, stream)
    } catch (error) {
      if ((error as Error).name !== OUTDATED || pass === PASSES) throw error
    }
  }
}

async function routeOnce(ports: RoutePorts, stream: string): Promise<void> {
  const { routing } = ports.setting.limits
  const readAt = ports.clock.now()
  const s = await foldService(ports, stream)
  const left = routing && (() => readAt + routing.sentWithin - ports.clock.now())
  const problem = await ports.router.apply(stream, s.version, routesOf(stream, s), left).catch(portTaken)
  const draining = Object.values(s.tasks).filter(task => task.drain && !task.drained)
  if (draining.length === 0 && problem) throw problem
  if (draining.length === 0) return
  const began = ports.clock.now()
  const present = new Set(await ports.router.targets(stream, knownTasks(s)))
  const over = draining.filter(task => !present.has(task.id) && lateCallsOver(ports, s, task, began))
  const ids = over.map(task => task.id)
  if (ids.length) await onService(ports, stream, state => decideDrainOver(state, ids, s.version), { actor: 'reconcile' })
  if (problem) throw problem
}

/** A port that cannot be listened on must not hold up the drains; the message comes again. */
function portTaken(error: unknown): CodedError {
  if (error instanceof CodedError && error.code === 'LS-PORT-TAKEN') return error
  throw error
}

/** E5: ALB knows no versions: a call decided before DrainStarted may still register the target, unless nobody was ever to be led to it. */
const lateCallsOver = ({ router, setting }: RoutePorts, s: Service, task: Task, began: number) =>
  router.isVersioned || !mayBeRouted(s, task) || began >= task.drain!.at + (setting.limits.routing?.settledAfter ?? setting.limits.timeout)

/** Pure. Whether some fold may have had a load balancer or a name lead to the task: ready once, or shown to a load balancer to become so. */
export function mayBeRouted({ specs }: Pick<Service, 'specs'>, { servedAt, state }: Pick<Task, 'servedAt' | 'state'>): boolean {
  const all = Object.values(specs)
  const isShown = all.some(isBalanced) && (servedAt !== undefined || state === 'running')
  return isShown || (servedAt !== undefined && all.some(spec => spec.networks.length > 0))
}

/** Pure. Ports of every revision that still serves stay open; each published port leads to where each task listens, by its own revision. */
export function routesOf(stream: string, s: Service): RouteSet {
  const routable = Object.values(s.tasks).filter(isRoutable)
  const isWished = s.wish && s.wish.cause !== 'remove' && !s.wish.stopped
  const fronts = frontsOf(
    isWished ? s.wish!.spec.ports : [],
    routable.flatMap(task => s.specs[task.revision]?.ports ?? []),
  )
  const reached = (tasks: readonly Task[]) => tasks.flatMap(task => targetOf(task, s.specs[task.revision], fronts) ?? [])
  const targets = reached(routable)
  const coming = reached(Object.values(s.tasks).filter(task => awaitsTarget(s, task)))
  const idle = isWished && s.wish!.spec.scale?.idle
  return {
    fronts,
    targets,
    ...(coming.length > 0 && { coming }),
    ...(isWished && { names: peerNames(parseStream(stream).service, s.wish!.spec.networks) }),
    ...(isWished && s.wish!.spec.probes && { check: targetCheck(s.wish!.spec) }),
    ...(idle && targets.length === 0 && { asleep: { most: idle.most, waitMs: idle.waitMs } }),
  }
}

const knownTasks = (s: Service): readonly Target[] => Object.values(s.tasks).map(({ id, addresses = {} }) => ({ id, addresses }))

function frontsOf(wished: readonly PublishedPort[], served: readonly PublishedPort[]): readonly Front[] {
  const fronts = new Map<string, Front>()
  const add = (port: PublishedPort, kept: Pick<Front, 'kept'>) => {
    const { published, hostIp = '', protocol } = port
    const key = `${hostIp}:${published}/${protocol}`
    if (published !== undefined && !fronts.has(key)) fronts.set(key, { ...port, published, ...kept })
  }
  for (const port of wished) add(port, {})
  for (const port of served) add(port, { kept: true })
  return [...fronts.values()]
}

/** A front names the newest revision's container port; a task of another revision may listen on another one behind the same front. */
function targetOf(task: Task, spec: ServiceSpec | undefined, fronts: readonly Front[]): Target | undefined {
  if (!task.addresses || !spec) return undefined
  const addresses: Record<string, Address> = { ...task.addresses }
  for (const front of fronts) {
    const own = spec.ports.find(port => port.published === front.published && port.protocol === front.protocol)
    const address = own && task.addresses[`${own.target}/${own.protocol}`]
    if (address) addresses[`${front.target}/${front.protocol}`] = address
  }
  return { id: task.id, addresses, ...(task.host !== undefined && { host: task.host }), ...(isOnAws(task) && { check: targetCheck(spec) }) }
}
