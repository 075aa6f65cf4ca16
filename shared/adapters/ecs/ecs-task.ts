import * as z from 'zod/mini'

const text = z.optional(z.string())
const number = z.optional(z.number())
const moment = z.optional(z.union([z.string(), z.date()]))

/**
 * A task as DescribeTasks and as the Task State Change event tell it; only what is read here, and whatever else comes along is let pass. The
 * event's moments are text.
 */
export const EcsTask = z.object({
  taskArn: text,
  group: text,
  availabilityZone: text,
  startedBy: text,
  lastStatus: text,
  desiredStatus: text,
  version: number,
  createdAt: moment,
  stoppedAt: moment,
  stopCode: text,
  stoppedReason: text,
  healthStatus: text,
  attachments: z.optional(z.array(z.object({ details: z.optional(z.array(z.object({ name: text, value: text }))) }))),
  containers: z.optional(
    z.array(
      z.object({
        name: text,
        runtimeId: text,
        exitCode: number,
        reason: text,
        networkInterfaces: z.optional(z.array(z.object({ privateIpv4Address: text }))),
      }),
    ),
  ),
  /** Never in events; gone once StopTask was called. */
  tags: z.optional(z.array(z.object({ key: text, value: text }))),
})

export type EcsTask = z.infer<typeof EcsTask>
