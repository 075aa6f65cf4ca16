import type { HealthCheck } from './spec.ts'

/** Compose's `healthcheck`: how its results are counted, by whoever runs it. Times are milliseconds. */

export type Health = 'starting' | 'healthy' | 'unhealthy'

/** Compose's own defaults, where a file says 0. */
export const DEFAULT_MS = 30_000
const DEFAULT_START_INTERVAL_MS = 5_000

/** What a task's check has shown so far. */
export type HealthCount = { readonly health: Health; readonly failures: number }

export const freshHealth: HealthCount = { health: 'starting', failures: 0 }

/**
 * One result more. Failures of probes begun within the start period do not count until one has passed; `retries` failures in a row make
 * it unhealthy.
 * @param sinceStartMs when the probe began, counted from the task's start
 */
export function countProbe(count: HealthCount, check: HealthCheck, passed: boolean, sinceStartMs: number): HealthCount {
  if (passed) return { health: 'healthy', failures: 0 }
  if (count.health === 'starting' && sinceStartMs < check.startPeriod) return count
  const failures = count.failures + 1
  return { health: failures >= check.retries ? 'unhealthy' : count.health, failures }
}

/**
 * When the next probe begins, in ms from the task's start. The start interval rules only within the start period, and is never waited
 * out past it: a check that always fails is unhealthy no later than start period + retries · interval (moby/moby#46747 waits 30 s there).
 */
export function nextProbeAt(count: HealthCount, check: HealthCheck, sinceStartMs: number): number {
  const interval = check.interval || DEFAULT_MS
  if (count.health !== 'starting' || sinceStartMs >= check.startPeriod) return sinceStartMs + interval
  const startInterval = check.startInterval || Math.min(interval, DEFAULT_START_INTERVAL_MS)
  return Math.min(sinceStartMs + startInterval, check.startPeriod + interval)
}

/** The command line of Compose's `test`; undefined for NONE and for an empty one. */
export function probeCommand(test: readonly string[]): readonly string[] | undefined {
  const [kind, ...rest] = test
  if (rest.length === 0) return undefined
  if (kind === 'CMD') return rest
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', rest.join(' ')] : undefined
}

export const isChecked = (check: HealthCheck | undefined): check is HealthCheck => check !== undefined && check.test[0] !== 'NONE'

/**
 * Engines before 25 know no start interval, and later ones wait it out past the start period (moby/moby#46747): a check that has one is
 * run from here, by exec. Every other is the engine's own, so that people's tools show its health.
 */
export const isRunByExec = (check: HealthCheck | undefined): check is HealthCheck =>
  isChecked(check) && check.startPeriod > 0 && (check.startInterval ?? 0) > 0
