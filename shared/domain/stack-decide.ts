import type { Refusal } from './commit.ts'
import { canonicalJson } from './hash.ts'
import type { ServiceSpec, StackSpec, WantedService } from './spec.ts'
import { type DeploymentRecord, isRemoved, pictureOf, type Stack, type StackEvent, type StackService, type WishChange } from './stack.ts'
import { taskSpec } from './task-spec.ts'

export type StackCommand =
  | { readonly type: 'up'; readonly spec: StackSpec }
  /** Of the whole stack to deployment `to`, or of one service to its revision `to`; without `to` the newest stable before this. */
  | { readonly type: 'rollback'; readonly service?: string; readonly to?: number }
  | { readonly type: 'remove'; readonly volumes?: boolean }
  | { readonly type: 'restart' | 'stop' | 'start'; readonly services: readonly string[] }
  /** Without services: all that are under way. */
  | { readonly type: 'pause' | 'resume'; readonly services: readonly string[] }
  | { readonly type: 'abort' }
  | ({ readonly type: 'settle' } & Omit<StackEvent & { type: 'ServiceSettled' }, 'type'>)

export type Decision<E> = { readonly events: readonly E[] } | { readonly refusal: Refusal }
const refuse = (code: string, message: string): Decision<never> => ({ refusal: { code, message } })

/** A command that asks for what is there already is answered by NothingChanged; a fact that is known or out of date by no events. */
export function decideStack(stack: Stack, command: StackCommand): Decision<StackEvent> {
  switch (command.type) {
    case 'up':
      return decideUp(stack, command.spec)
    case 'rollback':
      return command.service === undefined ? rollBackStack(stack, command.to) : rollBackService(stack, command.service, command.to)
    case 'remove':
      return decideRemove(stack, command.volumes ?? false)
    case 'restart':
    case 'stop':
    case 'start':
      return decideRunning(stack, command)
    case 'pause':
    case 'resume':
      return decidePause(stack, command)
    case 'abort':
      return decideAbort(stack)
    case 'settle':
      return { events: decideSettled(stack, command) }
  }
}

const liveServices = (stack: Stack) => Object.keys(stack.services).filter(name => !isRemoved(stack.services[name]!))

function wishesChanged(
  stack: Stack,
  cause: (StackEvent & { type: 'WishesChanged' })['cause'],
  wishes: Record<string, WishChange>,
  more = {},
): Decision<StackEvent> {
  if (Object.keys(wishes).length === 0) return { events: [{ type: 'NothingChanged' }] }
  return { events: [{ type: 'WishesChanged', cause, deployment: stack.lastDeployment + 1, wishes, ...more }] }
}

function changeAll(
  stack: Stack,
  cause: 'remove' | 'restart' | 'stop' | 'start',
  names: readonly string[],
  change: (service: StackService) => WishChange,
) {
  return wishesChanged(stack, cause, Object.fromEntries(names.map(name => [name, change(stack.services[name]!)])))
}

/** One commit for the whole file (L1); a service gone from it is removed, one with an equal spec and a good outcome is untouched (L2). */
function decideUp(stack: Stack, spec: StackSpec): Decision<StackEvent> {
  const wishes: Record<string, WishChange> = {}
  for (const [name, wanted] of Object.entries(spec.services)) {
    const change = wishFor(stack.services[name], wanted)
    if (change) wishes[name] = change
  }
  for (const name of liveServices(stack)) if (!spec.services[name]) wishes[name] = { remove: true }
  return wishesChanged(stack, 'up', wishes)
}

/** Undefined when nothing changes. */
export function wishFor(service: StackService | undefined, { spec, replicas }: WantedService): WishChange | undefined {
  const known = service && revisionOf(service, spec)
  const restarts = service?.wish.restarts ?? 0
  if (known === undefined) return { run: { revision: (service?.lastRevision ?? 0) + 1, restarts, stopped: false }, spec, replicas }
  const same = known === service!.wish.revision && !isRemoved(service!) && !service!.wish.stopped
  const sameReplicas = replicas === undefined || replicas === service!.wish.replicas
  const isScaledAs = (scale: ServiceSpec['scale']) => canonicalJson(scale) === canonicalJson(spec.scale)
  if (same && sameReplicas && isScaledAs(service!.wish.scale) && service!.outcome === 'ok') return undefined
  const scale = isScaledAs(service!.revisions[known]!.spec.scale) ? {} : { scale: spec.scale ?? null }
  return { run: { revision: known, restarts, stopped: false }, replicas, ...scale }
}

