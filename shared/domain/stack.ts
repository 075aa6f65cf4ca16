import { type Answered, type CommandRefused, type Commit, remember } from './commit.ts'
import type { ScalePolicy } from './scale-policy.ts'
import type { ServiceSpec } from './spec.ts'
import { taskSpec } from './task-spec.ts'

/**
 * The stack owns the spec (L2): what is wished of each service, how each wish ended, and what to roll back to. Its stream is the ordered
 * list of everything that was asked of it.
 */
export type Outcome = 'ok' | 'failed'
export type Cause = 'up' | 'rollback' | 'remove' | 'restart' | 'stop' | 'start'

/** The change of one service's wish. `spec` stands in the commit that first names the revision, and is known afterwards. */
export type WishChange =
  | {
      readonly run: { readonly revision: number; readonly restarts: number; readonly stopped: boolean }
      readonly spec?: ServiceSpec
      /** What the file says; absent when it says nothing or when no file was deployed. */
      readonly replicas?: number
      /** What the file says of scaling, null for nothing; absent when it is what the revision's first file said, or when no file was deployed. */
      readonly scale?: ScalePolicy | null
    }
  | { readonly remove: true }

export type StackEvent =
  | {
      readonly type: 'WishesChanged'
      readonly cause: Cause
      /** Deployments of a stack are numbered 1, 2, 3 …, rollbacks and removals included. */
      readonly deployment: number
      readonly wishes: Readonly<Record<string, WishChange>>
      /** The deployment that a rollback of the whole stack goes back to. */
      readonly to?: number
      readonly why?: string
      /** With a removal: the stack's volumes go too. */
      readonly volumes?: true
    }
  | { readonly type: 'NothingChanged' }
  /** Services of the deployment under way are held where they are, or go on. */
  | { readonly type: 'PauseChanged'; readonly paused: boolean; readonly services: readonly string[] }
  | {
      readonly type: 'ServiceSettled'
      readonly service: string
      readonly stamp: number
      readonly outcome: Outcome
      readonly why: string
      /** No task of the revision ran. */
      readonly provesNothing?: true
    }
  | CommandRefused

/** `spec`: as the file first had it; how it is scaled is the wish's to say. */
export type Revision = {
  readonly number: number
  readonly spec: ServiceSpec
  /** The deployment that first named it, and when. */
  readonly deployment: number
  readonly at: number
  /** The deployment by which it first ended well, and when. */
  readonly proven?: { readonly deployment: number; readonly at: number }
}

/** Who asked for a deployment to be held, and when. */
export type Pause = { readonly by: string; readonly at: number }

export const pausedText = ({ by, at }: Pause): string => `resume: paused by ${by} at ${new Date(at).toISOString().slice(0, 19)}Z`

export type StackWish = {
  /** Version of the last stack commit that touched this wish (L2). */
  readonly stamp: number
  readonly cause: Cause
  readonly deployment: number
  readonly revision: number
  /** How often a restart was asked for: tasks of an older count are replaced. */
  readonly restarts: number
  readonly stopped: boolean
  /** Until `resume`, or until another deployment takes its place. */
  readonly paused?: Pause
  /** The last number that a file gave, and the commit that gave it (M1). */
  readonly replicas: number
  readonly replicasBy: number
  /** As the last file had it: a rollback leaves it, like the scale itself. */
  readonly scale?: ScalePolicy
}

export type StackService = {
  readonly wish: StackWish
  readonly outcome?: Outcome
  readonly why?: string
  readonly revisions: Readonly<Record<number, Revision>>
  readonly lastRevision: number
  /** Revisions that ended well in this life of the service, oldest first. */
  readonly stables: readonly number[]
}

export type DeploymentRecord = {
  readonly number: number
  readonly version: number
  readonly at: number
  readonly actor: string
  readonly cause: Cause
  readonly to?: number
  readonly why?: string
  readonly changed: readonly string[]
  /** The revision of each service that is not removed, once the deployment is over. */
  readonly picture: Readonly<Record<string, number>>
  readonly outcome?: Outcome | 'superseded'
  /** Which service failed it, and why. */
  readonly failed?: string
  readonly endedAt?: number
}

