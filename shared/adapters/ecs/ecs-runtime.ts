import { StopTaskCommand } from '@aws-sdk/client-ecs'
import { parseStream } from '../../domain/commit.ts'
import type { Fact } from '../../domain/fact.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Planned } from '../../ports/estimate.ts'
import { type LogLine, type LogQuery, OutcomeUnknown, type Runtime, type StartRequest } from '../../ports/runtime.ts'
import { type EcsOptions, isFargate, type ServiceOf } from './ecs-options.ts'
import { refusalOf, saidBy, sent } from './failure-rules.ts'
import { describeTasks, findStarted } from './find-tasks.ts'
import { notes } from './fit.ts'
import { listSeen, seenByArn } from './list-seen.ts'
import { fargateEstimate } from './monthly-cost.ts'
import { prepareStart } from './prepare-start.ts'
import { removeDefinitions } from './remove-definitions.ts'
import { runTask } from './run-task.ts'
import { ASKED_TO_STOP } from './stop-reason.ts'
import { registrationOf } from './task-definition.ts'
import { TaskDefinitions } from './task-definitions.ts'
import { NotStored, taskEnvironment } from './task-environment.ts'
import { factOf } from './task-facts.ts'
import { filesEnvironment } from './task-files.ts'

/** Tasks of ECS, on Fargate or on instances in awsvpc mode. What must last is ECS' own or the log's: nothing is kept here but a cache. */
export function createEcsRuntime(options: EcsOptions): Runtime {
  const { ecs, cluster, installation } = options
  const definitions = new TaskDefinitions(ecs, installation)
  const platform = isFargate(options.capacity) ? 'fargate' : 'instances'
  const registration = async (of: ServiceOf, spec: ServiceSpec) =>
    registrationOf(options, of, spec, {
      own: await taskEnvironment(options.secrets, of.stack, spec),
      files: await filesEnvironment(options, of.stack, spec),
    })
  const found = async (id: string, runtimeId?: string) =>
    runtimeId === undefined ? findStarted(options, id) : (await describeTasks(options, [runtimeId]))[0]

  return {
    name: 'ecs',
    ...(platform === 'fargate' && { estimate: (planned: Planned) => [fargateEstimate(installation, options.assignPublicIp, planned)] }),
    notes: spec => notes(spec, platform).map(({ why }) => why),
    prepare: (spec, start) => prepareStart({ options, definitions, registration }, spec, start),
    start: async request => {
      try {
        return await runTask(options, definitions, request, await registration(request, request.spec))
      } catch (error) {
        return refusedFor(request, error)
      }
    },
    stop: async (id, { runtimeId }) => {
      const task = runtimeId ?? (await found(id))?.taskArn
      if (!task) return
      const asked = ecs.send(new StopTaskCommand({ cluster, task, reason: ASKED_TO_STOP }))
      await sent(`stop ${id}`, asked).catch(error => {
        if (!/task was not found/i.test(saidBy(error).message)) throw error
      })
    },
    lookup: async (id, runtimeId) => {
      const task = await found(id, runtimeId)
      return task && factOf(task)
    },
    list: stream => listSeen(options, stream),
    named: arns => seenByArn(options, arns),
    watch: () => ({ close: () => {} }), // ECS tells by its own events, which `observe` reads
    logs: (id, query) => readLogs(options, id, query, found),
    collect: async () => {}, // ECS forgets ended tasks by itself
    keepNetworks: named => options.networks.keepOnly(named),
    removeStack: stack => removeDefinitions(ecs, installation, stack),
  }
}

/** What went wrong before RunTask: a definite refusal is a fact like RunTask's own. @throws OutcomeUnknown */
function refusedFor({ id }: StartRequest, error: unknown): Fact {
  if (error instanceof OutcomeUnknown) throw error
  const isGone = error instanceof NotStored
  const refusal = isGone ? { kind: 'revision' as const, code: error.name, message: error.message } : refusalOf(saidBy(error))
  if (!refusal) throw new OutcomeUnknown(`start ${id}: ${String(error)}`, { cause: error })
  return { id, state: 'refused', seen: 0, refusal }
}

type Find = (id: string, runtimeId?: string) => Promise<{ readonly taskArn?: string; readonly group?: string } | undefined>

/** ECS knows a task for an hour after its end, its logs last longer: then the fold's name for it is the only one. */
async function readLogs(options: EcsOptions, id: string, query: LogQuery, find: Find): Promise<readonly LogLine[]> {
  const isKnown = query.runtimeId !== undefined && query.service !== undefined
  const task = isKnown ? { taskArn: query.runtimeId, group: query.service } : await find(id, query.runtimeId)
  if (!task?.taskArn || !task.group) return []
  const { stack, service } = parseStream(task.group)
  const { logStreamName, taskLogs } = await import('./task-logs.ts') // few of the functions that drive tasks ever read what they said
  const place = { logs: await options.logs(), group: options.logGroup }
  return taskLogs(place, id, logStreamName({ stack, service }, task.taskArn), query)
}