/** An equal spec is the same revision, so that going back to an earlier file keeps the tasks of it that still run; scaling is no part of it. */
function revisionOf(service: StackService, spec: ServiceSpec): number | undefined {
  const text = canonicalJson(taskSpec(spec))
  return Object.values(service.revisions).findLast(revision => canonicalJson(taskSpec(revision.spec)) === text)?.number
}

/** A removal that failed to end may be asked for again, which hands the wishes over anew. */
function decideRemove(stack: Stack, volumes: boolean): Decision<StackEvent> {
  const names = Object.keys(stack.services).filter(name => !isRemoved(stack.services[name]!) || stack.services[name]!.outcome !== 'ok')
  if (names.length === 0) return refuse('LS-NOT-FOUND', 'there is nothing to take down')
  const wishes = Object.fromEntries(names.map((name): [string, WishChange] => [name, { remove: true }]))
  return wishesChanged(stack, 'remove', wishes, volumes ? { volumes: true } : {})
}

function decideRunning(
  stack: Stack,
  { type, services }: { readonly type: 'restart' | 'stop' | 'start'; readonly services: readonly string[] },
): Decision<StackEvent> {
  const live = liveServices(stack)
  const unknown = services.find(name => !live.includes(name))
  if (unknown) return refuse('LS-NOT-FOUND', `there is no service ${unknown}; this stack has ${live.join(', ') || 'none'}`)
  const names = services.length ? services : live
  const concerned = names.filter(name => (type === 'stop') !== stack.services[name]!.wish.stopped || type === 'restart')
  return changeAll(stack, type, concerned, ({ wish }) => ({
    run: { revision: wish.revision, restarts: wish.restarts + (type === 'restart' ? 1 : 0), stopped: type === 'stop' },
  }))
}

const underWay = (stack: Stack) => Object.keys(stack.services).filter(name => stack.services[name]!.outcome === undefined)
const NOTHING_UNDER_WAY = refuse('LS-NOTHING-UNDER-WAY', 'no deployment is under way')

/** Never past the newest stable deployment: one that restarts, stops or scales the same revisions has nothing to go back to. */
function decideAbort(stack: Stack): Decision<StackEvent> {
  if (underWay(stack).length === 0) return NOTHING_UNDER_WAY
  const stable = thisLife(stack).findLast(past => past.outcome === 'ok')
  if (stable && canonicalJson(stable.picture) === canonicalJson(pictureOf(stack.services)))
    return refuse(
      'LS-NOTHING-TO-ROLL-BACK',
      `the revisions are those of deployment ${stable.number} already: there is nothing to go back to`,
    )
  return rollBackStack(stack)
}

/** A removal is not held: nothing is left that a person could judge meanwhile. */
function decidePause(
  stack: Stack,
  { type, services }: { readonly type: 'pause' | 'resume'; readonly services: readonly string[] },
): Decision<StackEvent> {
  const unknown = services.find(name => !stack.services[name] || isRemoved(stack.services[name]))
  if (unknown) return refuse('LS-NOT-FOUND', `there is no service ${unknown}; this stack has ${liveServices(stack).join(', ') || 'none'}`)
  const open = underWay(stack).filter(name => !isRemoved(stack.services[name]!))
  const asked = open.filter(name => services.length === 0 || services.includes(name))
  if (asked.length === 0) return NOTHING_UNDER_WAY
  const concerned = asked.filter(name => (stack.services[name]!.wish.paused !== undefined) !== (type === 'pause'))
  if (concerned.length === 0) return { events: [{ type: 'NothingChanged' }] }
  return { events: [{ type: 'PauseChanged', paused: type === 'pause', services: concerned }] }
}

