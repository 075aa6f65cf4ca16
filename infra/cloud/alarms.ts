import { Duration, type Stack } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import type { FunctionRow } from '../function-table.ts'
import { hasQueue, type LostAndFound, type QueuePair } from './queues.ts'
import type { Settings } from './settings.ts'
import { titleOf } from './title.ts'

export type Watched = {
  readonly table: readonly FunctionRow[]
  readonly functions: ReadonlyMap<string, lambda.Function>
  readonly queues: ReadonlyMap<string, QueuePair>
  readonly lost: LostAndFound
}

type Watch = { readonly metric: cloudwatch.Metric; readonly above: number; readonly minutes: number; readonly means: string }

/** Seconds that a service's commit may wait for `reconcile` before somebody should look. */
const LAG = 300
/** Milliseconds that the relay may be behind the log. */
const BEHIND = 60_000

/** One alarm each, $0.10 a month after an account's first ten. What errors of a queued function lead to shows in its dead letters; the others' errors are watched themselves. */
export function addAlarms(stack: Stack, { alarmTopic }: Settings, watched: Watched): void {
  for (const [id, { metric, above, minutes, means }] of watches(watched)) {
    new cloudwatch.CfnAlarm(stack, `${id}Alarm`, {
      alarmDescription: means,
      namespace: metric.namespace,
      metricName: metric.metricName,
      dimensions: Object.entries(metric.dimensions ?? {}).map(([name, value]) => ({ name, value: String(value) })),
      statistic: metric.statistic,
      period: 60,
      evaluationPeriods: minutes,
      threshold: above,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: alarmTopic ? [alarmTopic] : undefined,
      okActions: alarmTopic ? [alarmTopic] : undefined,
    })
  }
}

const EACH_MINUTE = { period: Duration.minutes(1), statistic: 'Maximum' }

function* watches({ table, functions, queues, lost }: Watched): Generator<readonly [string, Watch]> {
  const visible = (queue: QueuePair['queue']) => queue.metricApproximateNumberOfMessagesVisible(EACH_MINUTE)
  for (const [name, { dead }] of queues)
    yield [
      `${titleOf(name)}DeadLetters`,
      { metric: visible(dead), above: 0, minutes: 1, means: `${name} gave messages up: see operations.md, redrive` },
    ]
  yield ['Undelivered', { metric: visible(lost.undelivered), above: 0, minutes: 1, means: 'the bus could not put an event on its queue' }]
  yield [
    'Unrelayed',
    { metric: visible(lost.unrelayed), above: 0, minutes: 1, means: 'the relay gave commits up; the audit wakes their streams' },
  ]
  for (const row of table) {
    const made = functions.get(row.name)!
    if (row.triggers.some(trigger => trigger.kind === 'log-stream')) {
      const metric = made.metric('IteratorAge', EACH_MINUTE)
      yield ['RelayBehind', { metric, above: BEHIND, minutes: 5, means: 'the relay is behind the log: nothing follows from commits' }]
    } else if (!hasQueue(row)) {
      const metric = made.metricErrors({ ...EACH_MINUTE, statistic: 'Sum' })
      yield [`${titleOf(row.name)}Errors`, { metric, above: 0, minutes: 5, means: `${row.name} fails each minute` }]
    }
  }
  const waits = queues.get('reconcile')!.queue.metricApproximateAgeOfOldestMessage(EACH_MINUTE)
  yield ['ReconcileLag', { metric: waits, above: LAG, minutes: 5, means: 'services wait for reconcile' }]
}
