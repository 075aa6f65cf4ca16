import type { Point } from './commit.ts'
import { horizonOf } from './scale-behavior.ts'
import { emptyScaling, type Scaling } from './scaling-state.ts'
import type { Service, ServiceEvent, Wish } from './service.ts'

/**
 * M1: replicas apply only if the deployment that set them is newer than the scale; with x-longshore.scale only the first value does, and the others
 * are over: a later file without it that leaves the number as it is leaves the scale too.
 */
export function scaleByWish(s: Service, wish: Wish): Service['scale'] {
  const policy = wish.spec.scale
  const isFirst = s.wish === undefined || s.wish.cause === 'remove'
  const seen = Math.max(s.scale.after, s.wish?.replicasBy ?? 0)
  const isStranded = !policy && s.wish?.spec.scale !== undefined && s.scale.replicas === 0 // it slept, and nothing would wake it any more
  if (!isStranded && (wish.replicasBy <= seen || (policy && !isFirst))) return s.scale
  const replicas = policy ? Math.min(Math.max(wish.replicas, policy.min), policy.max) : wish.replicas
  return { replicas, after: Math.max(s.scale.after, wish.replicasBy) }
}

export function setScale(s: Service, event: ServiceEvent & { type: 'ScaleSet' }, { at }: Point): Service {
  const scale = { replicas: event.replicas, after: Math.max(event.after, s.scale.after) }
  if (!s.wish?.spec.scale) return { ...s, scale }
  const { idleSince, ...scaling } = s.scaling ?? emptyScaling
  const by = event.replicas - s.scale.replicas
  const changes = event.by === 'autoscale' ? [...scaling.changes, { at, by }] : scaling.changes
  const staysIdle = s.scale.replicas > 0 && idleSince !== undefined // who was woken is not idle any more
  return { ...s, scale, scaling: recent(s, { ...scaling, changes, ...(staysIdle && { idleSince }) }, at) }
}

export function advise(s: Service, event: ServiceEvent & { type: 'ScaleAdvised' }, { at }: Point): Service {
  const { wanted, bounded, why, idle = false } = event
  const { idleSince = at, ...scaling } = s.scaling ?? emptyScaling
  const advised = [...scaling.advised, { at, ...(wanted !== undefined && { wanted }) }]
  const last = { ...(wanted !== undefined && { wanted }), bounded, why, idle, at }
  return { ...s, scaling: recent(s, { ...scaling, advised, last, ...(idle && { idleSince }) }, at) }
}

/** What no window and no rate looks at any more is forgotten; an advice lasts until the next, so it goes by that one's moment. */
function recent(s: Service, scaling: Scaling, at: number): Scaling {
  const from = at - (s.wish?.spec.scale ? horizonOf(s.wish.spec.scale) : 0)
  return {
    ...scaling,
    advised: scaling.advised.filter((_, index, all) => (all[index + 1]?.at ?? at) > from || index === all.length - 1),
    changes: scaling.changes.filter(change => change.at > from),
  }
}

/** T5. */
export const stepScaling = (scaling: Scaling, by: number): Scaling => ({
  ...scaling,
  advised: scaling.advised.map(advice => ({ ...advice, at: advice.at + by })),
  changes: scaling.changes.map(change => ({ ...change, at: change.at + by })),
  ...(scaling.idleSince !== undefined && { idleSince: scaling.idleSince + by }),
  ...(scaling.last && { last: { ...scaling.last, at: scaling.last.at + by } }),
})
