import { DescribeTasksCommand, type ECSClient, ListTasksCommand, type ListTasksCommandInput } from '@aws-sdk/client-ecs'
import type { EcsTask } from './ecs-task.ts'
import { sent } from './failure-rules.ts'

type At = { readonly ecs: ECSClient; readonly cluster: string }

/** What one call of DescribeTasks takes. */
const AT_ONCE = 100

/** Tasks by their ARNs, in hundreds; what ECS does not know (any more, or yet) is left out. @throws OutcomeUnknown */
export async function describeTasks({ ecs, cluster }: At, arns: readonly string[]): Promise<readonly EcsTask[]> {
  const found: EcsTask[] = []
  for (let from = 0; from < arns.length; from += AT_ONCE) {
    const tasks = arns.slice(from, from + AT_ONCE)
    const answer = await sent('describe tasks', ecs.send(new DescribeTasksCommand({ cluster, tasks, include: ['TAGS'] })))
    found.push(...(answer.tasks ?? []))
  }
  return found
}

/** @param mostPages of 100 each; @throws OutcomeUnknown; RangeError when there are more */
export async function listTasks(
  { ecs, cluster }: At,
  filter: Omit<ListTasksCommandInput, 'cluster'>,
  mostPages = 2_000,
): Promise<readonly string[]> {
  const arns: string[] = []
  let nextToken: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const answer = await sent('list tasks', ecs.send(new ListTasksCommand({ cluster, ...filter, nextToken })))
    arns.push(...(answer.taskArns ?? []))
    nextToken = answer.nextToken
    if (!nextToken) return arns
  }
  throw new RangeError(`more than ${mostPages * 100} tasks`)
}

/** By the id that its start carried: running ones first, then those that were stopped. `startedBy` allows no other filter. */
export async function findStarted(at: At, id: string): Promise<EcsTask | undefined> {
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    const arns = await listTasks(at, { startedBy: id, desiredStatus })
    const tasks = await describeTasks(at, arns)
    if (tasks.length) return tasks.find(task => task.lastStatus !== 'STOPPED') ?? tasks[0]
  }
  return undefined
}
