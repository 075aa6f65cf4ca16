import { probedPorts, type Task } from '../domain/service.ts'
import type { ServiceSpec } from '../domain/spec.ts'
import { taskId } from '../domain/task-id.ts'
import type { Action, Setting } from './action.ts'
import { hasGivenUp, whyBackingOff, whyGivenUp } from './restart-limits.ts'
import { blockers, isAvailable, type View } from './view.ts'

/** At most so many starts a commit (E1). */
const BATCH = 100

/** Compose's update_config.delay: the next batch comes no sooner after the last one became available. */
export function delayUntil({ s, policy, old }: Pick<View, 's' | 'policy' | 'old'>): number {
  return s.deployment && s.deployment.most > 0 && old.length > 0 ? s.deployment.progressAt + policy.delay : 0
}

/** New first, as Kubernetes: min(desired + surge − total, desired − new). While held, only what died is replaced (M8). */
export function missing({ held, desired, policy, total, next }: View): number {
  return held ? desired - total : Math.min(desired + policy.surge - total, desired - next.length)
}

export function starts(
  view: View,
  now: number,
  setting: Setting,
): { readonly actions: readonly Action[]; readonly holds: readonly string[] } {
  const count = Math.min(missing(view), BATCH)
  const { s, revision, restarts, desired, next } = view
  if (count <= 0) return { actions: [], holds: waitsFor(view) }
  const hold = whyNotNow(view, now)
  if (hold) return { actions: [], holds: [hold] }
  const tasks = Array.from({ length: count }, (_, index) => {
    const number = s.lastNumber + 1 + index
    return { id: taskId(setting.installation, setting.stream, s.version + 1, index, number), number }
  })
  const why =
    view.old.length > 0
      ? `${count} of ${desired} on revision ${revision}, beside ${view.old.length} older`
      : `${desired - next.length} of ${desired} missing`
  return { actions: [{ event: { type: 'StartsIntended', tasks, revision, restarts, why }, why }], holds: [] }
}

function whyNotNow(view: View, now: number): string | undefined {
  const { policy } = view
  const blocking = blockers(view)
  if (blocking.length)
    return `waits until ${blocking.length} task${blocking.length > 1 ? 's' : ''} of another revision stopped: it writes to a volume`
  if (hasGivenUp(view)) return `${whyGivenUp(view)}: its restart policy allows no more; a restart or a deployment begins anew`
  const backingOff = whyBackingOff(view, now)
  if (backingOff) return backingOff
  if (now < delayUntil(view)) return `waits ${policy.delay / 1000} s between batches, as the file says`
  return undefined
}

/** Undefined for one that is ready. @param spec of its revision */
export function whyNotReady(task: Task, spec?: ServiceSpec): string | undefined {
  if (task.state === 'refused') return 'was refused'
  if (task.state !== 'running') return 'is starting'
  if (task.unhealthyAt !== undefined) return `is unhealthy: ${task.illness}`
  if (task.readyAt !== undefined) return undefined
  if (task.probes?.why) return `runs and is not ready: ${task.probes.why}`
  const ports = spec && task.health === undefined ? probedPorts(spec).map(port => port.target) : []
  if (ports.length) return `runs and does not answer on port ${ports.join(' and ')} yet`
  return `runs and is not ready yet${task.health ? ` (health ${task.health})` : ''}`
}

/** Nothing may start: what does the rollout wait for? */
function waitsFor(view: View): readonly string[] {
  const waiting = view.next.filter(task => !isAvailable(view, task))
  const unknown = view.old.filter(task => task.state === 'intended').map(task => `nobody knows yet whether task ${task.number} started`)
  const told = waiting.map(task => {
    const pending = whyNotReady(task, view.s.specs[task.revision])
    return pending ? `task ${task.number} ${pending}` : `task ${task.number} is ready, watched for ${view.policy.monitor / 1000} s`
  })
  const leaving = view.all.filter(task => task.drain !== undefined || task.stop !== undefined)
  const counts = view.desired === 0 || view.policy.order === 'stop-first' // only then do those that leave hold anything up
  const doomed = view.doomed.map(task => `task ${task.number} will be ended by its runtime: ${task.leaving!.why}`)
  return [
    ...told,
    ...doomed,
    ...unknown,
    ...(counts ? leaving.map(task => `task ${task.number} is ${task.stop ? 'stopping' : 'draining'}`) : []),
  ]
}
