import { logStreamName, taskLogs } from '../../../shared/adapters/ecs/task-logs.ts'
import { parseStream } from '../../../shared/domain/commit.ts'
import type { Runtime } from '../../../shared/ports/runtime.ts'
import { told } from '../environment.ts'
import { logsClient } from './logs-client.ts'

/** By what the log knows of a task: one of which no fact ever came has said nothing that anybody could name. */
export const readTaskLogs = (): Pick<Runtime, 'logs'> => {
  const place = { logs: logsClient(), group: told('logGroup') }
  return {
    logs: async (id, query) => {
      if (query.runtimeId === undefined || query.service === undefined) return []
      const { stack, service } = parseStream(query.service)
      return taskLogs(place, id, logStreamName({ stack, service }, query.runtimeId), query)
    },
  }
}
