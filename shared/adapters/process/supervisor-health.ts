import { countProbe, DEFAULT_MS, freshHealth, type Health, nextProbeAt, probeCommand } from '../../domain/health-check.ts'
import type { HealthCheck } from '../../domain/spec.ts'
import { runBeside, type Surroundings } from './supervisor-exec.ts'
import { LONGEST_TIMER_MS } from './supervisor-stop.ts'

type Probing = Surroundings & {
  readonly check: HealthCheck
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
    const probe = runBeside(probing, command, probing.check.timeout || DEFAULT_MS)
    kill = probe.kill
    const passed = (await probe.executed).code === 0
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
