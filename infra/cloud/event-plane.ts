import { Duration, type Stack } from 'aws-cdk-lib'
import * as events from 'aws-cdk-lib/aws-events'
import * as targets from 'aws-cdk-lib/aws-events-targets'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as scheduler from 'aws-cdk-lib/aws-scheduler'
import type { FunctionRow, Trigger } from '../function-table.ts'
import type { LostAndFound, QueuePair } from './queues.ts'
import { alarmPattern, COMMITTED, commitPattern, type Pattern, RETIREMENT, taskStatePattern } from './rule-patterns.ts'
import { titleOf } from './title.ts'

export type EventPlaneOptions = {
  readonly table: readonly FunctionRow[]
  readonly functions: ReadonlyMap<string, lambda.Function>
  readonly queues: ReadonlyMap<string, QueuePair>
  readonly bus: events.EventBus
  readonly logStream: string
  readonly clusterArn: string
  readonly installation: string
  readonly lost: LostAndFound
}

/** From the table's triggers: the log's stream → relay → bus → rules → queues → functions, and schedules. */
export function addEventPlane(stack: Stack, options: EventPlaneOptions): void {
  const schedules = new iam.Role(stack, 'ScheduleRole', { assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com') })
  const scheduled: string[] = []
  for (const row of options.table) {
    row.triggers.forEach((trigger, n) => {
      const id = `${titleOf(row.name)}${n || ''}`
      if (trigger.kind === 'log-stream') addRelay(stack, row, options)
      else if (trigger.kind === 'schedule') {
        const { functionArn } = options.functions.get(row.name)!
        scheduled.push(functionArn)
        addSchedule(stack, id, functionArn, schedules.roleArn, trigger)
      } else addRule(stack, id, row, patternOf(trigger, options), options)
    })
    if (options.queues.has(row.name)) addQueueSource(stack, row, options)
  }
  schedules.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: scheduled }))
}

/** L7: one commit that the bus refuses must not hold the shard: halves are tried, then within the hour it is set aside and the audit finds its stream. */
function addRelay(stack: Stack, row: FunctionRow, { functions, logStream, lost }: EventPlaneOptions): void {
  new lambda.CfnEventSourceMapping(stack, `${titleOf(row.name)}Source`, {
    functionName: functions.get(row.name)!.functionName,
    eventSourceArn: logStream,
    startingPosition: 'TRIM_HORIZON',
    batchSize: row.batch?.size ?? 100,
    maximumBatchingWindowInSeconds: row.batch?.windowSeconds ?? 0,
    bisectBatchOnFunctionError: true,
    functionResponseTypes: ['ReportBatchItemFailures'],
    maximumRecordAgeInSeconds: 3_600,
    maximumRetryAttempts: 100,
    parallelizationFactor: 2,
    destinationConfig: { onFailure: { destination: lost.unrelayed.queueArn } },
  })
}

function addQueueSource(stack: Stack, row: FunctionRow, { functions, queues }: EventPlaneOptions): void {
  new lambda.CfnEventSourceMapping(stack, `${titleOf(row.name)}Source`, {
    functionName: functions.get(row.name)!.functionName,
    eventSourceArn: queues.get(row.name)!.queue.queueArn,
    batchSize: row.batch?.size ?? 10,
    maximumBatchingWindowInSeconds: row.batch?.windowSeconds ?? 0,
    functionResponseTypes: ['ReportBatchItemFailures'],
    scalingConfig: row.batch?.most ? { maximumConcurrency: row.batch.most } : undefined,
  })
}

/** What the bus brings; a router sends its demands to the queue itself. */
function patternOf(trigger: Trigger, { clusterArn, installation }: EventPlaneOptions): Pattern | undefined {
  if (trigger.kind === 'commits') return commitPattern(trigger)
  if (trigger.kind === 'task-states') return taskStatePattern(clusterArn)
  if (trigger.kind === 'alarms') return alarmPattern(installation)
  if (trigger.kind === 'retirements') return RETIREMENT
  return undefined
}

function addRule(stack: Stack, id: string, row: FunctionRow, pattern: Pattern | undefined, { queues, bus, lost }: EventPlaneOptions): void {
  if (!pattern) return
  const isOurs = pattern.source[0] === COMMITTED.source
  const target = new targets.SqsQueue(queues.get(row.name)!.queue, { deadLetterQueue: lost.undelivered })
  new events.Rule(stack, `${id}Rule`, {
    description: `${row.name}: ${row.does}`,
    eventBus: isOurs ? bus : undefined, // AWS's own services speak on the default bus
    eventPattern: { source: [...pattern.source], detailType: [...pattern['detail-type']], detail: pattern.detail },
    targets: [target],
  })
}

/** The input is what the embedded host hands over. A run that is lost is made good by the next one, so it is not tried again for long. */
function addSchedule(
  stack: Stack,
  id: string,
  target: string,
  roleArn: string,
  { cloudMinutes }: Extract<Trigger, { kind: 'schedule' }>,
): void {
  new scheduler.CfnSchedule(stack, `${id}Schedule`, {
    scheduleExpression: cloudMinutes === 1 ? 'rate(1 minute)' : `rate(${cloudMinutes} minutes)`,
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: target,
      roleArn,
      input: '{}',
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: Duration.minutes(Math.max(1, cloudMinutes)).toSeconds() },
    },
  })
}