export type Stack = {
  readonly version: number
  readonly at: number
  readonly services: Readonly<Record<string, StackService>>
  readonly deployments: readonly DeploymentRecord[]
  readonly lastDeployment: number
  /** The last removal asked for the volumes to go too. */
  readonly removesVolumes: boolean
  readonly answered: readonly Answered[]
}

export const emptyStack: Stack = {
  version: 0,
  at: 0,
  services: {},
  deployments: [],
  lastDeployment: 0,
  removesVolumes: false,
  answered: [],
}

/** Revisions and deployments kept for rolling back; older ones stay in the log. */
const KEPT = 50

export const isRemoved = (service: StackService): boolean => service.wish.cause === 'remove'
/** The stack is gone, or never was: every service is removed. */
export const isGone = (stack: Stack): boolean =>
  Object.values(stack.services).every(service => isRemoved(service) && service.outcome === 'ok')

/** The spec of the wished revision, scaled as wished; undefined where it is not kept. */
export function wishedSpec({ wish, revisions }: StackService): ServiceSpec | undefined {
  const spec = revisions[wish.revision]?.spec
  return spec && { ...taskSpec(spec), ...(wish.scale && { scale: wish.scale }) }
}

export const pictureOf = (services: Readonly<Record<string, StackService>>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(services)
      .filter(([, service]) => !isRemoved(service))
      .map(([name, service]) => [name, service.wish.revision]),
  )

export function evolveStack(stack: Stack, commit: Commit<StackEvent>): Stack {
  const next = commit.events.reduce((state, event) => apply(state, event, commit), stack)
  return { ...next, version: commit.version, at: commit.at, answered: remember(stack.answered, commit) }
}

function apply(stack: Stack, event: StackEvent, commit: Commit<StackEvent>): Stack {
  switch (event.type) {
    case 'WishesChanged':
      return changeWishes(stack, event, commit)
    case 'ServiceSettled':
      return settle(stack, event, commit.at)
    case 'PauseChanged':
      return changePause(stack, event, commit)
    case 'NothingChanged':
    case 'CommandRefused':
      return stack
    default:
      throw new UnknownEvent(event)
  }
}

/** L9: an event of a newer release makes a handler fail and retry, never skip. */
export class UnknownEvent extends Error {
  constructor(event: { readonly type: string }) {
    super(`unknown event type ${event.type}: it was written by a newer release`)
  }
}

function changeWishes(stack: Stack, event: StackEvent & { type: 'WishesChanged' }, commit: Commit): Stack {
  const services = { ...stack.services }
  for (const [name, change] of Object.entries(event.wishes)) {
    const changed = changeWish(services[name], change, event, commit)
    if (changed) services[name] = changed
  }
  const record: DeploymentRecord = {
    number: event.deployment,
    version: commit.version,
    at: commit.at,
    actor: commit.actor,
    cause: event.cause,
    to: event.to,
    why: event.why,
    changed: Object.keys(event.wishes).sort(),
    picture: pictureOf(services),
  }
  const earlier = stack.deployments.map(past =>
    past.outcome ? past : { ...past, outcome: 'superseded' as const, ...failureOf(past, stack.services), endedAt: commit.at },
  )
  return {
    ...stack,
    services,
    deployments: [...earlier, record].slice(-KEPT),
    lastDeployment: event.deployment,
    removesVolumes: event.volumes ?? false,
  }
}

/** What became of a deployment of which services failed: told is one that failed by itself, not by what it depends on. */
function failureOf(
  { changed }: DeploymentRecord,
  services: Readonly<Record<string, StackService>>,
): { readonly outcome: 'failed'; readonly failed: string } | undefined {
  const failed = changed.filter(name => services[name]?.outcome === 'failed')
  const dependsOn = (name: string) => Object.keys(services[name]!.revisions[services[name]!.wish.revision]?.spec.dependsOn ?? {})
  const own = failed.find(name => !dependsOn(name).some(other => failed.includes(other)))
  return own === undefined ? undefined : { outcome: 'failed', failed: `${own}: ${services[own]!.why}` }
}

