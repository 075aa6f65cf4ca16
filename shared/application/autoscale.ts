import { parseStream } from '../domain/commit.ts'
import type { Metric } from '../domain/scale-policy.ts'
import type { Service } from '../domain/service.ts'
import type { MetricReading } from '../scaling/advice.ts'
import { decideAutoscale, decideDemand, isScaled, type Readings, scaledTasks } from '../scaling/autoscale-service.ts'
import { onService } from './append.ts'
import { foldService } from './folds.ts'
import type { LogPorts, Ports } from './ports.ts'

export type AutoscalePorts = LogPorts & Pick<Ports, 'metrics' | 'readModel'>

const ACTOR = 'autoscale'

/** Reads what the service is scaled by, and records the decision when it or its reason changed (L11). */
export async function autoscale(ports: AutoscalePorts, stream: string): Promise<void> {
  const s = await foldService(ports, stream)
  if (!isScaled(s)) return
  const readings = await readAll(ports, stream, s)
  // the clock is read after the fold (T5), and again after a lost race: a reading grows old, and a step makes it void
  const decide = (state: Service) => (state.stepped === s.stepped ? decideAutoscale(state, readings, ports.clock.now()) : [])
  await onService(ports, stream, decide, { actor: ACTOR })
}

/** A request waits for a service that sleeps. */
export async function wakeOnDemand(ports: AutoscalePorts, stream: string): Promise<void> {
  if (parseStream(stream).kind !== 'service') return
  await onService(ports, stream, s => decideDemand(s, ports.clock.now()), { actor: ACTOR })
}

/** The schedule's part: only what is scaled is read, since every reading costs. */
export async function streamsToScale({ readModel }: Pick<Ports, 'readModel'>): Promise<readonly string[]> {
  return (await readModel.rows()).filter(row => row.scaled).map(row => row.stream)
}

async function readAll(ports: AutoscalePorts, stream: string, s: Service): Promise<Readings> {
  const { targets, idle } = s.wish!.spec.scale!
  const read = new Map<string, Promise<MetricReading>>()
  const readOnce = (metric: Metric) => {
    const key = JSON.stringify(metric)
    const reading = read.get(key) ?? readOne(ports, stream, s, metric)
    read.set(key, reading)
    return reading
  }
  const metrics = targets.map(target => target.metric)
  const demand: readonly Metric[] = idle ? demandMetrics(s, metrics) : []
  return { targets: await Promise.all(metrics.map(readOnce)), demand: await Promise.all(demand.map(readOnce)) }
}

/** What tells that nothing comes in. */
const demandMetrics = (s: Service, metrics: readonly Metric[]): readonly Metric[] => [
  ...(s.wish!.spec.ports.some(port => port.protocol === 'tcp') ? [{ kind: 'requests' as const }] : []),
  ...metrics.filter(metric => metric.kind === 'queue' || metric.kind === 'custom'),
]

/** A source that breaks its promise not to throw is a source without a reading. */
async function readOne(ports: AutoscalePorts, stream: string, s: Service, metric: Metric): Promise<MetricReading> {
  const ready = scaledTasks(s).filter(task => task.ready)
  const tasks = ready.map(({ id }) => {
    const { runtimeId, revision } = s.tasks[id]!
    const { cpus, memory } = s.specs[revision]?.resources ?? {}
    return { id, ...(runtimeId && { runtimeId }), ...(cpus && { cpus }), ...(memory && { memory }) }
  })
  try {
    return { metric, ...(await ports.metrics.read({ stream, metric, tasks })) }
  } catch (error) {
    return { metric, samples: [], problem: error instanceof Error ? error.message : String(error) }
  }
}
