import * as z from 'zod/mini'
import type { Fact } from '../../domain/fact.ts'
import { EcsTask } from './ecs-task.ts'
import { factOf, streamOf } from './task-facts.ts'

/** EventBridge's envelope of ECS' "Task State Change"; unknown fields are let pass. */
const TaskStateChange = z.object({
  source: z.literal('aws.ecs'),
  'detail-type': z.literal('ECS Task State Change'),
  detail: EcsTask,
})

export const isFromEcs = (envelope: unknown): boolean => (envelope as { readonly source?: unknown } | null)?.source === 'aws.ecs'

/**
 * The fact that an event of ECS tells, and the stream that it is of; undefined for a task that Longshore did not start. Events come at least
 * once and in any order: the fact's `seen` is `detail.version` (E6). @throws ZodError for another shape
 */
export function readTaskStateChange(envelope: unknown): { readonly stream: string; readonly fact: Fact } | undefined {
  const { detail } = TaskStateChange.parse(envelope)
  const stream = streamOf(detail)
  const fact = factOf(detail)
  return stream && fact ? { stream, fact } : undefined
}