function changeWish(
  old: StackService | undefined,
  change: WishChange,
  event: { readonly cause: Cause; readonly deployment: number },
  commit: Commit,
): StackService | undefined {
  const stamped = { stamp: commit.version, deployment: event.deployment }
  if ('remove' in change)
    return old && { ...old, outcome: undefined, why: undefined, wish: { ...old.wish, ...stamped, cause: 'remove', paused: undefined } }
  const { run, spec, replicas } = change
  const setsReplicas = !old || isRemoved(old) || (replicas !== undefined && replicas !== old.wish.replicas)
  const beginsAnew = event.cause === 'up' && old !== undefined && isRemoved(old) // a rollback brings the former life back
  const revision = spec && { number: run.revision, spec, deployment: event.deployment, at: commit.at }
  const filed = change.scale === undefined ? (spec ?? old?.revisions[run.revision]?.spec)?.scale : (change.scale ?? undefined)
  const scale = event.cause === 'up' ? filed : old?.wish.scale
  return {
    wish: {
      ...stamped,
      cause: event.cause,
      ...run,
      replicas: replicas ?? (beginsAnew ? undefined : old?.wish.replicas) ?? 1,
      replicasBy: setsReplicas ? commit.version : old.wish.replicasBy,
      ...(scale && { scale }),
    },
    revisions: revision ? keepNewest({ ...old?.revisions, [run.revision]: revision }, old) : (old?.revisions ?? {}),
    lastRevision: Math.max(run.revision, old?.lastRevision ?? 0),
    stables: old && !isRemoved(old) ? old.stables : [],
  }
}

/** A new stamp, so that the service hears of it (L2); what was settled meanwhile has nothing to hold. */
function changePause(stack: Stack, { paused, services }: StackEvent & { type: 'PauseChanged' }, { version, at, actor }: Commit): Stack {
  const open = services.filter(name => stack.services[name] && stack.services[name].outcome === undefined)
  const held = open.map((name): [string, StackService] => {
    const { paused: _, ...wish } = stack.services[name]!.wish
    return [name, { ...stack.services[name]!, wish: { ...wish, stamp: version, ...(paused && { paused: { by: actor, at } }) } }]
  })
  return { ...stack, services: { ...stack.services, ...Object.fromEntries(held) } }
}

function keepNewest(revisions: Readonly<Record<number, Revision>>, old: StackService | undefined): Readonly<Record<number, Revision>> {
  const needed = new Set([old?.wish.revision, ...(old?.stables.slice(-KEPT) ?? [])])
  const numbers = Object.keys(revisions).map(Number)
  if (numbers.length <= KEPT) return revisions
  const newest = new Set(numbers.sort((a, b) => a - b).slice(-KEPT))
  return Object.fromEntries(Object.entries(revisions).filter(([number]) => newest.has(Number(number)) || needed.has(Number(number))))
}

function settle(stack: Stack, event: StackEvent & { type: 'ServiceSettled' }, at: number): Stack {
  const service = stack.services[event.service]
  if (!service || service.wish.stamp !== event.stamp) return stack
  const services = { ...stack.services, [event.service]: settled(service, event, at) }
  const open = Object.values(services).some(other => other.outcome === undefined)
  const end = (past: DeploymentRecord): DeploymentRecord =>
    open || past.outcome || past.number !== stack.lastDeployment
      ? past
      : { ...past, outcome: 'ok', ...failureOf(past, services), endedAt: at }
  return { ...stack, services, deployments: stack.deployments.map(end) }
}

function settled(service: StackService, event: StackEvent & { type: 'ServiceSettled' }, at: number): StackService {
  const { outcome, why, provesNothing } = event
  const { revision, deployment } = service.wish
  if (outcome === 'failed') return { ...service, outcome, why }
  if (isRemoved(service)) return { ...service, outcome, why, stables: [] }
  if (service.wish.stopped || provesNothing) return { ...service, outcome, why }
  const stables = [...service.stables.filter(stable => stable !== revision), revision].slice(-KEPT)
  const kept = service.revisions[revision]
  const revisions = kept && !kept.proven ? { ...service.revisions, [revision]: { ...kept, proven: { deployment, at } } } : service.revisions
  return { ...service, outcome, why, stables, revisions }
}
