import type { Address } from '../../domain/fact.ts'

/** What is there, as far as one service is concerned. */
export type Balancer = { readonly arn: string; readonly groups: readonly string[] }

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

/** What one published port should lead to. */
export type Route = {
  readonly published: number
  /** Its target group's name. */
  readonly group: string
  /** The container's port, where the group asks for health. */
  readonly port: number
  readonly wanted: readonly Address[]
  /** Where tasks that drain are reached, longest first. */
  readonly leaving: readonly Address[]
}

export const keyOf = ({ host, port }: Address): string => `${host}:${port}`
