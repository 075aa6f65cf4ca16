import { containerCheck, isBalanced } from './checks-on-aws.ts'
import type { Point } from './commit.ts'
import type { Fact, ProbeVerdict } from './fact.ts'
import { isLeaving, type ProbesSeen, probedPorts, type Task, tellsReady } from './service.ts'
import type { ServiceSpec } from './spec.ts'

/** M7: what facts say of a task's health, and when it is ready. */

type Illness = Pick<Task, 'unhealthyAt' | 'illness'>

export const healthOf = (task: Task, fact: Fact, { at }: Point): Pick<Task, 'health'> & Illness => ({
  health: fact.health ?? task.health,
  ...(fact.health === 'unhealthy' ? fallsIll(task, 'its health check failed', at) : illnessOf(task)),
})

const illnessOf = ({ unhealthyAt, illness }: Task): Illness => ({ unhealthyAt, illness })
const fallsIll = (task: Task, why: string, at: number): Illness =>
  task.unhealthyAt === undefined ? { unhealthyAt: at, illness: why } : illnessOf(task)

/**
 * Health goes one way, so it is news whatever its fact's `seen`: ECS's version counts no change of health, and Docker's facts are ordered by a
 * clock that may be set back.
 */
export const healthRank = (health: Fact['health']): number => (health ? { starting: 1, healthy: 2, unhealthy: 3 }[health] : 0)

/** The same task when the verdict is older than the last one taken, or no other than that. */
export function takeVerdict(task: Task, verdict: ProbeVerdict | undefined, { at }: Point): Task {
  if (!verdict || task.state === 'refused' || verdict.order <= (task.probes?.order ?? 0)) return task
  const { name, passed, order } = verdict
  if (name === 'liveness' ? passed || task.unhealthyAt !== undefined : task.probes?.[name] === passed) return task // L11
  const why = passed ? undefined : `its ${name} probe failed${verdict.why ? `: ${verdict.why}` : ''}`
  const probes: ProbesSeen = { ...task.probes, order, why, ...(name === 'liveness' ? {} : { [name]: passed }) }
  if (!passed && name !== 'readiness') return { ...task, probes, ...fallsIll(task, why!, at) }
  if (!passed) return { ...task, probes, readyAt: undefined, available: false }
  return { ...task, probes }
}

/**
 * What has a check or probe of its own is ready by these alone; what has neither that nor a port to answer on is ready when it runs. A
 * readiness verdict counts whoever tells it: a load balancer's check of its target, where the spec has no probe.
 */
export function becomesReady(spec: ServiceSpec | undefined, task: Task, fact: Fact): boolean {
  if (task.readyAt !== undefined || task.state !== 'running') return false
  const { health, probes } = task
  if (probes?.readiness === false || (health !== undefined && health !== 'healthy')) return false
  if (spec && isOnAws(task)) return passedContainerCheck(spec, task) && (!isBalanced(spec) || probes?.readiness === true)
  if (spec?.probes?.startup && !probes?.startup) return false
  if (spec?.probes?.readiness && !probes?.readiness) return false
  if (health === 'healthy') return true
  if (spec && tellsReady(spec)) return fact.ready === true || !awaitsCheck(spec)
  return fact.ready === true || probes?.readiness === true || (spec !== undefined && probedPorts(spec).length === 0)
}

const awaitsCheck = ({ healthcheck }: ServiceSpec) => healthcheck !== undefined && healthcheck.test[0] !== 'NONE'

/** T3: there a task's network lets nobody of ours in, and its checks are those of checks-on-aws.ts. */
export const isOnAws = ({ runtime }: Pick<Task, 'runtime'>): boolean => runtime === 'ecs'

const passedContainerCheck = (spec: ServiceSpec, { health }: Task) => containerCheck(spec) === undefined || health === 'healthy'

/** Whether a load balancer's own check of it counts: before it is ready, and for as long as it serves. */
export const isJudgedByTarget = (spec: ServiceSpec | undefined, task: Task): boolean =>
  spec !== undefined &&
  isOnAws(task) &&
  isBalanced(spec) &&
  task.state === 'running' &&
  task.unhealthyAt === undefined &&
  !isLeaving(task) &&
  passedContainerCheck(spec, task)
