import * as z from 'zod/mini'

/**
 * `x-longshore.scale`: how many tasks a service has, by what is measured. Durations are milliseconds. What the file leaves out takes
 * Kubernetes' defaults (scale-behavior.ts).
 */

const Milliseconds = z.int().check(z.nonnegative())
const Count = z.int().check(z.nonnegative(), z.maximum(10_000))

/**
 * What is measured. `cpu`, `memory`: percent of a task's limit. `requests`: per second of one task. `queue` and `custom` are one number of the
 * whole service; their target is per task.
 */
export const Metric = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('cpu') }),
  z.strictObject({ kind: z.literal('memory') }),
  z.strictObject({ kind: z.literal('requests') }),
  /** `queue`: an SQS queue's name or URL; on one machine a URL that answers with the number waiting. */
  z.strictObject({ kind: z.literal('queue'), queue: z.string().check(z.minLength(1)) }),
  z.strictObject({
    kind: z.literal('custom'),
    name: z.string().check(z.minLength(1)),
    /** CloudWatch's namespace; absent: the number is read from `url`. */
    namespace: z.optional(z.string()),
    dimensions: z.optional(z.record(z.string(), z.string())),
    /** Answers with the number, as text or as JSON `{"value": 12}`. */
    url: z.optional(z.string()),
  }),
])

export const ScaleTarget = z.strictObject({ metric: Metric, target: z.number().check(z.positive()) })

/** A limit on how fast the number of tasks changes: at most `value` tasks, or percent of them, within `period`. */
export const RatePolicy = z.strictObject({
  type: z.enum(['pods', 'percent']),
  value: z.int().check(z.positive()),
  period: z.int().check(z.minimum(1_000), z.maximum(1_800_000)),
})

/** One direction of HPA v2's behavior. */
export const ScaleRules = z.strictObject({
  stabilization: z.optional(Milliseconds.check(z.maximum(3_600_000))),
  policies: z.optional(z.array(RatePolicy)),
  select: z.optional(z.enum(['max', 'min', 'disabled'])),
})

/** Other bounds from each moment of `cron` (in `timeZone`) for as long as `duration`. */
export const ScaleSchedule = z.strictObject({
  name: z.optional(z.string()),
  cron: z.string(),
  timeZone: z.string(),
  duration: z.int().check(z.minimum(60_000), z.maximum(2_678_400_000)),
  min: z.optional(Count),
  max: z.optional(Count),
})

/** Scale to zero after so long without a request; the router holds at most `most` first requests, each for `waitMs` at most. */
export const IdlePolicy = z.strictObject({
  after: z.int().check(z.minimum(1_000)),
  most: z.int().check(z.minimum(1), z.maximum(10_000)),
  waitMs: z.int().check(z.minimum(100), z.maximum(300_000)),
})

export const ScalePolicy = z.strictObject({
  /** Fewest tasks while awake. */
  min: Count.check(z.minimum(1)),
  max: Count.check(z.minimum(1)),
  targets: z.array(ScaleTarget).check(z.maxLength(10)),
  /** Part of the target within which a metric changes nothing; 0.1 unless told. */
  tolerance: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  up: z.optional(ScaleRules),
  down: z.optional(ScaleRules),
  schedules: z.optional(z.array(ScaleSchedule).check(z.maxLength(10))),
  idle: z.optional(IdlePolicy),
})

export type Metric = z.infer<typeof Metric>
export type ScaleTarget = z.infer<typeof ScaleTarget>
export type RatePolicy = z.infer<typeof RatePolicy>
export type ScaleRules = z.infer<typeof ScaleRules>
export type ScaleSchedule = z.infer<typeof ScaleSchedule>
export type IdlePolicy = z.infer<typeof IdlePolicy>
export type ScalePolicy = z.infer<typeof ScalePolicy>
