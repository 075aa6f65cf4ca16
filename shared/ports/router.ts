import type { TargetCheck } from '../domain/checks-on-aws.ts'
import type { Address } from '../domain/fact.ts'
import type { ServiceSpec } from '../domain/spec.ts'
import type { Estimate, Fit, Planned } from './estimate.ts'
import type { TimeLeft } from './time-left.ts'

/** One published port of a service, and the container port behind it. */
export type Front = {
  readonly published: number
  readonly hostIp?: string
  readonly protocol: 'tcp' | 'udp'
  readonly layer: 'http' | 'tcp'
  readonly target: number
  /** The service does not wish for it any more: tasks of an older revision are reached by it until they leave, or another service of the stack can be. */
  readonly kept?: true
}

/** A task that may get traffic; addresses by "3000/tcp". */
export type Target = {
  readonly id: string
  readonly addresses: Readonly<Record<string, Address>>
  /** Of its own, where it has one: peers reach every port there, told or not. */
  readonly host?: string
  /** How a load balancer asks it, by its own revision. */
  readonly check?: TargetCheck
}

/** All that the router should do for one stream. What is not in `targets` gets no new request and finishes those it has (E4, E5). */
export type RouteSet = {
  readonly fronts: readonly Front[]
  readonly targets: readonly Target[]
  /** Not ready, and to be judged by the check of a load balancer, which sends requests only to what it found healthy. A router without one lets them be. */
  readonly coming?: readonly Target[]
  /** How a load balancer would ask tasks of the wish, while there are none. */
  readonly check?: TargetCheck
  /** The names by which peers of its networks find it; absent or none when it is not wished for. Not used where an engine resolves names itself. */
  readonly names?: readonly string[]
  /** Scaled to zero: at most `most` first requests are held, each for `waitMs` at most, until a target comes. */
  readonly asleep?: { readonly most: number; readonly waitMs: number }
}

export type PortProblem = { readonly published: number; readonly why: string }

export interface Router {
  /** What it cannot do of this spec, and what it does otherwise than the spec says; `most`: tasks at once, surge included. Absent: nothing. */
  fit?(spec: ServiceSpec, most: number): Fit
  /** Absent where nothing costs. */
  estimate?(planned: Planned): readonly Estimate[]
  /** Whether `apply` refuses an older version (E4): the home router does, ALB cannot. */
  readonly isVersioned: boolean
  /** The host name at which published ports are reached, once there is one. Absent: they are ports of this machine. */
  address?(): Promise<string | undefined>
  /**
   * Swaps the stream's whole set. An older version than the last is ignored where versions are known; an equal one is applied again.
   * @throws RoutesOutdated where versions are not known, when something was to be added and no time is `left`
   */
  apply(stream: string, version: number, wanted: RouteSet, left?: TimeLeft): Promise<void>
  /**
   * Ids that still are targets or still have a request or connection open. A load balancer knows addresses only, and finds the ids of those
   * among the `known` tasks of the stream; two that live never share one.
   */
  targets(stream: string, known: readonly Target[]): Promise<readonly string[]>
  /** Removes what it made and nothing uses any more; what is still in use stays for the next time. Absent where nothing is left behind. */
  dropUnused?(): Promise<void>
  /** Which of these ports could not be listened on, for a stack that does not listen on them yet. */
  check(
    stack: string,
    fronts: readonly (Pick<Front, 'published' | 'hostIp' | 'protocol'> & Partial<Pick<Front, 'layer'>>)[],
  ): Promise<readonly PortProblem[]>
}
