import type Dockerode from 'dockerode'
import type { ContainerStats } from 'dockerode'
import type { Clock } from '../../ports/clock.ts'
import type { MetricQuery, MetricReading, Metrics, Sample } from '../../ports/metrics.ts'
import { messageOf, statusOf, within } from './engine-errors.ts'
import { isOf } from './labels.ts'

export type ContainerMetricsOptions = { readonly docker: Dockerode; readonly installation: string; readonly clock: Clock }

/** What a container had used at a moment, both in milliseconds by the engine's own clock. */
type Use = { readonly used: number; readonly at: number }
type Task = MetricQuery['tasks'][number]
type Reader = (task: Task) => Promise<number | { readonly problem: string } | undefined>

/** Shorter spans say more about the scheduler than about the task. */
const SHORTEST_MS = 1_000
/** A mean over longer says nothing about now. */
const LONGEST_MS = 120_000
const PATIENCE_MS = 5_000

/**
 * CPU and memory of containers, from the engine. CPU is what was used between two readings, of which the older one is kept here; the first
 * time the engine takes both, a second apart. Memory is the working set: without the file cache that the kernel can drop, as `docker stats` has it.
 */
export function createContainerMetrics(options: ContainerMetricsOptions): Metrics {
  const cpu = new CpuReader(options)
  const readers: Readonly<Record<string, Reader>> = {
    cpu: async task => percentOf(await cpu.cores(task), task.cpus ?? 1),
    memory: task => memoryOf(options, task),
  }
  return {
    read: async ({ metric, tasks }): Promise<MetricReading> => {
      const read = readers[metric.kind]
      if (!read) return { samples: [], problem: `the engine does not measure ${metric.kind}` }
      if (metric.kind === 'cpu') cpu.keepOnly(tasks)
      return gather(options.clock, tasks, read)
    },
  }
}

/** One task's failure leaves the others their readings. */
async function gather(clock: Clock, tasks: readonly Task[], read: Reader): Promise<MetricReading> {
  const samples: Sample[] = []
  const problems = new Set<string>()
  await Promise.all(
    tasks.map(async task => {
      try {
        const value = await read(task)
        if (typeof value === 'number') samples.push({ task: task.id, value, at: clock.now() })
        else if (value) problems.add(value.problem)
      } catch (error) {
        problems.add(`the engine tells nothing of ${task.id}: ${messageOf(error)}`)
      }
    }),
  )
  return { samples, ...(problems.size > 0 && { problem: [...problems].sort().join('; ') }) }
}

const percentOf = (used: number | undefined, limit: number) => (used === undefined ? undefined : (100 * used) / limit)

async function memoryOf(options: ContainerMetricsOptions, task: Task): Promise<number | { readonly problem: string } | undefined> {
  if (!task.memory) return { problem: 'memory is measured against a limit, and this service has none (deploy.resources.limits.memory)' }
  const stats = await statsOf(options, task.id, true)
  return stats && percentOf(workingSetOf(stats), task.memory)
}

class CpuReader {
  readonly #options: ContainerMetricsOptions
  readonly #last = new Map<string, Use>()

  constructor(options: ContainerMetricsOptions) {
    this.#options = options
  }

  /** Cores in use; undefined for a task that is not there. */
  async cores({ id }: Task): Promise<number | undefined> {
    const before = this.#last.get(id)
    const stats = await statsOf(this.#options, id, before !== undefined)
    if (!stats) return undefined
    const now = useOf(stats.cpu_stats.cpu_usage.total_usage, stats.read)
    const mean = before && meanOf(before, now)
    if (mean === undefined || now.at - before!.at >= SHORTEST_MS) this.#last.set(id, now)
    return mean ?? this.#ofPair(id, stats) ?? (before ? await this.#again(id) : undefined)
  }

  /** What was kept is too old or of an earlier start: the engine takes two readings. */
  async #again(id: string): Promise<number | undefined> {
    const stats = await statsOf(this.#options, id, false)
    return stats && this.#ofPair(id, stats)
  }

  #ofPair(id: string, { cpu_stats, precpu_stats, read, preread }: ContainerStats & { readonly preread?: string }): number | undefined {
    const before = useOf(precpu_stats?.cpu_usage?.total_usage ?? 0, preread ?? '')
    const now = useOf(cpu_stats.cpu_usage.total_usage, read)
    if (!(before.at > 0)) return undefined
    this.#last.set(id, now)
    return meanOf(before, now)
  }

  /** Those of the services that are asked about stay; ids are never used twice, so the rest is only a matter of memory. */
  keepOnly(tasks: readonly Task[]): void {
    if (this.#last.size < 10_000) return
    const asked = new Set(tasks.map(task => task.id))
    for (const id of [...this.#last.keys()]) if (!asked.has(id)) this.#last.delete(id)
  }
}

/** The engine counts nanoseconds; a zero time (year 1) means that it took no reading. */
const useOf = (nanoseconds: number, time: string): Use => ({ used: nanoseconds / 1e6, at: Date.parse(time) })

function meanOf(before: Use, now: Use): number | undefined {
  const span = now.at - before.at
  const used = now.used - before.used
  return span >= SHORTEST_MS / 2 && span <= LONGEST_MS && used >= 0 ? used / span : undefined
}

/** Undefined for a container that is not there, is not ours, or does not run. */
async function statsOf(
  { docker, installation }: ContainerMetricsOptions,
  id: string,
  oneShot: boolean,
): Promise<ContainerStats | undefined> {
  const container = docker.getContainer(id)
  try {
    const { Config, State } = await within(PATIENCE_MS, `inspect ${id}`, container.inspect())
    if (!isOf(installation, Config.Labels) || !State.Running) return undefined
    const stats = await within(PATIENCE_MS, `stats of ${id}`, container.stats({ stream: false, 'one-shot': oneShot }))
    // A container that ended meanwhile is answered with nothing in it.
    return stats.cpu_stats?.cpu_usage?.total_usage ? stats : undefined
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 409) return undefined
    throw error
  }
}

/** cgroup v2 names it inactive_file, v1 total_inactive_file (docker CLI, calculateMemUsageUnixNoCache). */
function workingSetOf({ memory_stats }: ContainerStats): number | undefined {
  const { usage, stats } = memory_stats as { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> }
  if (usage === undefined) return undefined
  const cache = stats?.['total_inactive_file'] ?? stats?.['inactive_file'] ?? 0
  return cache < usage ? usage - cache : usage
}