/** The outcome and, by policy, the rollback in one commit: nobody can see one without the other (L2). */
function decideSettled(stack: Stack, command: StackCommand & { type: 'settle' }): readonly StackEvent[] {
  const service = stack.services[command.service]
  if (!service || service.outcome || service.wish.stamp !== command.stamp) return []
  const { type: _, ...told } = command
  const { service: name, outcome, why } = command
  const settled: StackEvent = { type: 'ServiceSettled', ...told }
  const action = service.revisions[service.wish.revision]?.spec.update.failureAction ?? 'rollback'
  if (outcome === 'ok' || service.wish.cause !== 'up' || action !== 'rollback') return [settled] // a failed rollback stops and asks
  const to = service.stables.at(-1)
  if (to === undefined || to === service.wish.revision) return [settled]
  return [settled, backTo(stack, { [name]: runOf(service, to) }, `${name}: ${why}`)]
}

const runOf = (service: StackService, revision: number): WishChange => ({
  run: { revision, restarts: service.wish.restarts, stopped: service.wish.stopped },
})
const backTo = (stack: Stack, wishes: Record<string, WishChange>, why?: string, to?: number): StackEvent => ({
  type: 'WishesChanged',
  cause: 'rollback',
  deployment: stack.lastDeployment + 1,
  wishes,
  to,
  why,
})

/** Never to an equal spec (no loops), and never touching the scale. */
function rollBackService(stack: Stack, name: string, to?: number): Decision<StackEvent> {
  const service = stack.services[name]
  if (!service || isRemoved(service)) return refuse('LS-NOT-FOUND', `there is no service ${name}`)
  const target = to ?? service.stables.filter(stable => stable !== service.wish.revision).at(-1)
  if (target === undefined) return refuse('LS-NOTHING-TO-ROLL-BACK', `${name} has no earlier stable revision`)
  if (!service.revisions[target])
    return refuse('LS-NOT-FOUND', `${name} has no revision ${target}; it has ${Object.keys(service.revisions).join(', ')}`)
  if (target === service.wish.revision) return refuse('LS-NOTHING-TO-ROLL-BACK', `${name} is on revision ${target} already`)
  return { events: [backTo(stack, { [name]: runOf(service, target) })] }
}

/** Deployments since the stack was last taken down: what came before is gone back to only by its number. A stack that is down comes back as it was. */
function thisLife({ services, deployments }: Stack): readonly DeploymentRecord[] {
  const isDown = Object.keys(pictureOf(services)).length === 0
  return isDown ? deployments : deployments.slice(deployments.findLastIndex(past => Object.keys(past.picture).length === 0) + 1)
}

/** Every service goes back to what it was when that deployment was over: those that came since are removed, those removed since come again. */
function rollBackStack(stack: Stack, to?: number): Decision<StackEvent> {
  const present = canonicalJson(pictureOf(stack.services))
  const differs = (past: DeploymentRecord) => canonicalJson(past.picture) !== present && Object.keys(past.picture).length > 0
  const target =
    to === undefined
      ? thisLife(stack).findLast(past => past.outcome === 'ok' && differs(past))
      : stack.deployments.find(past => past.number === to)
  if (!target && to !== undefined) return refuse('LS-NOT-FOUND', `there is no deployment ${to}; longshore history lists them`)
  if (!target) return refuse('LS-NOTHING-TO-ROLL-BACK', 'there is no earlier stable deployment that differs from the present one')
  if (!differs(target)) return refuse('LS-NOTHING-TO-ROLL-BACK', `the stack is as it was after deployment ${target.number} already`)
  const wishes: Record<string, WishChange> = {}
  for (const [name, revision] of Object.entries(target.picture)) {
    const service = stack.services[name]!
    if (!service.revisions[revision]) return refuse('LS-NOT-FOUND', `revision ${revision} of ${name} is too old to be kept`)
    if (isRemoved(service) || service.wish.revision !== revision) wishes[name] = runOf(service, revision)
  }
  for (const name of liveServices(stack)) if (!(name in target.picture)) wishes[name] = { remove: true }
  return { events: [backTo(stack, wishes, undefined, target.number)] }
}
