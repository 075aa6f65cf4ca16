import { DEFAULT_TOLERANCE } from '../domain/scale-behavior.ts'
import type { ScalePolicy, ScaleTarget } from '../domain/scale-policy.ts'
import type { Service } from '../domain/service.ts'
import type { WantedAlarm } from '../ports/alarms.ts'
import { isScaled } from './autoscale-service.ts'
import { boundsAt } from './bounds.ts'

/** Minutes in a row. More is wanted at once; less only comes after the window for scaling down, and one quiet minute is often followed by a busy one. */
const MINUTES = { high: 1, low: 3 }

/** E4: the alarms that a service has by its state alone: a pair where there is something to scale by and room to do it in. */
export function alarmsOf(s: Service): readonly WantedAlarm[] {
  const policy = s.wish?.spec.scale
  if (!policy || !isScaled(s) || policy.targets.length === 0 || s.scale.replicas === 0 || isFixed(policy)) return []
  const tolerance = policy.tolerance ?? DEFAULT_TOLERANCE
  const targets = policy.targets.map(target => ofService(target, s.scale.replicas))
  return [
    { side: 'high', targets, ratio: rounded(1 + tolerance), minutes: MINUTES.high },
    { side: 'low', targets, ratio: rounded(1 - tolerance), minutes: MINUTES.low },
  ]
}

const isFixed = ({ min, max, schedules = [] }: ScalePolicy) => min === max && schedules.length === 0

/** What is one number of the whole service is compared with what all its tasks together are to have. */
const ofService = ({ metric, target }: ScaleTarget, tasks: number): ScaleTarget => ({
  metric,
  target: metric.kind === 'queue' || metric.kind === 'custom' ? target * tasks : target,
})

const rounded = (ratio: number) => Math.round(ratio * 1e6) / 1e6

/** Whether an alarm's side says anything that the bounds allow: a service at its minimum may be idle all night, and nobody need read why. */
export function mayFollow(s: Service, sides: readonly WantedAlarm['side'][], now: number): boolean {
  const policy = s.wish?.spec.scale
  if (!policy || !isScaled(s)) return false
  const { min, max } = boundsAt(policy, now)
  const count = s.scale.replicas
  return count < min || count > max || (sides.includes('high') && count < max) || (sides.includes('low') && count > min)
}
