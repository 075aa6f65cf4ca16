import * as z from 'zod'

/**
 * `x-longshore.scale`: how many tasks a service has, by what is measured. Durations are milliseconds. What the file leaves out takes
 * Kubernetes' defaults (scale-behavior.ts).
 */

const Milliseconds = z.number().int().nonnegative()
const Count = z.number().int().nonnegative().max(10_000)

/**
 * What is measured. `cpu`, `memory`: percent of a task's limit. `requests`: per second of one task. `queue` and `custom` are one number of the
 * whole service; their target is per task.
 */
export const Metric = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cpu') }),
  z.strictObject({ kind: z.literal('memory') }),
  z.strictObject({ kind: z.literal('requests') }),
  /** `queue`: an SQS queue's name or URL; on one machine a URL that answers with the number waiting. */
  z.strictObject({ kind: z.literal('queue'), queue: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('custom'),
    name: z.string().min(1),
    /** CloudWatch's namespace; absent: the number is read from `url`. */
    namespace: z.string().optional(),
    dimensions: z.record(z.string(), z.string()).optional(),
    /** Answers with the number, as text or as JSON `{"value": 12}`. */
    url: z.string().optional(),
  }),
])

export const ScaleTarget = z.strictObject({ metric: Metric, target: z.number().positive() })

/** A limit on how fast the number of tasks changes: at most `value` tasks, or percent of them, within `period`. */
export const RatePolicy = z.strictObject({
  type: z.enum(['pods', 'percent']),
  value: z.number().int().positive(),
  period: z.number().int().min(1_000).max(1_800_000),
})

/** One direction of HPA v2's behavior. */
export const ScaleRules = z.strictObject({
  stabilization: Milliseconds.max(3_600_000).optional(),
  policies: z.array(RatePolicy).optional(),
  select: z.enum(['max', 'min', 'disabled']).optional(),
})

/** Other bounds from each moment of `cron` (in `timeZone`) for as long as `duration`. */
export const ScaleSchedule = z.strictObject({
  name: z.string().optional(),
  cron: z.string(),
  timeZone: z.string(),
  duration: z.number().int().min(60_000).max(2_678_400_000),
  min: Count.optional(),
  max: Count.optional(),
})

/** Scale to zero after so long without a request; the router holds at most `most` first requests, each for `waitMs` at most. */
export const IdlePolicy = z.strictObject({
  after: z.number().int().min(1_000),
  most: z.number().int().min(1).max(10_000),
  waitMs: z.number().int().min(100).max(300_000),
})

export const ScalePolicy = z.strictObject({
  /** Fewest tasks while awake. */
  min: Count.min(1),
  max: Count.min(1),
  targets: z.array(ScaleTarget).max(10),
  /** Part of the target within which a metric changes nothing; 0.1 unless told. */
  tolerance: z.number().min(0).max(1).optional(),
  up: ScaleRules.optional(),
  down: ScaleRules.optional(),
  schedules: z.array(ScaleSchedule).max(10).optional(),
  idle: IdlePolicy.optional(),
})

export type Metric = z.infer<typeof Metric>
export type ScaleTarget = z.infer<typeof ScaleTarget>
export type RatePolicy = z.infer<typeof RatePolicy>
export type ScaleRules = z.infer<typeof ScaleRules>
export type ScaleSchedule = z.infer<typeof ScaleSchedule>
export type IdlePolicy = z.infer<typeof IdlePolicy>
export type ScalePolicy = z.infer<typeof ScalePolicy>
