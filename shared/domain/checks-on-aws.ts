import { isChecked } from './health-check.ts'
import type { Probes } from './probe.ts'
import type { HealthCheck, ServiceSpec } from './spec.ts'

/**
 * T3: on AWS nobody of Longshore's tries a task from outside. What is tried by a command is the container's own check, and what fails it is
 * replaced: `healthcheck`, or liveness by exec. What is asked over HTTP is the check of the target groups, which says whether requests are
 * sent: readiness, or else liveness. Startup is the time in which failures of liveness do not count.
 */

type Spec = Pick<ServiceSpec, 'healthcheck' | 'probes'>

/** How a load balancer asks its targets. Times are whole seconds. */
export type TargetCheck = {
  /** Absent: the port that requests go to. */
  readonly port?: number
  readonly path: string
  readonly scheme: 'http' | 'https'
  /** Statuses that pass. */
  readonly codes: string
  readonly interval: number
  readonly timeout: number
  /** So many successes in a row; a new target needs one. */
  readonly healthy: number
  readonly unhealthy: number
}

/** M7: any HTTP answer is one; ELB lets 200 to 499 count. */
const ANY_ANSWER: TargetCheck = { path: '/', scheme: 'http', codes: '200-499', interval: 5, timeout: 4, healthy: 2, unhealthy: 2 }

/** Ranges of Amazon ECS' HealthCheck and of ELB's CreateTargetGroup; seconds and counts. */
export const CONTAINER_LIMITS = { interval: [5, 300], timeout: [2, 60], retries: [1, 10], startPeriod: [0, 300] } as const
export const TARGET_LIMITS = { interval: [5, 300], timeout: [2, 120], count: [2, 10] } as const

export const seconds = (milliseconds: number): number => Math.ceil(milliseconds / 1_000)
export const within = (value: number, [low, high]: readonly [number, number]): number => Math.min(high, Math.max(low, value))

/** For so long after a task's start its liveness does not count, milliseconds. */
export function graceOf({ startup, liveness }: Probes): number {
  return startup ? startup.initialDelay + startup.period * startup.failureThreshold : (liveness?.initialDelay ?? 0)
}

/** What ECS runs inside of the container; undefined where nothing is. */
export function containerCheck({ healthcheck, probes = {} }: Spec): HealthCheck | undefined {
  if (isChecked(healthcheck)) return healthcheck
  const { exec, period, timeout, failureThreshold } = probes.liveness ?? {}
  if (!exec) return undefined
  return { test: ['CMD', ...exec], interval: period!, timeout: timeout!, retries: failureThreshold!, startPeriod: graceOf(probes) }
}

export function targetCheck({ probes = {} }: Pick<Spec, 'probes'>): TargetCheck {
  const asked = probes.readiness?.http ? probes.readiness : probes.liveness
  if (!asked?.http) return ANY_ANSWER
  const { port, path, scheme } = asked.http
  const interval = within(seconds(asked.period), TARGET_LIMITS.interval)
  return {
    port,
    path,
    scheme,
    codes: '200-399',
    interval,
    timeout: Math.min(within(seconds(asked.timeout), TARGET_LIMITS.timeout), interval - 1), // ELB asks for less than the interval
    healthy: within(asked.successThreshold, TARGET_LIMITS.count),
    unhealthy: within(asked.failureThreshold, TARGET_LIMITS.count),
  }
}

/** Whether a target that fails has the task replaced, and not only left out. */
export const isLivenessByTarget = ({ probes }: Pick<Spec, 'probes'>): boolean => probes?.liveness?.http !== undefined

/** Whether a load balancer stands before it: on AWS every published port is behind one. */
export const isBalanced = ({ ports }: Pick<ServiceSpec, 'ports'>): boolean => ports.some(port => port.published !== undefined)
