import * as z from 'zod/mini'
import { PROBE_NAMES } from './probe-names.ts'

/** Where a port of a task is reached from outside of it. */
export const Address = z.strictObject({ host: z.string(), port: z.int() })

/** How a task ended, as its runtime tells it. */
export const Exit = z.strictObject({
  code: z.optional(z.int()),
  oomKilled: z.optional(z.boolean()),
  /** One line for a person: "exited with code 1", "killed: out of memory". */
  reason: z.string(),
  /** Milliseconds since 1970, by the runtime's clock. */
  at: z.optional(z.number()),
  /** The platform or somebody else ended it, not its own program: it does not count against its revision. */
  outside: z.optional(z.literal(true)),
})

/** Why a start was refused: `revision` is the spec's own fault and counts for the circuit breaker; the others back off and never count. */
export const StartRefusal = z.strictObject({ kind: z.enum(['revision', 'capacity', 'throttled']), code: z.string(), message: z.string() })

/**
 * A probe's verdict that changed. Of two verdicts about one task the one of the higher `order` is the later one, whatever their facts'
 * `seen`; `why` is what the probe was told, in one line.
 */
export const ProbeVerdict = z.strictObject({
  name: z.enum(PROBE_NAMES),
  passed: z.boolean(),
  order: z.number(),
  why: z.optional(z.string()),
})

/**
 * The runtime will end the task at that moment (milliseconds since 1970, its clock): Spot interruption, retirement. Without `by` it was sent
 * its stop signal already, and is killed when its grace period is over.
 */
export const Leaving = z.strictObject({ by: z.optional(z.number()), why: z.string() })

/**
 * What was seen of a task. `seen` is the runtime's own order of one task's facts (ECS `detail.version`): of two, the higher is the later
 * one, an equal one says nothing new about the state (E6). Absent fields say nothing.
 */
export const Fact = z.strictObject({
  id: z.string(),
  state: z.enum(['pending', 'running', 'stopped', 'refused']),
  seen: z.number(),
  /** The ports answered (M7). Never false: what takes readiness away is a probe, or `health`. */
  ready: z.optional(z.literal(true)),
  probe: z.optional(ProbeVerdict),
  /** The container's own health check; absent where it has none. */
  health: z.optional(z.enum(['starting', 'healthy', 'unhealthy'])),
  /** The engine's own name of the task: container id, pid and start time, task ARN. */
  runtimeId: z.optional(z.string()),
  runtime: z.optional(z.string()),
  /** An address of the task's own, where each port of its spec is reached under its own number (ECS in awsvpc mode). */
  host: z.optional(z.string()),
  /** What fails as one: an Availability Zone. Absent where there is but one. */
  zone: z.optional(z.string()),
  /** By "3000/tcp". */
  addresses: z.optional(z.record(z.string(), Address)),
  exit: z.optional(Exit),
  refusal: z.optional(StartRefusal),
  leaving: z.optional(Leaving),
})

/** A fact from a listing, with the labels that tell whose task it is: the stream and the version of its intent. */
export const Seen = z.strictObject({ ...Fact.shape, stream: z.string(), intent: z.int() })

export type Address = z.infer<typeof Address>
export type ProbeVerdict = z.infer<typeof ProbeVerdict>
export type Exit = z.infer<typeof Exit>
export type StartRefusal = z.infer<typeof StartRefusal>
export type Fact = z.infer<typeof Fact>
export type Seen = z.infer<typeof Seen>
