import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { parseStream } from '../../domain/commit.ts'
import type { ReadLogs } from './ecs-options.ts'
import { logStreamName, taskLogs } from './task-logs.ts'

/** ECS knows a task for an hour after its end, its logs last longer: then the fold's name for it is the only one. */
export const readLogsBy =
  (logs: CloudWatchLogsClient, group: string): ReadLogs =>
  async (id, query, find) => {
    const isKnown = query.runtimeId !== undefined && query.service !== undefined
    const task = isKnown ? { taskArn: query.runtimeId, group: query.service } : await find(id, query.runtimeId)
    if (!task?.taskArn || !task.group) return []
    const { stack, service } = parseStream(task.group)
    return taskLogs({ logs, group }, id, logStreamName({ stack, service }, task.taskArn), query)
  }
