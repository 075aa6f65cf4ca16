import { isLeaving, type Task } from '../domain/service.ts'
import type { Action } from './action.ts'
import { delayUntil } from './starts.ts'
import { isAvailable, type View } from './view.ts'

/** A late tick: how long a home host may have been frozen between reading the clock and committing (T5). */
const LATE_TICK = 30_000

/** E5: a commit's `at` is older than the commit by as long as its run froze before the put. */
export const drainDeadline = (drainAt: number, { policy }: Pick<View, 'policy'>): number =>
  drainAt + policy.drain + Math.max(policy.timeout, LATE_TICK)

/** E5: stopped after the last request, or the deadline. */
export function stopDrained(view: View, now: number): readonly Action[] {
  const waiting = view.all.filter(task => task.drain && task.stop === undefined)
  const drained = waiting.filter(task => task.drained).map(task => task.id)
  const late = waiting.filter(task => !task.drained && now >= drainDeadline(task.drain!.at, view)).map(task => task.id)
  return [...stop(drained, 'its last request is done'), ...stop(late, 'past the drain deadline, with requests still open')]
}
const stop = (ids: readonly string[], why: string): readonly Action[] =>
  ids.length ? [{ event: { type: 'StopsIntended', ids, why }, why }] : []

/** What failed its health check serves nobody: it leaves at once, whatever the budget, and is replaced like one that died. */
export function unhealthyDrains({ all }: View): readonly Action[] {
  return drain(
    all.filter(task => task.unhealthyAt !== undefined && !isLeaving(task)),
    'unhealthy',
  )
}

/** When one that its runtime will end must begin to drain, replaced or not: its last requests need the drain's time. */
export const leavesAt = (task: Task, { policy }: Pick<View, 'policy'>): number => task.leaving!.by - policy.drain

/**
 * Spot, retirement: replaced first, then drained like any other; at once where two must not run side by side, or where as many as are
 * desired are available without it.
 */
export function doomedDrains(view: View, now: number): readonly Action[] {
  const available = view.live.filter(task => isAvailable(view, task)).length
  const isReplaced = view.policy.order === 'stop-first' || available >= view.desired
  const go = view.doomed.filter(task => task.state !== 'intended' && (isReplaced || now >= leavesAt(task, view)))
  return drain(go, 'its runtime will end it')
}

const drain = (tasks: readonly Task[], why: string): readonly Action[] =>
  tasks.length ? [{ event: { type: 'DrainStarted', ids: tasks.map(task => task.id), why }, why }] : []

/** Kept from scaling in, for work that must finish; a rollout, a stop and a removal do not ask. */
export const isProtected = ({ s }: Pick<View, 's'>, task: Task, now: number): boolean =>
  s.wish?.cause !== 'remove' && !s.wish?.stopped && (task.protectedUntil ?? 0) > now

/** Why there are more than are wanted. */
export function whyKept(view: View, now: number): readonly string[] {
  const tasks = view.held ? view.live : view.next
  if (tasks.length <= view.desired) return []
  return tasks
    .filter(task => isProtected(view, task, now))
    .map(task => `task ${task.number} is protected from scaling in until ${new Date(task.protectedUntil!).toISOString().slice(0, 19)}Z`)
}

/** Never a start of unknown outcome (E2): its executor may still come. */
export function drains(view: View, now: number): readonly Action[] {
  const known = (task: Task) => task.state !== 'intended'
  if (view.held) return drain(heldVictims(view, now).filter(known), `${view.live.length} live, ${view.desired} desired`)
  const { old, surplus } = rollingVictims(view, now)
  const available = view.live.filter(task => isAvailable(view, task)).length
  return [
    ...drain(old.filter(known), `${available} available, at least ${view.floor} needed: older revisions leave`),
    ...drain(surplus.filter(known), `${view.next.length} live, ${view.desired} desired`),
  ]
}

/**
 * Kubernetes: what is not available goes first, old ones within maxDown = total − floor − (new − newAvailable); what is available only
 * above the floor. Surplus of the present revision: unavailable first, then as in `scaledIn`.
 */
function rollingVictims(view: View, now: number): { readonly old: readonly Task[]; readonly surplus: readonly Task[] } {
  const { desired, floor, live, next, old } = view
  const available = (task: Task) => isAvailable(view, task)
  const lacking = (task: Task) => !available(task)
  const maxDown = Math.max(0, live.length - floor - next.filter(lacking).length)
  const keep = (task: Task) => 2 * Number(available(task)) + Number(task.readyAt !== undefined)
  const surplus = scaledIn(view, now, next, keep).slice(0, Math.max(0, next.length - desired))
  const spare = Math.max(0, live.filter(available).length - floor)
  const stopFirstWaits = view.policy.order === 'stop-first' && now < delayUntil(view)
  const oldSpare = stopFirstWaits ? [] : old.filter(available).slice(0, spare)
  const surplusSpare = surplus.filter(available).slice(0, spare - oldSpare.length)
  return { old: [...old.filter(lacking).slice(0, maxDown), ...oldSpare], surplus: [...surplus.filter(lacking), ...surplusSpare] }
}

/** M8: while held nothing moves but the scale (the surge of a paused rollout stays, for it goes on); what is not available goes first, then the revision that failed. */
function heldVictims(view: View, now: number): readonly Task[] {
  const isNext = new Set(view.next)
  const keep = (task: Task) => 4 * Number(isAvailable(view, task)) + 2 * Number(task.readyAt !== undefined) + Number(isNext.has(task))
  return scaledIn(view, now, view.live, keep).slice(0, Math.max(0, view.live.length - view.desired - (view.paused ? view.policy.surge : 0)))
}

/**
 * What may leave when a service scales in, first to leave first: by `keep`, then what stands after most others of its zone, so that zones
 * stay even (as a ReplicaSet takes the pods of the fullest node), then newest. Without zones: newest. `tasks`: oldest first.
 */
function scaledIn(view: View, now: number, tasks: readonly Task[], keep: (task: Task) => number): readonly Task[] {
  const isKept = (task: Task) => isProtected(view, task, now)
  const bestFirst = [...tasks].sort((a, b) => Number(isKept(b)) - Number(isKept(a)) || keep(b) - keep(a))
  const inZone = new Map<string | undefined, number>()
  const place = new Map<Task, number>()
  for (const task of bestFirst) {
    const before = inZone.get(task.zone) ?? 0
    place.set(task, before)
    inZone.set(task.zone, before + 1)
  }
  return bestFirst
    .filter(task => !isKept(task))
    .reverse()
    .sort((a, b) => keep(a) - keep(b) || place.get(b)! - place.get(a)!)
}
