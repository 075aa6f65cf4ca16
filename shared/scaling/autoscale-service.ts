import type { ScaleInputs } from '../domain/scaling-state.ts'
import { isLeaving, type Service, type ServiceEvent } from '../domain/service.ts'
import type { MetricReading, ScaledTask } from './advice.ts'
import { boundsAt } from './bounds.ts'
import { decideScaling, type ScalingDecision } from './decide.ts'

/** Deciders of scaling: each takes the newest state, since it is asked again after every lost race (L4). */

/** Whether autoscaling has a say: asked for, and neither stopped nor taken away. */
export const isScaled = (s: Service): boolean => s.wish?.spec.scale !== undefined && s.wish.cause !== 'remove' && !s.wish.stopped

/** What counts as running it: old and new alike while a rollout goes on, never what leaves or failed its health check. */
export const scaledTasks = (s: Service): readonly ScaledTask[] =>
  Object.values(s.tasks)
    .filter(task => !isLeaving(task) && task.unhealthyAt === undefined)
    .map(task => ({ id: task.id, ready: task.readyAt !== undefined }))

/** `targets`: one reading for each target of the policy that was read for; another policy came meanwhile where they do not fit. */
export type Readings = { readonly targets: readonly MetricReading[]; readonly demand: readonly MetricReading[] }

/** L11: the advice when it or its reason changed, and the new count when there is one. */
export function decideAutoscale(s: Service, { targets, demand }: Readings, now: number): readonly ServiceEvent[] {
  const policy = s.wish?.spec.scale
  if (!policy || !isScaled(s) || targets.length !== policy.targets.length) return []
  const current = s.scale.replicas
  const { advised = [], changes = [], idleSince } = s.scaling ?? {}
  const given = { policy, current, tasks: scaledTasks(s), readings: targets, demand, advised, changes, now }
  const decision = decideScaling({ ...given, ...(idleSince !== undefined && { idleSince }) })
  const { wanted, bounded, why, idle } = decision
  const inputs = inputsOf(decision, current, targets)
  const told = wanted !== undefined && { wanted }
  const events: ServiceEvent[] = []
  if (!isSame(s, decision)) events.push({ type: 'ScaleAdvised', ...told, bounded, why, ...(idle && { idle }), inputs })
  if (bounded !== current) events.push({ type: 'ScaleSet', replicas: bounded, after: s.scale.after, by: 'autoscale', why, inputs })
  return events
}

function isSame(s: Service, { wanted, bounded, why, idle }: ScalingDecision): boolean {
  const last = s.scaling?.last
  return last !== undefined && last.wanted === wanted && last.bounded === bounded && last.why === why && last.idle === idle
}

function inputsOf({ bounds, advice }: ScalingDecision, current: number, readings: readonly MetricReading[]): ScaleInputs {
  const metrics = advice.map(({ why: _, ratio, wanted, discarded, ...one }, index) => ({
    kind: readings[index]!.metric.kind,
    ...one,
    ...(ratio !== undefined && { ratio: Math.round(ratio * 1_000) / 1_000 }),
    ...(wanted !== undefined && { wanted }),
    ...(discarded.length > 0 && { discarded }),
  }))
  return { current, min: bounds.min, max: bounds.max, metrics }
}

/** The first request of a service that sleeps: however many ask, whoever comes second finds it awake. */
export function decideDemand(s: Service, now: number): readonly ServiceEvent[] {
  const policy = s.wish?.spec.scale
  if (!policy || !isScaled(s) || s.scale.replicas > 0) return []
  return [
    { type: 'ScaleSet', replicas: Math.max(1, boundsAt(policy, now).min), after: s.scale.after, by: 'demand', why: 'a request came in' },
  ]
}
