import type { TargetCheck } from '../../domain/checks-on-aws.ts'
import type { Address } from '../../domain/fact.ts'

/** What is there, as far as one service is concerned. */
export type Balancer = { readonly arn: string; readonly groups: readonly string[]; readonly host?: string }

export type RegisteredTarget = Address & {
  readonly state: 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable'
}

export type Group = { readonly arn: string; readonly name: string; readonly targets: readonly RegisteredTarget[] }

export type Forward = { readonly group: string; readonly weight: number }

/** `priority` is undefined for a listener's default rule. */
export type Rule = { readonly arn: string; readonly priority?: number; readonly forwards: readonly Forward[] }

export type Listener = {
  readonly arn: string
  readonly port: number
  /** Made by Longshore: its default answer says so. */
  readonly isOurs: boolean
  /** Read only where the service has or wants a rule. */
  readonly rules: readonly Rule[]
}

export type Found = {
  readonly balancer?: Balancer
  readonly listeners: readonly Listener[]
  /** Of this service, by name. */
  readonly groups: ReadonlyMap<string, Group>
}

/** What one published port should lead to: a target group for each way to ask for health, and almost always that is one. */
export type Route = { readonly published: number; readonly shares: readonly Share[] }

export type Share = {
  /** The target group's name. */
  readonly group: string
  /** The container's port. */
  readonly port: number
  readonly check: TargetCheck
  /** Tasks that are ready. */
  readonly wanted: readonly Address[]
  /** Tasks that the group's check is to find healthy first. */
  readonly coming: readonly Address[]
}

export const keyOf = ({ host, port }: Address): string => `${host}:${port}`
