import { parseStream, serviceStream, stackStream } from '../domain/commit.ts'
import type { Service, Wish } from '../domain/service.ts'
import { decideWish } from '../domain/service-decide.ts'
import { isGone, type Stack, type StackService, wishedSpec } from '../domain/stack.ts'
import { decideStack } from '../domain/stack-decide.ts'
import { stackDueAt } from '../domain/stack-due.ts'
import { handOver } from '../domain/stack-order.ts'
import { type By, onService, onStack } from './append.ts'
import { dropUnused } from './drop-unused.ts'
import { foldService, foldStack } from './folds.ts'
import { portClaims } from './port-claims.ts'
import type { LogPorts, Ports } from './ports.ts'
import { progressOf } from './progress.ts'

export type ConductPorts = LogPorts & Pick<Ports, 'runtime' | 'router' | 'claims' | 'setting' | 'readModel' | 'wakes'>

/** The stack's process (L2): outcomes of services go up, wishes go down, in the order that the stack asks for. */
export async function conduct(ports: ConductPorts, anyStream: string): Promise<void> {
  const { stack: name } = parseStream(anyStream)
  const stream = stackStream(name)
  const services = await takeOutcomes(ports, stream, await foldStack(ports, stream))
  const stack = await foldStack(ports, stream)
  const by = { actor: 'conduct', causedBy: `${stream} ${stack.version}` }
  for (const [service, wished] of openServices(stack)) {
    const decision = handOver(stack, service, other => progressOf(services.get(other), stack.services[other]))
    const isNews = services.get(service)?.wish?.stamp !== wished.wish.stamp
    const taken = 'now' in decision && isNews ? await portTaken(ports, stream, wished) : undefined
    if (taken) {
      await settle(ports, stream, service, { stamp: wished.wish.stamp, outcome: 'failed', why: taken })
      continue
    }
    if ('failed' in decision) await settle(ports, stream, service, { stamp: wished.wish.stamp, outcome: 'failed', why: decision.failed })
    if ('now' in decision) await onService(ports, serviceStream(name, service), s => decideWish(s, wishOf(wished)), by)
  }
  if (ports.clock.now() >= (stackDueAt(stack) ?? Number.POSITIVE_INFINITY)) await wakeUnheard(ports, services, name)
  if (isGone(stack) && stack.version > 0) await clearAway(ports, name, stack)
}

/**
 * A service whose every pointer was lost is in no due index, and the audit's hour is longer than the progress deadline: while its stack is being
 * deployed and stands still, this look finds it each minute.
 */
async function wakeUnheard(ports: ConductPorts, services: ReadonlyMap<string, Service>, name: string): Promise<void> {
  for (const [service, s] of services) {
    const stream = serviceStream(name, service)
    const row = await ports.readModel.row(stream)
    if (s.version > (row?.version ?? 0)) await ports.wakes.send('reconcile', stream, s.at, 0)
  }
}

/** L10: a rollback brings ports back that nobody claimed; a deployment's own are taken already. Answers who has one, if another stack does. */
async function portTaken(ports: ConductPorts, stream: string, { wish, revisions }: StackService): Promise<string | undefined> {
  if (wish.cause === 'remove') return undefined
  for (const name of portClaims(revisions[wish.revision]?.spec.ports ?? [])) {
    if ((await ports.claims.owner(name)) === stream) continue
    const claim = await ports.claims.take(name, stream, ports.clock.now())
    if (!claim.taken) return `port ${name.split('/')[1]} is published by stack ${parseStream(claim.owner).stack}`
  }
  return undefined
}

/** What a stack leaves when its last service is removed. Each part may be done again without harm. */
async function clearAway(ports: ConductPorts, name: string, stack: Stack): Promise<void> {
  await ports.runtime.removeStack(name, { volumes: stack.removesVolumes, madeSince: madeBy(ports) })
  for (const claim of await ports.claims.list()) if (claim.owner === stackStream(name)) await ports.claims.release(claim.name, claim.owner)
  await dropUnused(ports)
}

/** E3: requests of an earlier run of the host have all landed a minute after this one began; until then only its own tasks are cleared. */
function madeBy({ clock, setting }: ConductPorts): number {
  const isAlone = clock.now() > setting.orphanedBefore + setting.limits.absentAfter
  return isAlone ? 0 : setting.orphanedBefore
}

const openServices = (stack: Stack): readonly (readonly [string, StackService])[] =>
  Object.entries(stack.services).filter(([, service]) => service.outcome === undefined)

/** What conduct hands over, whole: the stack's wish with the spec of its revision. */
function wishOf(service: StackService): Wish {
  const { scale: _, ...wish } = service.wish
  const spec = wishedSpec(service)
  if (!spec) throw new Error(`revision ${wish.revision} is wished, and its spec is not kept`)
  return { ...wish, spec }
}

async function takeOutcomes(ports: LogPorts, stream: string, stack: Stack): Promise<ReadonlyMap<string, Service>> {
  const { stack: name } = parseStream(stream)
  const folded = new Map<string, Service>()
  for (const [service, { wish }] of openServices(stack)) {
    const s = await foldService(ports, serviceStream(name, service))
    folded.set(service, s)
    if (s.ended?.stamp === wish.stamp)
      await settle(ports, stream, service, s.ended, { actor: 'conduct', causedBy: `${serviceStream(name, service)} ${s.version}` })
  }
  for (const service of dependencies(stack))
    if (!folded.has(service)) folded.set(service, await foldService(ports, serviceStream(name, service)))
  return folded
}

/** What open services depend on: a dependency that is done may still have to complete. */
const dependencies = (stack: Stack): ReadonlySet<string> =>
  new Set(openServices(stack).flatMap(([, { wish, revisions }]) => Object.keys(revisions[wish.revision]?.spec.dependsOn ?? {})))

type Ended = NonNullable<Service['ended']>
const settle = (ports: LogPorts, stream: string, service: string, ended: Ended, by: By = { actor: 'conduct' }) =>
  onStack(ports, stream, stack => decideStack(stack, { type: 'settle', service, ...ended }), by)
