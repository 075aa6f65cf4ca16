import { RunTaskCommand, type RunTaskCommandInput } from '@aws-sdk/client-ecs'
import type { Fact, StartRefusal } from '../../domain/fact.ts'
import { OutcomeUnknown, type StartRequest } from '../../ports/runtime.ts'
import { containerName } from './container-names.ts'
import type { Capacity, EcsOptions } from './ecs-options.ts'
import type { EcsTask } from './ecs-task.ts'
import { refusalOf, type Said, saidBy } from './failure-rules.ts'
import { describeTasks } from './find-tasks.ts'
import type { Registration } from './task-definition.ts'
import type { TaskDefinitions } from './task-definitions.ts'
import { factOf, TAG } from './task-facts.ts'

/** What RunTask takes for all overrides together. */
export const MOST_OVERRIDES = 8_192

type Where = Pick<RunTaskCommandInput, 'capacityProviderStrategy' | 'launchType'>

/** Pure. Everything follows from the request and the definition, so that a repetition is the same request (E1). */
export function runTaskInput(
  options: EcsOptions,
  request: StartRequest,
  taskDefinition: string,
  groups: readonly string[],
  where: Where,
): RunTaskCommandInput {
  const { id, service, number } = request
  const tags = {
    [TAG.installation]: request.installation,
    [TAG.stream]: request.stream,
    [TAG.intent]: String(request.intent),
    [TAG.task]: `${service}.${number}`,
    [TAG.revision]: String(request.revision),
  }
  return {
    cluster: options.cluster,
    taskDefinition,
    count: 1,
    clientToken: id,
    startedBy: id,
    group: request.stream,
    ...where,
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...options.subnets],
        securityGroups: [...groups],
        assignPublicIp: options.assignPublicIp ? 'ENABLED' : 'DISABLED',
      },
    },
    overrides: overridesOf(request),
    enableExecuteCommand: request.spec.exec,
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  }
}

export const overridesOf = ({
  id,
  service,
  number,
}: Pick<StartRequest, 'id' | 'service' | 'number'>): RunTaskCommandInput['overrides'] => ({
  containerOverrides: [
    {
      name: containerName(service),
      environment: [
        { name: 'LONGSHORE_TASK', value: `${service}.${number}` },
        { name: 'LONGSHORE_TASK_ID', value: id },
      ],
    },
  ],
})

const placesOf = (capacity: Capacity): readonly Where[] => {
  if ('launchType' in capacity) return [{ launchType: capacity.launchType }]
  const { strategy, fallback } = capacity
  return [strategy, ...(fallback ? [fallback] : [])].map(one => ({ capacityProviderStrategy: [...one] }))
}

/**
 * E2: the task of this id, started once however often it is asked. A place that lacks room is followed by the next one with the same token:
 * if the first did take effect after all, ECS answers the second with a conflict that names the task. @throws OutcomeUnknown
 */
export async function runTask(
  options: EcsOptions,
  definitions: TaskDefinitions,
  request: StartRequest,
  registration: Registration,
): Promise<Fact> {
  const networks = request.spec.networks.map(network => network.name)
  const ask = async (where: Where, anew = false) => {
    const groups = await options.networks.groupsFor(networks, anew)
    const arn = await definitions.findOrRegister(registration)
    return runOnce(options, runTaskInput(options, request, arn, groups, where))
  }
  let refusal: StartRefusal | undefined
  for (const where of placesOf(options.capacity)) {
    let answer = await ask(where)
    if ('refusal' in answer && (isInactive(answer.refusal) || isUngrouped(answer.refusal))) {
      definitions.forget(registration)
      answer = await ask(where, true)
    }
    if ('task' in answer) return factOfStart(request, answer.task)
    refusal = answer.refusal
    if (refusal.kind !== 'capacity') break
  }
  return { id: request.id, state: 'refused', seen: 0, refusal: refusal! }
}

/** A security group that nobody named a moment ago. */
const isUngrouped = ({ message }: StartRefusal) => /InvalidGroup\.NotFound|security ?group .*does not exist/i.test(message)

/** A definition that another one deregistered meanwhile. */
const isInactive = ({ message }: StartRefusal) => /task ?definition is inactive/i.test(message)

function factOfStart(request: StartRequest, task: EcsTask): Fact {
  const fact = factOf({ startedBy: request.id, group: request.stream, ...task })
  if (!fact) throw new OutcomeUnknown(`RunTask answered without a task for ${request.id}`)
  return fact
}

type Answer = { readonly task: EcsTask } | { readonly refusal: StartRefusal }

async function runOnce(options: EcsOptions, input: RunTaskCommandInput): Promise<Answer> {
  try {
    const { tasks = [], failures = [] } = await options.ecs.send(new RunTaskCommand(input))
    const [task] = tasks
    if (task) return { task: await asItIs(options, task) }
    const { reason, detail = '' } = failures[0] ?? {}
    return refused({ name: reason || 'RunTask started nothing and gave no reason', message: detail, status: 200 })
  } catch (error) {
    const adopted = await adopt(options, error)
    if (adopted) return { task: adopted }
    if (error instanceof OutcomeUnknown) throw error
    return refused(saidBy(error), error)
  }
}

function refused(said: Said, cause?: unknown): Answer {
  const refusal = refusalOf(said)
  if (refusal) return { refusal }
  throw new OutcomeUnknown(`RunTask: ${said.name}: ${said.message}`, { cause })
}

/** The token was used with other parameters (another revision of an equal definition, another place): ECS names the task that it started. */
async function adopt(options: EcsOptions, error: unknown): Promise<EcsTask | undefined> {
  const { name, resourceIds } = error as { readonly name?: string; readonly resourceIds?: readonly string[] }
  if (name !== 'ConflictException' || !resourceIds?.length) return undefined
  const [task] = await describeTasks(options, resourceIds)
  if (task) return task
  throw new OutcomeUnknown(`ECS started ${resourceIds[0]} for this token and does not show it yet`)
}

/** A token answers what it answered first; a task of an earlier request is looked at as it is now. */
async function asItIs(options: EcsOptions, task: EcsTask): Promise<EcsTask> {
  const { replayAfterMs = 30_000 } = options
  const madeAt = task.createdAt ? new Date(task.createdAt).getTime() : undefined
  if (madeAt === undefined || !task.taskArn || options.clock.now() - madeAt < replayAfterMs) return task
  const [now] = await describeTasks(options, [task.taskArn])
  return now ?? task
}
