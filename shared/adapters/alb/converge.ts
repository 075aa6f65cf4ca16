import { PriorityInUseException } from '@aws-sdk/client-elastic-load-balancing-v2'
import { CodedError } from '../../domain/errors.ts'
import { publishedOf } from './alb-names.ts'
import type { Balancer, Found, Group, Listener, Route, Share } from './alb-state.ts'
import {
  changeRule,
  deregister,
  drop,
  type MakeOptions,
  makeBalancer,
  makeGroup,
  makeListener,
  makeRule,
  register,
  setDrain,
} from './change.ts'
import { MOST_RULES, placeFor, rulesTo, sameForwards, targetChange, wayBack, weightsOf } from './compare.ts'
import type { BalancerName } from './look-for-balancer.ts'

/** Who may reach the load balancer, and whom it may reach; converging like everything here. */
export type RouterGroups = {
  /** The security groups of a load balancer that is made. */
  forBalancer(): Promise<readonly string[]>
  /** Tasks let these groups in. */
  admit(balancerGroups: readonly string[]): Promise<void>
  /** The world may reach these ports of a load balancer of ours. */
  open(ports: readonly number[]): Promise<void>
  /** And this one no longer. */
  close(port: number): Promise<void>
  /** There is no load balancer of ours any more. */
  retire(): Promise<void>
}

export type ConvergeOptions = MakeOptions & { readonly balancer: BalancerName; readonly groups: RouterGroups }

/**
 * Applies once what differs (E4); whether anything was changed, so that one looks again. First everything that serves, then what goes:
 * a group's rule stays until its last target has drained, so that requests under way are finished.
 */
export async function converge(options: ConvergeOptions, routes: readonly Route[], found: Found): Promise<boolean> {
  const run = new Run(options, found)
  for (const route of routes) await run.serve(route)
  const wanted = new Set(routes.flatMap(route => route.shares.map(share => share.group)))
  const ports = new Set(routes.map(route => route.published))
  for (const group of found.groups.values()) if (!wanted.has(group.name)) await run.retire(group, ports.has(publishedOf(group.name)))
  return run.changed
}

type ServedGroup = Share & Group

class Run {
  changed = false
  readonly #options: ConvergeOptions
  readonly #found: Found
  readonly #listeners: Map<number, Listener>
  #balancer: Balancer | undefined

  constructor(options: ConvergeOptions, found: Found) {
    this.#options = options
    this.#found = found
    this.#balancer = found.balancer
    this.#listeners = new Map(found.listeners.map(listener => [listener.port, listener]))
  }

