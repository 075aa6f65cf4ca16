import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { createGroupNames } from '../../../shared/adapters/alb/target-groups.ts'
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

/** One for both ports, so that what one listing told serves all. */
let groupNames: MetricNames['targetGroups'] | undefined

const names = (clock: Clock): MetricNames => ({
  cluster: told('cluster'),
  family: stream => {
    const { stack, service } = parseStream(stream)
    return taskFamily(told('installation'), stack, service)
  },
  targetGroups: (groupNames ??= createGroupNames({
    client: new ElasticLoadBalancingV2Client(PATIENCE),
    installation: told('installation'),
    clock,
  })),
})

export const metrics = (clock: Clock): Metrics =>
  createCloudWatchMetrics({ client: new CloudWatchClient(PATIENCE), clock, names: names(clock) })

export const alarms = (clock: Clock): Alarms =>
  createCloudWatchAlarms({ client: new CloudWatchClient(PATIENCE), installation: told('installation'), names: names(clock) })
