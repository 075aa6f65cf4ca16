import type { MetricStat } from '@aws-sdk/client-cloudwatch'
import type { Metric } from '../../domain/scale-policy.ts'

/** Names that metrics of an installation's services have on AWS. */
export type MetricNames = {
  readonly cluster: string
  /** The task definition family, which names the service (E1). */
  family(stream: string): string
  /** `targetgroup/<name>/<id>` for each published port; none for a service that no load balancer leads to. @throws what the load balancer answers */
  targetGroups(stream: string): Promise<readonly string[]>
}

/** What to ask for, and the figure that points of one minute give, also as CloudWatch's own metric math. Each of `series` is billed. */
export type Figure = {
  readonly series: readonly MetricStat[]
  value(points: readonly number[]): number
  expression(ids: readonly string[]): string
}
export type NoFigure = { readonly problem: string }

/** Seconds; the finest at which these metrics are kept. */
export const PERIOD = 60

/** Where CloudWatch keeps a metric of a service. Percentages and requests are means over its tasks. */
export async function figureOf(names: MetricNames, stream: string, metric: Metric): Promise<Figure | NoFigure> {
  switch (metric.kind) {
    case 'cpu':
      return shareOf(names, stream, 'CpuUtilized', 'CpuReserved')
    case 'memory':
      return shareOf(names, stream, 'MemoryUtilized', 'MemoryReserved')
    case 'requests':
      return requestsOf(await names.targetGroups(stream))
    case 'queue':
      return single('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName: queueName(metric.queue) })
    case 'custom':
      if (!metric.namespace) return { problem: `${metric.name} has no namespace, so CloudWatch has none of it` }
      return single(metric.namespace, metric.name, metric.dimensions ?? {})
  }
}

/** Container Insights: standalone tasks have no service metrics, but their family has. */
function shareOf(names: MetricNames, stream: string, used: string, reserved: string): Figure {
  const dimensions = { ClusterName: names.cluster, TaskDefinitionFamily: names.family(stream) }
  const series = [used, reserved].map(name => statOf('ECS/ContainerInsights', name, dimensions, 'Average'))
  return {
    series,
    value: ([part = Number.NaN, whole = Number.NaN]) => (100 * part) / whole,
    expression: ([part, whole]) => `100*${part}/${whole}`,
  }
}

/** The sum of this metric is already a mean over the targets, and of the whole minute. Each task is a target of every group. */
function requestsOf(targetGroups: readonly string[]): Figure | NoFigure {
  if (targetGroups.length === 0) return { problem: 'no load balancer leads to it, so nobody counts its requests' }
  return {
    series: targetGroups.map(TargetGroup => statOf('AWS/ApplicationELB', 'RequestCountPerTarget', { TargetGroup }, 'Sum')),
    value: counts => counts.reduce((sum, count) => sum + count, 0) / PERIOD,
    expression: ids => (ids.length === 1 ? `${ids[0]}/${PERIOD}` : `(${ids.join('+')})/${PERIOD}`),
  }
}

const single = (namespace: string, name: string, dimensions: Readonly<Record<string, string>>): Figure => ({
  series: [statOf(namespace, name, dimensions, 'Average')],
  value: ([point = Number.NaN]) => point,
  expression: ([point]) => point!,
})

const statOf = (namespace: string, name: string, dimensions: Readonly<Record<string, string>>, stat: string): MetricStat => ({
  Metric: {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  },
  Period: PERIOD,
  Stat: stat,
})

/** A queue is named by its URL or ARN as well. */
const queueName = (queue: string): string => queue.split(/[/:]/).at(-1)!