  async serve({ published, shares }: Route): Promise<void> {
    const groups: ServedGroup[] = []
    for (const share of shares) groups.push({ ...share, ...(this.#found.groups.get(share.group) ?? (await this.#make(share))) })
    const balancer = (this.#balancer ??= await this.#makeBalancer())
    const listener = this.#listeners.get(published) ?? (await this.#listen(balancer, published))
    await this.#forward(balancer, listener, groups, this.#others(published, groups))
    for (const group of groups) {
      const { register: more, deregister: fewer } = targetChange(group, group)
      if (more.length) await this.#did(register(this.#options, group.arn, more))
      if (fewer.length) await this.#did(deregister(this.#options, group.arn, fewer))
    }
  }

  /** Groups of this port that are not wanted any more and have targets still. */
  #others(published: number, wanted: readonly Group[]): readonly Group[] {
    const names = new Set(wanted.map(({ name }) => name))
    return [...this.#found.groups.values()].filter(
      ({ name, targets }) => publishedOf(name) === published && !names.has(name) && targets.length > 0,
    )
  }

  /**
   * The way back: targets first; when they are gone the rest, and last the group, by which a run that was cut off is taken up again. A port
   * that the service still publishes keeps its rule, which names other groups alone by now; else another service of the stack may wait behind it.
   */
  async retire(group: Group, isServed: boolean): Promise<void> {
    const staying = group.targets.filter(({ state }) => state !== 'draining')
    if (!isServed && group.targets.length > 0) await this.#giveWay(group)
    if (staying.length) await this.#did(deregister(this.#options, group.arn, staying))
    if (group.targets.length) return
    const port = publishedOf(group.name)
    const listener = this.#listeners.get(port)
    if (listener && !isServed) await this.#leave(listener, group.arn)
    if ('name' in this.#options.balancer && !isServed) await this.#leaveBalancer(port)
    await this.#did(drop(this.#options, 'group', group.arn))
  }

  /** A rule that stands for its last requests only must take no new ones from who comes after it. */
  async #giveWay({ name, arn }: Group): Promise<void> {
    const listener = this.#listeners.get(publishedOf(name))
    const own = listener ? rulesTo(listener, [arn]) : []
    const { drop: before, make } = listener ? wayBack(listener, own) : { drop: [] }
    if (make !== undefined) await this.#did(makeRule(this.#options, listener!.arn, make, own[0]!.forwards))
    for (const rule of before) await this.#did(drop(this.#options, 'rule', rule.arn))
  }

  async #leave(listener: Listener, group: string): Promise<void> {
    const rules = rulesTo(listener, [group])
    for (const rule of rules) await this.#did(drop(this.#options, 'rule', rule.arn))
    const others = listener.rules.filter(rule => rule.priority !== undefined && !rules.includes(rule))
    if (others.length || !listener.isOurs) return
    await this.#did(drop(this.#options, 'listener', listener.arn))
    this.#listeners.delete(listener.port)
  }

  /** A load balancer of ours that listens on nothing costs for nothing. */
  async #leaveBalancer(port: number): Promise<void> {
    if (!this.#listeners.has(port)) await this.#options.groups.close(port)
    if (this.#balancer && this.#listeners.size === 0) await this.#did(drop(this.#options, 'balancer', this.#balancer.arn))
  }

  async #make(share: Share): Promise<Group> {
    return { arn: await this.#did(makeGroup(this.#options, share)), name: share.group, targets: [] }
  }

  async #makeBalancer(): Promise<Balancer> {
    const { balancer, groups } = this.#options
    if ('arn' in balancer) throw new CodedError('LS-STORAGE', `the load balancer ${balancer.arn} is gone`)
    return this.#did(makeBalancer(this.#options, balancer.name, await groups.forBalancer()))
  }

  async #listen(balancer: Balancer, port: number): Promise<Listener> {
    const listener = { arn: await this.#did(makeListener(this.#options, balancer.arn, port)), port, isOurs: true, rules: [] }
    this.#listeners.set(port, listener)
    return listener
  }

  async #forward(balancer: Balancer, listener: Listener, groups: readonly ServedGroup[], old: readonly Group[]): Promise<void> {
    const forwards = weightsOf(
      groups,
      old.map(({ arn }) => arn),
    )
    const own = [...this.#found.groups.values()].filter(({ name }) => publishedOf(name) === publishedOf(groups[0]!.name))
    const [rule, ...surplus] = rulesTo(
      listener,
      [...own, ...groups].map(({ arn }) => arn),
    )
    for (const one of surplus) await this.#did(drop(this.#options, 'rule', one.arn))
    if (rule && sameForwards(rule.forwards, forwards)) return
    // What cannot be seen when looking stands before the rule: while it does not name a group, it is done again.
    const unnamed = groups.filter(({ arn }) => !rule?.forwards.some(({ group }) => group === arn))
    for (const { arn } of unnamed) await setDrain(this.#options, arn)
    if (rule) return void (await this.#did(changeRule(this.#options, rule.arn, forwards)))
    const priority = placeFor(listener)
    if (priority === undefined)
      throw new CodedError('LS-SPEC-LIMIT', `the load balancer has the ${MOST_RULES} rules of its port ${listener.port} already`)
    if ('name' in this.#options.balancer) await this.#options.groups.open([listener.port])
    await this.#options.groups.admit(balancer.groups)
    await this.#did(makeRule(this.#options, listener.arn, priority, forwards).catch(takenMeanwhile))
  }

  async #did<T>(change: Promise<T>): Promise<T> {
    this.changed = true
    return change
  }
}

/** Two runs asked for one place; the next look finds another. */
function takenMeanwhile(error: unknown): void {
  if (!(error instanceof PriorityInUseException)) throw error
}
