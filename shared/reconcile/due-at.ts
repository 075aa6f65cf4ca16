import type { Service, Task } from '../domain/service.ts'
import type { Setting } from './action.ts'
import { plan } from './plan.ts'
import type { Limits } from './policy.ts'
import { backoffUntil, hasGivenUp } from './restart-limits.ts'
import { delayUntil, missing } from './starts.ts'
import { PROGRESS_DEADLINE } from './verdicts.ts'
import { isProtected, leavesAt } from './victims.ts'
import { blockers, isOnProbation, type View, viewOf } from './view.ts'

/** E2: an intent of unknown outcome is executed again for this long, well inside the life of a client token. */
export const EXECUTABLE_FOR = 30 * 60_000
/** What waits for somebody else is looked at again no sooner. */
const SHORTEST_WAIT = 1_000

/**
 * T1: when the service must be looked at next; undefined when nothing is waited for. A pure function of the folded state: whoever reads it
 * later may be late, never wrong.
 */
export function serviceDueAt(s: Service, setting: Setting): number | undefined {
  const view = viewOf(s, setting.limits)
  const due = view.all.flatMap(task => taskDueAt(view, task, setting.limits))
  if (plan(s, s.at, setting).actions.length > 0) due.push(s.at) // what can be done now is due now, else a lost pointer waits for a deadline
  if (s.deployment && !view.paused) due.push(s.deployment.progressAt + PROGRESS_DEADLINE)
  if (missing(view) > 0 && blockers(view).length === 0 && !hasGivenUp(view)) due.push(Math.max(s.at, backoffUntil(view), delayUntil(view)))
  const delayed = delayUntil(view) // holds back stop-first's drains as well, where there is one to make: else it would be looked at for nothing, each second
  if (delayed > s.at && plan(s, delayed, setting).actions.length > 0) due.push(delayed)
  const kept = (view.held ? view.live : view.next).filter(task => isProtected(view, task, s.at))
  if ((view.held ? view.live : view.next).length > view.desired) due.push(...kept.map(task => task.protectedUntil!))
  return due.length ? Math.min(...due) : undefined
}

function taskDueAt(view: View, task: Task, limits: Limits): readonly number[] {
  if (task.state === 'refused') return [repeatableUntil(task, limits)]
  if (task.stop) return [stopDue(view, task, limits)]
  if (task.drain) return [task.drain.at + (limits.routing?.settledAfter ?? SHORTEST_WAIT)]
  if (task.state === 'intended') return [task.intent.at + limits.timeout]
  if (task.leaving) return [leavesAt(task, view)]
  return isOnProbation(view, task) ? [task.readyAt + view.policy.monitor] : []
}

/** A stop that was asked for is asked again when the task should be gone by now. */
const stopDue = ({ s }: Pick<View, 's'>, task: Task, limits: Limits) =>
  task.stop!.at + limits.timeout + (s.specs[task.revision]?.stopGracePeriod ?? 0)

/** A run that read the fold just before the refusal may still be frozen in front of its call; it is over a timeout later. */
const repeatableUntil = (task: Task, limits: Limits) => (task.refusedAt ?? 0) + limits.timeout + limits.absentAfter

/** T1, T3: how long a run that found nothing to append waits for the next look; what a router does not version costs calls of AWS. */
export const lookAgainAfter = ({ routing }: Limits): number => routing?.lookEach ?? SHORTEST_WAIT

/** E2: the run that committed an intent executes it at once, others when that run must be over. */
export const isExecutable = (task: Task, now: number, limits: Limits): boolean =>
  task.state === 'intended' && now >= task.intent.at + limits.timeout && now < task.intent.at + EXECUTABLE_FOR

/** Likewise for stops: by the run that committed the intent, by others when that run must be over and the task gone. */
export const isStoppable = (s: Service, task: Task, now: number, limits: Limits): boolean =>
  task.stop !== undefined && now >= stopDue({ s }, task, limits)

/** E2: settled by a lookup only when the last run that may execute it is over too. */
export const isLookedUp = (task: Task, now: number, limits: Limits): boolean =>
  task.state === 'refused'
    ? now >= repeatableUntil(task, limits)
    : task.state === 'intended' && now >= task.intent.at + EXECUTABLE_FOR + limits.timeout
