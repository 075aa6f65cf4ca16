import type { Clock } from '../../ports/clock.ts'
import type { Balancer, Listener } from './alb-state.ts'
import { listenersOf, lookForBalancer, type Place } from './look-for-balancer.ts'
import { listTargetGroups, type NamedGroup } from './target-groups.ts'

type SightOptions = Place & { readonly clock: Clock }

export type Ports = { readonly balancer?: Balancer; readonly listeners: readonly Omit<Listener, 'rules'>[] }

/** What all services of an installation share, each part by one look. */
export type Sight = { readonly groups: readonly NamedGroup[]; ports(): Promise<Ports> }

/** A sweep looks at every routed service each minute, and ELB lets an account describe 10 things a second. */
const BELIEVED_MS = 30_000

/** One look serves all services that are looked at within half a minute. It is good for finding that nothing is to be done: who changes something looks by himself. */
export class Sights {
  readonly #options: SightOptions
  #last: { readonly at: number; readonly sight: Promise<Sight> } | undefined

  constructor(options: SightOptions) {
    this.#options = options
  }

  /** @throws what ELB answers */
  remembered(): Promise<Sight> {
    const isFresh = this.#last && Math.abs(this.#options.clock.now() - this.#last.at) < BELIEVED_MS
    return isFresh ? this.#last!.sight : this.fresh()
  }

  /** @throws what ELB answers */
  fresh(): Promise<Sight> {
    const sight = this.#look().catch(error => {
      this.#last = undefined
      throw error
    })
    this.#last = { at: this.#options.clock.now(), sight }
    return sight
  }

  async #look(): Promise<Sight> {
    const groups = await listTargetGroups(this.#options.client, 'ls-')
    let ports: Promise<Ports> | undefined
    return { groups, ports: () => (ports ??= this.#ports()) }
  }

  async #ports(): Promise<Ports> {
    const balancer = await lookForBalancer(this.#options)
    return balancer ? { balancer, listeners: await listenersOf(this.#options, balancer.arn) } : { listeners: [] }
  }
}
