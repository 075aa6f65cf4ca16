import { performance } from 'node:perf_hooks'
import type { Clock } from '../../ports/clock.ts'
import type { MetricQuery, MetricReading, Metrics, Sample } from '../../ports/metrics.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { everyProcess, usageOf } from './process-usage.ts'

export type ProcessMetricsOptions = {
  readonly clock: Clock
  /** Default: this system. */
  readonly platform?: NodeJS.Platform
}

type Task = MetricQuery['tasks'][number]
/** `since` by performance.now(); `sample` is what it and the one before it gave. */
type Use = { readonly cpuMs: number; readonly since: number; readonly sample?: Sample }

const SHORTEST_MS = 1_000
const LONGEST_MS = 120_000
const UNKNOWN_YET = 'cpu is known from the second reading on, a second later'

/**
 * CPU and memory of plain processes from /proc. CPU is what a task used between two readings, of which the older one is kept here: the
 * first time there is none yet.
 */
export function createProcessMetrics({ clock, platform = process.platform }: ProcessMetricsOptions): Metrics {
  const last = new Map<string, Use>()
  return {
    read: async ({ metric, tasks }): Promise<MetricReading> => {
      if (metric.kind !== 'cpu' && metric.kind !== 'memory') return { samples: [], problem: `${metric.kind} is not measured of processes` }
      if (platform !== 'linux')
        return { samples: [], problem: `${metric.kind} of processes is measured on Linux only, and this is ${platform}` }
      const all = everyProcess()
      const at = clock.now()
      const samples: Sample[] = []
      const problems = new Set<string>()
      for (const task of tasks) {
        const root = identityOf(task)
        const usage = root && usageOf(root, all)
        if (!usage) continue
        const found = metric.kind === 'cpu' ? cpuOf(last, task, usage.cpuMs, at) : memoryOf(task, usage.memory, at)
        if (found && 'problem' in found) problems.add(found.problem)
        else if (found) samples.push(found)
      }
      return { samples, ...(problems.size > 0 && { problem: [...problems].join('; ') }) }
    },
  }
}

/** The runtime's own name of a task: pid and start (task-look.ts). Undefined for a container's. */
export function identityOf({ runtimeId }: Task): ProcessIdentity | undefined {
  const [, pid, start] = /^(\d+)@(.+)$/.exec(runtimeId ?? '') ?? []
  return pid && start ? { pid: Number(pid), start } : undefined
}

function memoryOf({ id, memory }: Task, used: number, at: number): Sample | { readonly problem: string } {
  if (!memory) return { problem: 'memory is measured against a limit, and this service has none (deploy.resources.limits.memory)' }
  return { task: id, value: (100 * used) / memory, at }
}

/** The newest reading again for who asks twice within a second: a shorter span says more about the scheduler than about the task. */
function cpuOf(
  last: Map<string, Use>,
  { id, cpus = 1 }: Task,
  cpuMs: number,
  at: number,
): Sample | { readonly problem: string } | undefined {
  const now = { cpuMs, since: performance.now() }
  const before = last.get(id)
  const span = before ? now.since - before.since : Number.POSITIVE_INFINITY
  if (before && span < SHORTEST_MS) return before.sample ?? { problem: UNKNOWN_YET }
  // Less than before: a process of it ended whose parent did not wait for it, and took its time along.
  const isMeasured = before && span <= LONGEST_MS && cpuMs >= before.cpuMs
  const sample = isMeasured ? { task: id, value: (100 * (cpuMs - before.cpuMs)) / span / cpus, at } : undefined
  last.set(id, { ...now, sample })
  return sample ?? { problem: UNKNOWN_YET }
}
