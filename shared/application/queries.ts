import { type Commit, parseStream, serviceStream, stackStream } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import { emptyService, type Service, type ServiceEvent } from '../domain/service.ts'
import { evolveService } from '../domain/service-fold.ts'
import { diffSpecs, type SpecDifference } from '../domain/spec-diff.ts'
import {
  type DeploymentRecord,
  emptyStack,
  evolveStack,
  isGone,
  isRemoved,
  type Stack,
  type StackEvent,
  type StackService,
} from '../domain/stack.ts'
import { handOver } from '../domain/stack-order.ts'
import { taskSpec } from '../domain/task-spec.ts'
import { plan } from '../reconcile/plan.ts'
import { type ServicesOf, servicesOf, stackOrThrow } from './find-stack.ts'
import type { Folded, Kind } from './folds.ts'
import type { LogPorts, Ports } from './ports.ts'
import { progressOf } from './progress.ts'
import { settingOf } from './reconcile.ts'
import { serviceView } from './views.ts'

/** What one asks of a stack. One stack is read by folding, so that one reads one's own writes (L6); the list comes from rows. */
export type QueryPorts = LogPorts & Pick<Ports, 'readModel' | 'setting'>

/** `at`: as it was then, by folding what was recorded up to that moment. */
export async function stackStatus(ports: QueryPorts, name: string, at?: number) {
  const present = await stackOrThrow(ports, name)
  const stack = at === undefined ? present : await foldUntil(ports, { empty: emptyStack, evolve: evolveStack }, stackStream(name), at)
  const services = at === undefined ? await servicesOf(ports, name, stack) : await servicesUntil(ports, name, stack, at)
  const now = at ?? ports.clock.now()
  const deployment = stack.deployments.at(-1)
  return {
    stack: name,
    version: stack.version,
    gone: isGone(stack),
    settled: Object.values(stack.services).every(service => service.outcome !== undefined),
    deployment: deployment && deploymentView(deployment),
    services: Object.keys(stack.services).map(service => serviceStatus(ports, name, stack, service, services, now)),
    at,
  }
}

type UntilPorts = Pick<QueryPorts, 'log'>
async function foldUntil<S extends Folded, E>(
  ports: UntilPorts,
  { empty, evolve }: Pick<Kind<S, E>, 'empty' | 'evolve'>,
  stream: string,
  at: number,
): Promise<S> {
  let state = empty
  for (;;) {
    const commits = (await ports.log.read(stream, state.version)) as readonly Commit<E>[]
    const past = commits.filter(commit => commit.at <= at)
    state = past.reduce(evolve, state)
    if (commits.length === 0 || past.length < commits.length) return state
  }
}

async function servicesUntil(ports: UntilPorts, name: string, stack: Stack, at: number): Promise<ServicesOf> {
  const kind = { empty: emptyService, evolve: evolveService as (s: Service, commit: Commit<ServiceEvent>) => Service }
  const folded = await Promise.all(
    Object.keys(stack.services).map(async service => [service, await foldUntil(ports, kind, serviceStream(name, service), at)] as const),
  )
  return Object.fromEntries(folded)
}

function serviceStatus(ports: Pick<QueryPorts, 'setting'>, name: string, stack: Stack, service: string, services: ServicesOf, now: number) {
  const wished = stack.services[service]!
  const s = services[service] ?? emptyService
  const { deploying: _, ended: __, finished: ___, revision: ____, ...view } = serviceView(s, ports.setting.limits)
  const image = wished.revisions[wished.wish.revision]?.spec.image
  return {
    ...view,
    service,
    image,
    // before its wish is handed over, a service knows nothing yet
    desired: (s.wish && s.wish.cause !== 'remove') || isRemoved(wished) ? view.desired : wished.wish.replicas,
    revision: wished.wish.revision,
    removed: isRemoved(wished),
    outcome: wished.outcome,
    why: wished.why,
    cause: wished.wish.cause,
    paused: wished.wish.paused,
    waitsFor: waitsFor(ports, name, stack, service, services, now),
    ended: s.endedTasks.map(({ id, number, revision, at, byItself, exit }) => ({
      id,
      number,
      revision,
      at,
      byItself,
      code: exit.code,
      reason: exit.reason,
    })),
  }
}

