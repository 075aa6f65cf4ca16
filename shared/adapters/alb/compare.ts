import type { Address } from '../../domain/fact.ts'
import { type Forward, type Group, keyOf, type Listener, type Route, type Rule } from './alb-state.ts'

/** Pure: what differs between the wanted and the found, each part for itself (E4). */

/** ELB's quota for rules of one load balancer, defaults not counted; also our highest priority. */
export const MOST_RULES = 100

export type TargetChange = { readonly register: readonly Address[]; readonly deregister: readonly Address[] }

/**
 * A new target gets no request before ELB itself found it healthy, which takes some seconds. Until then as many healthy ones that drain
 * stay as there are new ones, else a service would lose capacity that the planner counts on (invariant 7): those that drain longest go
 * first, so that none waits for ever. What is unhealthy, or no task of ours that drains, goes at once.
 */
export function targetChange({ wanted, leaving }: Pick<Route, 'wanted' | 'leaving'>, group: Pick<Group, 'targets'>): TargetChange {
  const present = new Map(group.targets.filter(({ state }) => state !== 'draining').map(target => [keyOf(target), target]))
  const wantedKeys = new Set(wanted.map(keyOf))
  const leavingKeys = leaving.map(keyOf)
  const notServing = [...wantedKeys].filter(key => ['initial', 'unused'].includes(present.get(key)?.state ?? 'initial')).length
  const serving = leavingKeys.filter(key => present.get(key)?.state === 'healthy' && !wantedKeys.has(key))
  const kept = new Set(serving.slice(Math.max(0, serving.length - notServing)))
  return {
    register: wanted.filter(target => !present.has(keyOf(target))),
    deregister: [...present.values()]
      .filter(target => !wantedKeys.has(keyOf(target)) && !kept.has(keyOf(target)))
      .map(({ host, port }) => ({ host, port })),
  }
}

/** A rule's place is fixed when it is made; the lowest that is free. Undefined when all are taken. */
export function freePriority(listener: Pick<Listener, 'rules'>): number | undefined {
  const taken = new Set(listener.rules.map(rule => rule.priority))
  for (let priority = 1; priority <= MOST_RULES; priority++) if (!taken.has(priority)) return priority
  return undefined
}

/** The rules that forward to this group, the lowest priority first: that one stays, the others came of two runs at once. */
export const rulesTo = (listener: Pick<Listener, 'rules'>, group: string): readonly Rule[] =>
  listener.rules
    .filter(rule => rule.priority !== undefined && rule.forwards.some(forward => forward.group === group))
    .sort((a, b) => a.priority! - b.priority!)

export const sameForwards = (a: readonly Forward[], b: readonly Forward[]): boolean => textOf(a) === textOf(b)
const textOf = (forwards: readonly Forward[]) =>
  forwards
    .map(({ group, weight }) => `${group} ${weight}`)
    .sort()
    .join()
