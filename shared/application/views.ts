import type { Service, Task } from '../domain/service.ts'
import { isLeaving, isOfWish } from '../domain/service.ts'
import { isRemoved, type Stack } from '../domain/stack.ts'
import type { Limits } from '../reconcile/policy.ts'
import { isAvailable, viewOf } from '../reconcile/view.ts'

/** What people and lists see of a stream: pure, and without a wall clock (L6). Moments are milliseconds since 1970, as recorded. */

export type TaskView = {
  readonly id: string
  readonly number: number
  readonly revision: number
  readonly state: 'intended' | 'pending' | 'running' | 'ready' | 'available' | 'unhealthy' | 'draining' | 'stopping' | 'refused'
  readonly health?: string
  /** Why it is not ready or unhealthy, or what will end it. */
  readonly why?: string
  readonly createdAt: number
  readonly startedAt?: number
  readonly readyAt?: number
  readonly runtime?: string
  readonly runtimeId?: string
}

export type ServiceView = {
  readonly desired: number
  readonly available: number
  /** Live tasks of the wished revision. */
  readonly updated: number
  readonly live: number
  readonly revision?: number
  readonly image?: string
  readonly command?: readonly string[]
  readonly ports: readonly { readonly published?: number; readonly target: number; readonly protocol: string; readonly layer: string }[]
  readonly deploying: boolean
  readonly failures: number
  readonly lastFailure?: string
  readonly ended?: { readonly stamp: number; readonly outcome: string; readonly why: string }
  readonly finished: { readonly ok: number; readonly failed: number }
  readonly tasks: readonly TaskView[]
}

export type StackView = {
  readonly services: Readonly<
    Record<
      string,
      { readonly revision?: number; readonly removed: boolean; readonly outcome?: string; readonly why?: string; readonly cause: string }
    >
  >
  readonly deployment: number
  readonly outcome?: string
}

export function taskState(task: Task, available: boolean): TaskView['state'] {
  if (task.stop) return 'stopping'
  if (task.drain) return 'draining'
  if (task.unhealthyAt !== undefined) return 'unhealthy'
  if (task.state !== 'running') return task.state
  return available ? 'available' : task.readyAt !== undefined ? 'ready' : 'running'
}

export function serviceView(s: Service, limits: Limits): ServiceView {
  const view = viewOf(s, limits)
  const spec = s.wish?.spec
  return {
    desired: view.desired,
    available: view.live.filter(task => isAvailable(view, task)).length,
    updated: view.live.filter(task => isOfWish(task, s.wish)).length,
    live: view.live.length,
    revision: s.wish?.revision,
    image: spec?.image,
    command: spec?.command ?? spec?.process?.command,
    ports: (spec?.ports ?? []).map(({ published, target, protocol, layer }) => ({ published, target, protocol, layer })),
    deploying: s.deployment !== undefined,
    failures: s.deployment?.failures ?? 0,
    lastFailure: s.deployment?.lastFailure,
    ended: s.ended,
    finished: s.finished,
    tasks: view.all.map(task => ({
      id: task.id,
      number: task.number,
      revision: task.revision,
      state: taskState(task, !isLeaving(task) && isAvailable(view, task)),
      health: task.health,
      why: task.leaving ? `its runtime will end it: ${task.leaving.why}` : (task.illness ?? task.probes?.why),
      createdAt: task.intent.at,
      startedAt: task.startedAt,
      readyAt: task.readyAt,
      runtime: task.runtime,
      runtimeId: task.runtimeId,
    })),
  }
}

export function stackView(stack: Stack): StackView {
  const services = Object.entries(stack.services).map(([name, service]) => [
    name,
    { revision: service.wish.revision, removed: isRemoved(service), outcome: service.outcome, why: service.why, cause: service.wish.cause },
  ])
  return { services: Object.fromEntries(services), deployment: stack.lastDeployment, outcome: stack.deployments.at(-1)?.outcome }
}
