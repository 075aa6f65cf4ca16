import type { Address } from '../../domain/fact.ts'
import { type Forward, type Found, type Group, keyOf, type Listener, type Route, type Rule, type Share } from './alb-state.ts'

/** Pure: what differs between the wanted and the found, each part for itself (E4). */

/** ELB's quota for rules of one load balancer, defaults not counted. */
export const MOST_RULES = 100

export type TargetChange = { readonly register: readonly Address[]; readonly deregister: readonly Address[] }

/** What is to be found healthy first is registered as well: ELB sends requests only to targets that its own check has passed. */
export function targetChange({ wanted, coming }: Pick<Share, 'wanted' | 'coming'>, group: Pick<Group, 'targets'>): TargetChange {
  const all = [...wanted, ...coming]
  const present = group.targets.filter(({ state }) => state !== 'draining')
  const keys = { wanted: new Set(all.map(keyOf)), present: new Set(present.map(keyOf)) }
  return {
    register: all.filter(target => !keys.present.has(keyOf(target))),
    deregister: present.filter(target => !keys.wanted.has(keyOf(target))).map(({ host, port }) => ({ host, port })),
  }
}

/** The most that ELB takes. */
const MOST_WEIGHT = 999

/**
 * Requests by the ready tasks of each group: a group without any gets none, though ELB would send to targets that it finds all ill. Old
 * groups stay named while their last requests are under way.
 */
export function weightsOf(
  shares: readonly (Pick<Share, 'wanted'> & { readonly arn: string })[],
  old: readonly string[],
): readonly Forward[] {
  const ready = shares.some(({ wanted }) => wanted.length > 0)
  const weightOf = (count: number, at: number) => (shares.length === 1 || (!ready && at === 0) ? 1 : Math.min(MOST_WEIGHT, count))
  return [
    ...shares.map(({ arn, wanted }, at) => ({ group: arn, weight: weightOf(wanted.length, at) })),
    ...old.map(group => ({ group, weight: 0 })),
  ]
}

/** ELB's highest. */
const LAST_PLACE = 50_000

/** Behind all others: who serves the port until now goes on with it. Where somebody's rule stands last, before that. Undefined when there are too many rules. */
export function placeFor({ rules }: Pick<Listener, 'rules'>): number | undefined {
  const taken = new Set(rules.flatMap(rule => rule.priority ?? []))
  let place = Math.min(LAST_PLACE, Math.max(0, ...taken) + 1)
  while (taken.has(place)) place--
  return taken.size < MOST_RULES ? place : undefined
}

export type WayBack = { readonly drop: readonly Rule[]; readonly make?: number }

/**
 * What a service does whose rules serve nobody any more while others' stand behind them: one more stands last, and then those before go. A
 * group is named throughout, so that requests under way are finished.
 */
export function wayBack({ rules }: Pick<Listener, 'rules'>, own: readonly Rule[]): WayBack {
  const lastOther = Math.max(0, ...rules.filter(rule => !own.some(({ arn }) => arn === rule.arn)).map(({ priority = 0 }) => priority))
  const before = own.filter(({ priority = 0 }) => priority < lastOther)
  if (before.length < own.length) return { drop: before }
  const make = before.length > 0 ? placeFor({ rules }) : undefined
  return make !== undefined && make > lastOther ? { drop: before, make } : { drop: [] }
}

/** The rules that forward to one of these groups, the lowest priority first: that one stays, the others came of two runs at once. */
export const rulesTo = (listener: Pick<Listener, 'rules'>, groups: readonly string[]): readonly Rule[] =>
  listener.rules
    .filter(rule => rule.priority !== undefined && rule.forwards.some(forward => groups.includes(forward.group)))
    .sort((a, b) => a.priority! - b.priority!)

export const sameForwards = (a: readonly Forward[], b: readonly Forward[]): boolean => textOf(a) === textOf(b)
const textOf = (forwards: readonly Forward[]) =>
  forwards
    .map(({ group, weight }) => `${group} ${weight}`)
    .sort()
    .join()

/** Whether nothing is left to do, or to go. */
export function isAsWanted(routes: readonly Route[], { groups, listeners }: Pick<Found, 'groups' | 'listeners'>): boolean {
  const wanted = new Set(routes.flatMap(({ shares }) => shares.map(({ group }) => group)))
  if ([...groups.keys()].some(name => !wanted.has(name))) return false
  return routes.every(({ published, shares }) => {
    const own = shares.flatMap(share => ({ ...share, ...(groups.get(share.group) ?? { arn: '', targets: [] }) }))
    const listener = listeners.find(({ port }) => port === published) ?? { rules: [] }
    const rules = rulesTo(
      listener,
      own.map(({ arn }) => arn),
    )
    const isSame = own.every(group => Object.values(targetChange(group, group)).every(({ length }) => length === 0))
    return isSame && rules.length === 1 && own.every(({ arn }) => arn !== '') && sameForwards(rules[0]!.forwards, weightsOf(own, []))
  })
}
