import type { MetricQuery, MetricReading, Metrics } from '../../shared/ports/metrics.ts'

export type HomeMetrics = {
  readonly requests: Metrics
  /** What stands at a URL. */
  readonly numbers: Metrics
  readonly process: Metrics
  readonly docker?: Metrics
}

/** What one machine measures: each metric by who knows it, CPU and memory by the runtime that each task runs on. */
export function createHomeMetrics({ requests, numbers, process, docker }: HomeMetrics): Metrics {
  const byKind: Readonly<Record<MetricQuery['metric']['kind'], (query: MetricQuery) => Promise<MetricReading>>> = {
    requests: query => requests.read(query),
    queue: query => numbers.read(query),
    custom: query => numbers.read(query),
    cpu: query => ofTasks(query),
    memory: query => ofTasks(query),
  }
  async function ofTasks(query: MetricQuery): Promise<MetricReading> {
    const processes = query.tasks.filter(task => isProcess(task.runtimeId))
    const others = query.tasks.filter(task => !isProcess(task.runtimeId))
    const readings = await Promise.all([
      processes.length ? process.read({ ...query, tasks: processes }) : undefined,
      others.length && docker ? docker.read({ ...query, tasks: others }) : undefined,
    ])
    const problems = readings.flatMap(reading => reading?.problem ?? [])
    return { samples: readings.flatMap(reading => reading?.samples ?? []), ...(problems.length > 0 && { problem: problems.join('; ') }) }
  }
  return { read: query => byKind[query.metric.kind](query) }
}

/** Processes are named by pid and start, containers by the engine's id. */
const isProcess = (runtimeId: string | undefined) => /^\d+@/.test(runtimeId ?? '')
