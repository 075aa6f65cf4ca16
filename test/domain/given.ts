import type { Commit, Refusal } from '../../shared/domain/commit.ts'
import type { Fact } from '../../shared/domain/fact.ts'
import { emptyService, type Service, type ServiceEvent, type Wish } from '../../shared/domain/service.ts'
import { evolveService } from '../../shared/domain/service-fold.ts'
import { emptySpec, type ServiceSpec, type StackSpec } from '../../shared/domain/spec.ts'
import { emptyStack, evolveStack, type Outcome, type Stack, type StackEvent, type WishChange } from '../../shared/domain/stack.ts'
import { decideStack, type StackCommand } from '../../shared/domain/stack-decide.ts'

/** Small builders for given/when/then: specs, wishes, commits, and stories that fold what they decide. */

export const T0 = 1_700_000_000_000

/** A spec that differs by its image only, unless told more. */
export const spec = (image = 'app:1', more: Partial<ServiceSpec> = {}): ServiceSpec => ({ ...emptySpec, image, ...more })

type Wanted = ServiceSpec | { readonly spec: ServiceSpec; readonly replicas?: number }
export const stackSpec = (services: Readonly<Record<string, Wanted>>, name = 'shop'): StackSpec => ({
  name,
  services: Object.fromEntries(Object.entries(services).map(([key, wanted]) => [key, 'spec' in wanted ? wanted : { spec: wanted }])),
})

export const dependsOn = (
  service: string,
  condition: 'service_started' | 'service_healthy' | 'service_completed_successfully' = 'service_healthy',
  required = true,
): Pick<ServiceSpec, 'dependsOn'> => ({ dependsOn: { [service]: { condition, restart: false, required } } })

export const commitOf = <E>(stream: string, version: number, events: readonly E[], more: Partial<Commit<E>> = {}): Commit<E> => ({
  stream,
  version,
  at: T0 + version * 1_000,
  actor: 'token laptop',
  nonce: `nonce-${version}`,
  events,
  ...more,
})

/** A stack and everything that was asked of it so far. */
export class StackStory {
  state: Stack = emptyStack
  last: readonly StackEvent[] = []
  refusal: Refusal | undefined

  /** Decides and folds; `last` and `refusal` tell what came of it. */
  when(command: StackCommand, more: Partial<Commit<StackEvent>> = {}): this {
    const decision = decideStack(this.state, command)
    this.refusal = 'refusal' in decision ? decision.refusal : undefined
    this.last = 'events' in decision ? decision.events : []
    if (this.last.length) this.state = evolveStack(this.state, commitOf('stack/shop', this.state.version + 1, this.last, more))
    return this
  }
  up(services: Readonly<Record<string, Wanted>>): this {
    return this.when({ type: 'up', spec: stackSpec(services) })
  }
  down(): this {
    return this.when({ type: 'remove' })
  }
  rollback(service?: string, to?: number): this {
    return this.when({ type: 'rollback', service, to })
  }
  /** Every open service ends so, at its present stamp. */
  settleAll(outcome: Outcome = 'ok', why = outcome === 'ok' ? 'available' : 'it crashed'): this {
    const open = Object.entries(this.state.services).filter(([, service]) => service.outcome === undefined)
    for (const [name, service] of open) this.settle(name, outcome, service.wish.stamp, why)
    return this
  }
  settle(service: string, outcome: Outcome = 'ok', stamp = this.service(service).wish.stamp, why = 'said so'): this {
    return this.when({ type: 'settle', service, stamp, outcome, why })
  }
  service(name: string) {
    return this.state.services[name]!
  }
  /** The wishes that the last command changed. */
  get wishes(): Readonly<Record<string, WishChange>> {
    return Object.assign({}, ...this.last.map(event => (event.type === 'WishesChanged' ? event.wishes : {})))
  }
  runs(name: string): { readonly revision: number; readonly outcome?: string; readonly cause: string } {
    const { wish, outcome } = this.service(name)
    return { revision: wish.revision, outcome, cause: wish.cause }
  }
}

export const givenStack = () => new StackStory()

export const wishOf = (more: Partial<Wish> = {}): Wish => ({
  stamp: 1,
  cause: 'up',
  deployment: 1,
  revision: 1,
  restarts: 0,
  stopped: false,
  replicas: 1,
  replicasBy: more.stamp ?? 1,
  spec: spec(),
  ...more,
})

/** A service and what happened to it, one commit a call. */
export class ServiceStory {
  state: Service
  at: number
  constructor(state: Service = emptyService, at = T0) {
    this.state = state
    this.at = at
  }

  /** Appends one commit, `after` milliseconds later. */
  happened(events: ServiceEvent | readonly ServiceEvent[], after = 0): this {
    this.at += after
    const list = Array.isArray(events) ? (events as readonly ServiceEvent[]) : [events as ServiceEvent]
    this.state = evolveService(this.state, commitOf('service/shop/web', this.state.version + 1, list, { at: this.at }))
    return this
  }
  wish(more: Partial<Wish> = {}): this {
    return this.happened({ type: 'WishTaken', wish: wishOf(more) })
  }
  starts(ids: readonly string[], revision = this.state.wish?.revision ?? 1, restarts = this.state.wish?.restarts ?? 0): this {
    const tasks = ids.map((id, index) => ({ id, number: this.state.lastNumber + 1 + index }))
    return this.happened({ type: 'StartsIntended', tasks, revision, restarts, why: 'missing' })
  }
  seen(id: string, more: Partial<Fact> = {}, after = 0): this {
    return this.happened({ type: 'TaskSeen', ...fact(id, more) }, after)
  }
  /** The task ends by itself or as asked. */
  stopped(id: string, code = 1, after = 0): this {
    return this.seen(id, { state: 'stopped', seen: 1e15, exit: { code, reason: `exited with code ${code}` } }, after)
  }
  available(id: string, after = 0): this {
    return this.happened({ type: 'TaskAvailable', id, asOf: this.state.version }, after)
  }
  task(id: string) {
    return this.state.tasks[id]!
  }
}

export const givenService = () => new ServiceStory()

export const fact = (id: string, more: Partial<Fact> = {}): Fact => ({ id, state: 'running', seen: 1, ...more })

/** Frozen to the bottom: whoever changes an input hears of it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
