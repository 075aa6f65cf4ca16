import type { Service } from './service.ts'
import type { RestartPolicy } from './spec.ts'

/** Swarm's restart window (swarmkit, manager/orchestrator/restart/restart.go, shouldRestart). Times are milliseconds. */

/** What a crash loop is told by, and the most that a fold keeps. */
const FEWEST_KEPT = 10
const MOST_KEPT = 1_000

type Counted = Pick<Service, 'failures' | 'failed'>

/**
 * Restarts that the policy allows, undefined for no limit (0 means none, as Swarm and Docker have it). Swarm counts for each slot; our tasks
 * have none, and every replica of a revision is alike, so the replicas share what their slots would have had.
 */
export const allowedRestarts = ({ maxAttempts }: RestartPolicy, replicas: number): number | undefined =>
  maxAttempts ? maxAttempts * Math.max(1, replicas) : undefined

/** One failure more, at that moment. */
export function noteFailure(counted: Counted, policy: RestartPolicy, replicas: number, at: number): Counted {
  const kept = Math.min(MOST_KEPT, Math.max(FEWEST_KEPT, (allowedRestarts(policy, replicas) ?? 0) + 1))
  return { failures: [...counted.failures, at].slice(-kept), failed: counted.failed + 1 }
}

/**
 * Whether the last failure is followed by no restart: as many came before it as the policy allows, within the window that ends with it, or
 * ever where there is no window.
 */
export function isGivenUp({ failures, failed }: Counted, policy: RestartPolicy, replicas: number): boolean {
  const allowed = allowedRestarts(policy, replicas)
  const last = failures.at(-1)
  if (allowed === undefined || last === undefined) return false
  if (!policy.window) return failed > allowed
  return failures.filter(at => at > last - policy.window!).length > allowed
}
