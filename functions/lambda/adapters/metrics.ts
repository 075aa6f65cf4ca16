import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { createCloudWatchAlarms } from '../../../shared/adapters/cloudwatch/alarms.ts'
import type { MetricNames } from '../../../shared/adapters/cloudwatch/metric-series.ts'
import { createCloudWatchMetrics } from '../../../shared/adapters/cloudwatch/metrics.ts'
import { parseStream } from '../../../shared/domain/commit.ts'
import { taskFamily } from '../../../shared/domain/task-family.ts'
import type { Alarms } from '../../../shared/ports/alarms.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Metrics } from '../../../shared/ports/metrics.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

const names = (): MetricNames => ({
  cluster: told('cluster'),
  family: stream => {
    const { stack, service } = parseStream(stream)
    return taskFamily(told('installation'), stack, service)
  },
  targetGroup: async () => undefined, // no load balancer leads to a service yet
})

export const metrics = (clock: Clock): Metrics => createCloudWatchMetrics({ client: new CloudWatchClient(PATIENCE), clock, names: names() })

export const alarms = (): Alarms =>
  createCloudWatchAlarms({ client: new CloudWatchClient(PATIENCE), installation: told('installation'), names: names() })
