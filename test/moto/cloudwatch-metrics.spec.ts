import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { createCloudWatchMetrics } from '../../shared/adapters/cloudwatch/metrics.ts'
import { metricsContract } from '../contracts/metrics-contract.ts'
import { fresh, onMoto } from './on-moto.ts'

metricsContract('CloudWatch on moto', async () => {
  const client = new CloudWatchClient(onMoto())
  const cluster = fresh('cluster')
  const Dimensions = [
    { Name: 'ClusterName', Value: cluster },
    { Name: 'TaskDefinitionFamily', Value: 'here-shop-web' },
  ]
  const Timestamp = new Date(Date.now() - 90_000)
  const datum = (MetricName: string, Value: number) => ({ MetricName, Value, Dimensions, Timestamp })
  const MetricData = [datum('CpuUtilized', 64), datum('CpuReserved', 256)]
  await client.send(new PutMetricDataCommand({ Namespace: 'ECS/ContainerInsights', MetricData }))
  const names = { cluster, family: () => 'here-shop-web', targetGroups: async () => [] }
  let isGone = false
  const gone = new CloudWatchClient({ ...onMoto(), endpoint: 'http://127.0.0.1:1', maxAttempts: 1 })
  const of = (used: CloudWatchClient) => createCloudWatchMetrics({ client: used, clock: { now: () => Date.now() }, names })
  return {
    metrics: { read: query => of(isGone ? gone : client).read(query) },
    stream: 'service/shop/web',
    metric: { kind: 'cpu' },
    isPerTask: false,
    tasks: [{ id: 'web-1' }, { id: 'web-2' }],
    foreign: { kind: 'requests' },
    oldestMs: 5 * 60_000,
    fail: () => {
      isGone = true
    },
    close: async () => client.destroy(),
  }
})
