import type { Outcome } from '../domain/stack.ts'
import type { Action, Reading } from './action.ts'
import { hasGivenUp, whyGivenUp } from './restart-limits.ts'
import { isAvailable, isOnProbation, type View } from './view.ts'

/** Reset at each new maximum of available tasks (DESIGN section 7, Kubernetes progressDeadlineSeconds). */
export const PROGRESS_DEADLINE = 600_000

const onProbation = (view: View) => view.live.filter(task => isOnProbation(view, task))
const readyLongEnough = ({ policy }: View, task: { readonly readyAt: number }, at: number) => at >= task.readyAt + policy.monitor
const pastDeadline = ({ s, paused }: View, at: number) =>
  !paused && s.deployment !== undefined && at >= s.deployment.progressAt + PROGRESS_DEADLINE

/** M7: ready for `monitor`, and still running by a look made after that. */
export function judgeTasks(view: View, reading?: Reading): readonly Action[] {
  if (!reading) return []
  const good = onProbation(view).filter(task => readyLongEnough(view, task, reading.at) && reading.running.has(task.id))
  return good.map(task => ({
    event: { type: 'TaskAvailable', id: task.id, asOf: reading.asOf },
    why: `task ${task.number} was ready for ${view.policy.monitor / 1000} s`,
  }))
}

/** Whether a moment has passed at which only a look can tell what comes next. */
export const verdictsDue = (view: View, now: number): boolean =>
  pastDeadline(view, now) || onProbation(view).some(task => readyLongEnough(view, task, now))

export function judgeDeployment(view: View, now: number, reading?: Reading): Action | undefined {
  const d = view.s.deployment
  if (!d || view.paused) return undefined
  const end = (outcome: Outcome, why: string): Action => ({ event: { type: 'DeploymentEnded', stamp: d.stamp, outcome, why }, why })
  const done = isDone(view)
  if (done) return end('ok', done)
  const broken = whyBroken(view)
  if (broken) return end('failed', broken)
  const progresses = judgeTasks(view, reading).length > 0 || onProbation(view).some(task => !readyLongEnough(view, task, now)) // the next look tells
  if (reading && pastDeadline(view, reading.at) && pastDeadline(view, now) && wasAttended(reading) && !progresses)
    return end('failed', whyStuck(view))
  return undefined
}

/** T5: what Longshore slept through counts for no deadline; on AWS no clock steps tell of it. */
export const wasAttended = ({ at, attendedSince = 0 }: Reading): boolean => at >= attendedSince + PROGRESS_DEADLINE

/** What a service is in the end of which no task is wished. */
const restOf = ({ wish }: View['s']) => (wish?.cause === 'remove' ? 'removed' : wish?.stopped ? 'stopped' : undefined)

function isDone(view: View): string | undefined {
  const { s, desired, next, old, all } = view
  const rest = restOf(s)
  if (rest) return all.some(task => task.state !== 'refused') ? undefined : rest
  if (s.finished.failed > 0 || old.length > 0 || next.length !== desired) return undefined
  if (!next.every(task => isAvailable(view, task))) return undefined
  return s.finished.ok > 0 && desired === 0
    ? 'ran to completion'
    : desired === 0
      ? 'nothing to run'
      : `${desired} of ${desired} tasks are available`
}

/** The circuit breaker of ECS, Swarm's max_failure_ratio, and what may not be restarted. */
function whyBroken(view: View): string | undefined {
  const { s, policy, desired } = view
  const d = s.deployment!
  const said = d.lastFailure ? `: ${d.lastFailure}` : ''
  if (restOf(s)) return undefined // whatever ends meanwhile, and however, was to end
  if (s.finished.failed > 0) return `a task ended and may not be restarted${said}`
  if (hasGivenUp(view)) return `${whyGivenUp(view)}${said}`
  if (policy.failureAction === 'continue') return undefined
  const { maxFailureRatio } = policy
  if (maxFailureRatio !== undefined && d.failures > maxFailureRatio * desired)
    return `${tasks(d.failures)} failed, more than max_failure_ratio allows${said}`
  const limit = Math.min(200, Math.max(3, Math.ceil(desired / 2)))
  return d.successes === 0 && d.failures >= limit
    ? `${tasks(d.failures)} failed before one was available (limit ${limit})${said}`
    : undefined
}

function whyStuck({ s, next, desired }: View): string {
  const ready = next.filter(task => task.readyAt !== undefined).length
  const said = s.deployment?.lastFailure ? `; the last failure: ${s.deployment.lastFailure}` : ''
  return `no progress for ${PROGRESS_DEADLINE / 60_000} minutes: ${ready} of ${desired} tasks ready${said}`
}

const tasks = (count: number) => (count === 1 ? '1 task' : `${count} tasks`)
