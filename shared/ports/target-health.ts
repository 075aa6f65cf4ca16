import type { TargetCheck } from '../domain/checks-on-aws.ts'

/** A task behind a load balancer: its address, and the published ports of its revision. */
export type JudgedTask = { readonly id: string; readonly host: string; readonly published: readonly number[]; readonly check: TargetCheck }

export type TargetVerdict = { readonly id: string; readonly passed: boolean; readonly why?: string }

/** What a load balancer's own checks say (T3). Absent on one machine, where ports are tried from the host. */
export interface TargetHealth {
  /**
   * Of these tasks of the stream those that the load balancer has made up its mind about: passed when the targets of all their ports are healthy,
   * failed when one is not. @throws what the load balancer answers
   */
  look(stream: string, tasks: readonly JudgedTask[]): Promise<readonly TargetVerdict[]>
}
