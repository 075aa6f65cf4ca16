import type { Address } from '../domain/fact.ts'
import type { Health } from '../domain/health-check.ts'
import type { Probes } from '../domain/probe.ts'
import type { ProbesSeen } from '../domain/service.ts'
import type { HealthCheck } from '../domain/spec.ts'

/** A task to probe, with secrets revealed, and what the log knows of it already. Moments are milliseconds since 1970. */
export type ProbedTask = {
  readonly id: string
  /** Version of its intent's commit. */
  readonly intent: number
  readonly seen: number
  readonly startedAt: number
  readonly addresses: Readonly<Record<string, Address>>
  readonly probes: Probes
  /** Compose's check, where it is run by exec and not by the runtime itself. */
  readonly healthcheck?: HealthCheck
  readonly known?: ProbesSeen
  readonly health?: Health
}

/**
 * Probes tasks for as long as they live, at their probes' periods, and tells each change of a verdict as a fact. On AWS there is none: a
 * probe is the container's or the target group's check (T3).
 */
export interface Probing {
  /** What a probe's command or header refers to (M3); undefined when it is gone. */
  secret(stack: string, name: string, version: number): Promise<string | undefined>
  /** From now on these tasks of the stream and no others. An older version than the last is ignored; an equal set changes nothing. */
  hold(stream: string, version: number, tasks: readonly ProbedTask[]): Promise<void>
}
