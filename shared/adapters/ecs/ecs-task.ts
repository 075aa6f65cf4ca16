import * as z from 'zod'

/**
 * A task as DescribeTasks and as the Task State Change event tell it; only what is read here, and whatever else comes along is let pass. The
 * event's moments are text.
 */
export const EcsTask = z.object({
  taskArn: z.string().optional(),
  group: z.string().optional(),
  startedBy: z.string().optional(),
  lastStatus: z.string().optional(),
  desiredStatus: z.string().optional(),
  version: z.number().optional(),
  createdAt: z.union([z.string(), z.date()]).optional(),
  stoppedAt: z.union([z.string(), z.date()]).optional(),
  stopCode: z.string().optional(),
  stoppedReason: z.string().optional(),
  healthStatus: z.string().optional(),
  attachments: z
    .array(z.object({ details: z.array(z.object({ name: z.string().optional(), value: z.string().optional() })).optional() }))
    .optional(),
  containers: z
    .array(
      z.object({
        exitCode: z.number().optional(),
        reason: z.string().optional(),
        networkInterfaces: z.array(z.object({ privateIpv4Address: z.string().optional() })).optional(),
      }),
    )
    .optional(),
  /** Never in events; gone once StopTask was called. */
  tags: z.array(z.object({ key: z.string().optional(), value: z.string().optional() })).optional(),
})

export type EcsTask = z.infer<typeof EcsTask>