/** What is planned and not recorded yet; whoever runs tasks may ask for patience first (E2), and nothing of that is in the log. */
const aboutToStart = (count: number) =>
  `about to start ${count === 1 ? '1 task' : `${count} tasks`}; where that lasts, its image is being pulled or the launch budget is used up`

/** Invariant 8: why nothing more happens now, by the same functions that decide it. */
export function waitsFor(
  ports: Pick<QueryPorts, 'setting'>,
  name: string,
  stack: Stack,
  service: string,
  services: ServicesOf,
  now: number,
): readonly string[] {
  const wished = stack.services[service]
  const s = services[service] ?? emptyService
  if (!wished) return []
  if (wished.outcome === undefined && s.wish?.stamp !== wished.wish.stamp) {
    const decision = handOver(stack, service, other => progressOf(services[other], stack.services[other]))
    return 'waitsFor' in decision ? [`waits for ${decision.waitsFor}`] : ['about to begin']
  }
  const { holds, actions } = plan(s, now, settingOf(ports, serviceStream(name, service)))
  return [...holds, ...actions.flatMap(({ event }) => (event.type === 'StartsIntended' ? [aboutToStart(event.tasks.length)] : []))]
}

export function deploymentView({ picture: _, ...record }: DeploymentRecord) {
  return record
}

export type RevisionView = {
  readonly service: string
  readonly revision: number
  readonly at: number
  readonly deployment: number
  readonly image?: string
  readonly stable: boolean
  readonly proven?: { readonly deployment: number; readonly at: number }
  readonly current: boolean
  readonly differences: readonly SpecDifference[]
}

/** Newest first. */
export async function history(ports: QueryPorts, name: string, service?: string) {
  const stack = await stackOrThrow(ports, name)
  if (service !== undefined && !stack.services[service]) throw new CodedError('LS-NOT-FOUND', `there is no service ${service} in ${name}`)
  const concerned = Object.entries(stack.services).filter(([other]) => service === undefined || other === service)
  return {
    stack: name,
    deployments: stack.deployments
      .filter(record => service === undefined || record.changed.includes(service))
      .map(deploymentView)
      .reverse(),
    revisions: concerned.flatMap(([other, wished]) => revisionsOf(other, wished)),
  }
}

function revisionsOf(service: string, wished: StackService): readonly RevisionView[] {
  const revisions = Object.values(wished.revisions).sort((a, b) => a.number - b.number)
  const views = revisions.map((revision, index) => ({
    service,
    revision: revision.number,
    at: revision.at,
    deployment: revision.deployment,
    image: revision.spec.image,
    stable: wished.stables.includes(revision.number),
    proven: revision.proven,
    current: !isRemoved(wished) && wished.wish.revision === revision.number,
    differences: diffSpecs(index === 0 ? undefined : taskSpec(revisions[index - 1]!.spec), taskSpec(revision.spec)),
  }))
  return views.reverse()
}

/** From rows: as old as their versions say. */
export async function listStacks(ports: Pick<QueryPorts, 'readModel'>) {
  const rows = await ports.readModel.rows()
  type Stacks = ReturnType<typeof import('./views.ts').stackView>
  type Services = ReturnType<typeof serviceView>
  const services = Map.groupBy(
    rows.filter(row => parseStream(row.stream).kind === 'service'),
    row => parseStream(row.stream).stack,
  )
  const stacks = rows.filter(row => parseStream(row.stream).kind === 'stack')
  return stacks.flatMap(row => {
    const { stack } = parseStream(row.stream)
    const view = row.view as Stacks
    const live = Object.entries(view.services).filter(([, service]) => !(service.removed && service.outcome === 'ok'))
    if (live.length === 0) return []
    const views = (services.get(stack) ?? []).map(other => other.view as Services)
    const sum = (of: (view: Services) => number) => views.reduce((total, view) => total + of(view), 0)
    return [
      {
        stack,
        deployment: view.deployment,
        outcome: view.outcome,
        services: live.length,
        available: sum(v => v.available),
        desired: sum(v => v.desired),
      },
    ]
  })
}

export type AnyEvent = StackEvent | ServiceEvent
