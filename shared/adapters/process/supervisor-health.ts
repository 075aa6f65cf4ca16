import { spawn } from 'node:child_process'
import type { HealthCheck } from '../../domain/spec.ts'
import { isGroupAlive, type ProcessIdentity, signalGroup, startOf } from './process-identity.ts'
import { LONGEST_TIMER_MS } from './supervisor-stop.ts'

export type Health = 'starting' | 'healthy' | 'unhealthy'

/** Compose's own defaults, where a file says 0. */
const DEFAULT_MS = 30_000
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

type Probing = {
  readonly check: HealthCheck
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  /** Told of the process group of each probe, and undefined when it is over. */
  readonly onProbe: (probe: ProcessIdentity | undefined) => void
  readonly onHealth: (health: Health) => void
}

/** Runs a task's health check, at most one probe at a time, until `stop`. A probe that hangs is killed with all that it started. */
export function watchHealth(probing: Probing): { stop(): void } {
  const command = probeCommand(probing.check.test)
  if (!command) return { stop: () => {} }
  const start = performance.now()
  let count = freshHealth
  let isOver = false
  let kill = (): void => {}
  let timer: NodeJS.Timeout
  const wait = (): void => {
    const since = performance.now() - start
    timer = setTimeout(look, Math.min(nextProbeAt(count, probing.check, since) - since, LONGEST_TIMER_MS))
  }
  const look = async (): Promise<void> => {
    const begun = performance.now() - start
    const probe = runProbe(probing, command)
    kill = probe.kill
    const passed = await probe.passed
    if (isOver) return
    const before = count.health
    count = countProbe(count, probing.check, passed, begun)
    if (count.health !== before) probing.onHealth(count.health)
    wait()
  }
  wait()
  const stop = (): void => {
    isOver = true
    clearTimeout(timer)
    kill()
  }
  return { stop }
}

function runProbe(probing: Probing, command: readonly string[]): { readonly passed: Promise<boolean>; kill(): void } {
  const [program = '', ...args] = command
  let child: ReturnType<typeof spawn>
  try {
    child = spawn(program, args, { cwd: probing.cwd, env: probing.environment, detached: true, stdio: 'ignore' })
  } catch {
    return { passed: Promise.resolve(false), kill: () => {} }
  }
  const pid = child.pid
  let isOver = false
  const kill = (): void => {
    if (pid !== undefined && !isOver) signalGroup(pid, 'SIGKILL')
  }
  if (pid !== undefined) probing.onProbe({ pid, start: startOf(pid) ?? 'gone' })
  const passed = new Promise<boolean>(resolve => {
    const hung = setTimeout(kill, Math.min(probing.check.timeout || DEFAULT_MS, LONGEST_TIMER_MS))
    const settle = (isPassed: boolean): void => {
      clearTimeout(hung)
      if (pid !== undefined && isGroupAlive(pid)) kill()
      isOver = true
      probing.onProbe(undefined)
      resolve(isPassed)
    }
    child.once('error', () => settle(false))
    child.once('exit', code => settle(code === 0))
  })
  return { passed, kill }
}
