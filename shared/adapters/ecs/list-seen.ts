import type { ECSClient } from '@aws-sdk/client-ecs'
import { parseStream } from '../../domain/commit.ts'
import type { Seen } from '../../domain/fact.ts'
import { taskFamily } from '../../domain/task-family.ts'
import { describeTasks, listTasks } from './find-tasks.ts'
import { seenOf } from './task-facts.ts'

export type Lister = { readonly ecs: ECSClient; readonly cluster: string; readonly installation: string }

/** The installation's tasks, or those of one of its streams. @throws OutcomeUnknown */
export async function listSeen(at: Lister, stream?: string): Promise<readonly Seen[]> {
  const arns = await listTasks(at, stream === undefined ? {} : { family: familyOf(at.installation, stream) })
  const seen = (await describeTasks(at, arns)).map(task => seenOf(task, at.installation))
  return seen.filter((one): one is Seen => one !== undefined && (stream === undefined || one.stream === stream))
}

/** Those of these tasks that are the installation's. @throws OutcomeUnknown */
export const seenByArn = async (at: Lister, arns: readonly string[]): Promise<readonly Seen[]> =>
  (await describeTasks(at, arns)).flatMap(task => seenOf(task, at.installation) ?? [])

function familyOf(installation: string, stream: string): string {
  const { stack, service } = parseStream(stream)
  return taskFamily(installation, stack, service)
}
