import { StopTaskCommand } from '@aws-sdk/client-ecs'
import type { Fact } from '../../domain/fact.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Planned } from '../../ports/estimate.ts'
import { OutcomeUnknown, type Runtime, type StartRequest } from '../../ports/runtime.ts'
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
    logs: (id, query) => (options.logs ? options.logs(id, query, found) : notRead()),
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

/** Functions that drive tasks never read what they said: the API does. */
async function notRead(): Promise<never> {
  throw new Error('this runtime was given no reader of logs')
}
