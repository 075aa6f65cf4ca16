import type { Rules } from '../domain/scale-behavior.ts'
import type { RatePolicy } from '../domain/scale-policy.ts'
import type { Change } from '../domain/scaling-state.ts'
import { ceilOf, floorOf } from './rounding.ts'

type Move = { readonly current: number; readonly changes: readonly Change[]; readonly now: number }

/** The most tasks that may be wanted now (calculateScaleUpLimitWithScalingRules). */
export function upLimit(rules: Rules, { current, changes, now }: Move): number {
  if (rules.select === 'disabled') return current
  const limits = rules.policies.map(rate => {
    const start = startOf(rate, current, changes, now)
    return rate.type === 'pods' ? start + rate.value : ceilOf(start * (1 + rate.value / 100))
  })
  return Math.max(current, rules.select === 'min' ? Math.min(...limits) : Math.max(...limits))
}

/** The fewest (calculateScaleDownLimitWithBehaviors); `max` is the policy that allows the largest change. */
export function downLimit(rules: Rules, { current, changes, now }: Move): number {
  if (rules.select === 'disabled') return current
  const limits = rules.policies.map(rate => {
    const start = startOf(rate, current, changes, now)
    return Math.max(0, rate.type === 'pods' ? start - rate.value : floorOf(start * (1 - rate.value / 100)))
  })
  return Math.min(current, rules.select === 'min' ? Math.max(...limits) : Math.min(...limits))
}

/** How many there were when the period began. */
const startOf = ({ period }: RatePolicy, current: number, changes: readonly Change[], now: number) =>
  current - changes.reduce((sum, change) => (change.at > now - period ? sum + change.by : sum), 0)
