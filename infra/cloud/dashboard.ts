import { Duration, type Stack } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { Watched } from './alarms.ts'
import type { Settings } from './settings.ts'

/** The fleet for somebody in the console: is anything behind, lost, failing or slow. Fewer than the 50 metrics of a free dashboard. */
export function addDashboard(stack: Stack, { installation }: Settings, { functions, queues, lost }: Watched): void {
  const every = { period: Duration.minutes(1) }
  const highest = { ...every, statistic: 'Maximum' }
  const all = [...functions]
  const graph = (title: string, left: readonly cloudwatch.IMetric[]) => new cloudwatch.GraphWidget({ title, left: [...left], width: 12 })
  const dashboard = new cloudwatch.Dashboard(stack, 'Dashboard', { dashboardName: `longshore-${installation}` })
  dashboard.addWidgets(
    graph(
      'Seconds that messages wait',
      [...queues].map(([label, { queue }]) => queue.metricApproximateAgeOfOldestMessage({ ...highest, label })),
    ),
    graph('Given up', [
      ...[...queues].map(([label, { dead }]) => dead.metricApproximateNumberOfMessagesVisible({ ...highest, label })),
      lost.undelivered.metricApproximateNumberOfMessagesVisible({ ...highest, label: 'bus' }),
      lost.unrelayed.metricApproximateNumberOfMessagesVisible({ ...highest, label: 'relay' }),
    ]),
    graph(
      'Runs',
      all.map(([label, made]) => made.metricInvocations({ ...every, label })),
    ),
    graph(
      'Errors',
      all.map(([label, made]) => made.metricErrors({ ...every, label })),
    ),
    graph(
      'Milliseconds of a run, p95',
      all.map(([label, made]) => made.metricDuration({ ...every, statistic: 'p95', label })),
    ),
  )
}
