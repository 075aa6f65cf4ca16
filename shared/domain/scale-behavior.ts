import type { RatePolicy, ScalePolicy } from './scale-policy.ts'

/** One direction of the behavior with nothing left open. Milliseconds. */
export type Rules = {
  readonly stabilization: number
  readonly policies: readonly RatePolicy[]
  readonly select: 'max' | 'min' | 'disabled'
}

/** Kubernetes' defaults (autoscaling/v2, HorizontalPodAutoscalerBehavior): up at once, by the larger of 100 % and 4 tasks in 15 s. */
const UP: Rules = {
  stabilization: 0,
  policies: [
    { type: 'percent', value: 100, period: 15_000 },
    { type: 'pods', value: 4, period: 15_000 },
  ],
  select: 'max',
}
/** Down by the highest advice of the last 5 minutes, then without a limit. */
const DOWN: Rules = { stabilization: 300_000, policies: [{ type: 'percent', value: 100, period: 15_000 }], select: 'max' }

export const DEFAULT_TOLERANCE = 0.1

export const upRules = ({ up }: Pick<ScalePolicy, 'up'>): Rules => filled(UP, up)
export const downRules = ({ down }: Pick<ScalePolicy, 'down'>): Rules => filled(DOWN, down)

const filled = (defaults: Rules, own: ScalePolicy['up'] = {}): Rules => ({
  stabilization: own.stabilization ?? defaults.stabilization,
  policies: own.policies?.length ? own.policies : defaults.policies,
  select: own.select ?? defaults.select,
})

/** How far back any window or rate looks; older advice and changes need not be remembered. */
export function horizonOf(policy: Pick<ScalePolicy, 'up' | 'down'>): number {
  const both = [upRules(policy), downRules(policy)]
  return Math.max(...both.flatMap(rules => [rules.stabilization, ...rules.policies.map(rate => rate.period)]))
}
