import { isLeaving, isOfWish, type Service, type Task } from '../domain/service.ts'
import { type Limits, type Policy, policyOf } from './policy.ts'

/** A service's tasks, sorted by what a plan needs to know of them. */
export type View = {
  readonly s: Service
  readonly policy: Policy
  /** The deployment failed and nothing else was asked, or it is paused: only what dies is replaced (M8). */
  readonly held: boolean
  /** Held by a person until `resume`: tasks beyond what is desired stay, and nothing is judged. */
  readonly paused: boolean
  /** The revision that starts are of. */
  readonly revision: number
  readonly restarts: number
  readonly desired: number
  /** Available tasks never fall below this by our doing (invariant 7). */
  readonly floor: number
  /** By intent, oldest first. */
  readonly all: readonly Task[]
  readonly live: readonly Task[]
  /** Those that their runtime will end: they serve on until they are replaced, and count for nothing that is wished. */
  readonly doomed: readonly Task[]
  /** Live tasks of the revision to be, and the others. */
  readonly next: readonly Task[]
  readonly old: readonly Task[]
  readonly total: number
}

export function desiredOf(s: Service): number {
  if (!s.wish || s.wish.cause === 'remove' || s.wish.stopped) return 0
  return Math.max(0, s.scale.replicas - s.finished.ok - s.finished.failed)
}

/** M8: `total` leaves out draining tasks when start-first, and counts them until the stopped fact when stop-first. */
export function viewOf(s: Service, limits: Limits): View {
  const desired = desiredOf(s)
  const policy = policyOf(s, desired, limits)
  const paused = s.wish?.paused !== undefined && s.deployment !== undefined && desired > 0
  const held = paused || s.ended?.outcome === 'failed'
  const heldAt = held ? s.stable : undefined
  const isNext = (task: Task) => (heldAt === undefined ? isOfWish(task, s.wish) : task.revision === heldAt)
  const all = Object.values(s.tasks) // as the fold keeps them
  const live = all.filter(task => !isLeaving(task) && task.unhealthyAt === undefined && !task.leaving)
  return {
    s,
    policy,
    held,
    paused,
    revision: heldAt ?? s.wish?.revision ?? 0,
    restarts: s.wish?.restarts ?? 0,
    desired,
    floor: Math.max(0, desired - policy.unavailable),
    all,
    live,
    doomed: all.filter(task => task.leaving && !isLeaving(task) && task.unhealthyAt === undefined),
    next: live.filter(isNext),
    old: live.filter(task => !isNext(task)),
    total: policy.order === 'stop-first' ? all.filter(task => task.state !== 'refused').length : live.length,
  }
}

/** M7: a task of the revision being deployed counts from its recorded verdict, every other from ready. */
export function isAvailable({ s }: Pick<View, 's'>, task: Task): boolean {
  if (task.available) return true
  return task.readyAt !== undefined && !(s.deployment && isOfWish(task, s.wish) && s.wish?.revision !== s.stable)
}

/** Ready, and still to prove itself (M7). */
export const isOnProbation = (view: Pick<View, 's'>, task: Task): task is Task & { readonly readyAt: number } =>
  task.readyAt !== undefined && !isAvailable(view, task)

/** E8: a writer waits for the stopped fact of every task of another revision, a refused start's until it cannot be repeated. */
export const blockers = ({ policy, all, revision, restarts }: View): readonly Task[] =>
  policy.writer ? all.filter(task => task.revision !== revision || task.restarts !== restarts) : []
