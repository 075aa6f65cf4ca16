import { type CloudWatchLogsClient, GetLogEventsCommand, type OutputLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import type { LogLine, LogQuery } from '../../ports/runtime.ts'
import { containerName } from './container-names.ts'
import type { ServiceOf } from './ecs-options.ts'
import { saidBy, sent } from './failure-rules.ts'
import { logPrefix } from './task-definition.ts'

export type LogPlace = { readonly logs: CloudWatchLogsClient; readonly group: string }

/** `1700000000000.2`: a line's moment in milliseconds, and which of the lines of that millisecond it is, from 0. */
type Cursor = { readonly at: number; readonly index: number }

function parseCursor(text: string | undefined): Cursor | undefined {
  const match = text === undefined ? undefined : /^(\d+)\.(\d+)$/.exec(text)
  return match ? { at: Number(match[1]), index: Number(match[2]) } : undefined
}

/** The awslogs driver's name for a container's stream: prefix, container, ECS' own id of the task. */
export const logStreamName = (of: ServiceOf, taskArn: string): string =>
  `${logPrefix(of)}/${containerName(of.service)}/${taskArn.slice(taskArn.lastIndexOf('/') + 1)}`

/**
 * A task's lines. CloudWatch keeps no difference between stdout and stderr, and orders a stream by the container's own order; a
 * line is cut by the driver only above 256 KB. @throws OutcomeUnknown
 */
export async function taskLogs(place: LogPlace, id: string, stream: string, query: LogQuery): Promise<readonly LogLine[]> {
  if (query.tail === 0) return []
  const after = parseCursor(query.after)
  const startTime = after?.at ?? query.since
  const wanted = query.tail === undefined ? (query.limit ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
  const chosen: LogLine[] = []
  const count = { at: -1, index: -1 }
  for await (const event of eventsOf(place, stream, startTime)) {
    const line = lineOf(id, event, count)
    if (!after || isLater(count, after)) chosen.push(line)
    if (chosen.length >= wanted) break
  }
  return (query.tail === undefined ? chosen : chosen.slice(-query.tail)).slice(0, query.limit)
}

const isLater = (one: Cursor, after: Cursor) => one.at > after.at || (one.at === after.at && one.index > after.index)

function lineOf(task: string, { timestamp = 0, message = '' }: OutputLogEvent, count: { at: number; index: number }): LogLine {
  count.index = timestamp === count.at ? count.index + 1 : 0
  count.at = timestamp
  return { task, stream: 'stdout', at: timestamp, text: message.replace(/\r?\n$/, ''), cursor: `${timestamp}.${count.index}` }
}

/** From the beginning, or from a moment on; a page may be empty and is the last one when its token comes again. */
async function* eventsOf({ logs, group }: LogPlace, stream: string, startTime: number | undefined): AsyncGenerator<OutputLogEvent> {
  let nextToken: string | undefined
  for (;;) {
    const get = { logGroupName: group, logStreamName: stream, startFromHead: true, startTime, nextToken }
    const page = await logs.send(new GetLogEventsCommand(get)).catch(error => {
      if (saidBy(error).name === 'ResourceNotFoundException') return undefined // it has printed nothing, or never was
      return sent('read logs', Promise.reject(error))
    })
    if (!page) return
    yield* page.events ?? []
    if (!page.nextForwardToken || page.nextForwardToken === nextToken) return
    nextToken = page.nextForwardToken
  }
}
