import * as z from 'zod/mini'
import './english.ts'
import { metadataHostOf } from './metadata-host.ts'

/**
 * Startup, readiness and liveness probes, with Kubernetes' meanings and defaults (core/v1 Probe; kubernetes.io/docs/concepts/configuration/
 * liveness-readiness-startup-probes). Times are milliseconds.
 *
 * `startup` gates the other two, and replaces the task when it fails; `readiness` says whether requests are sent to it; `liveness`
 * replaces it. A probe is tried from outside of the container, but for `exec`.
 */
const Milliseconds = z.int().check(z.nonnegative())
const Port = z.int().check(z.minimum(1), z.maximum(65_535))
const Count = z.int().check(z.minimum(1))

/** Any status from 200 to 399 passes. `host` only names the Host header: what is asked is always the task itself. */
export const HttpProbe = z.strictObject({
  port: Port,
  path: z.string().check(z.startsWith('/')),
  scheme: z.enum(['http', 'https']),
  host: z.optional(z.string()),
  /** May refer to secrets. */
  headers: z.optional(z.record(z.string(), z.string())),
})

/** grpc.health.v1.Health/Check in clear text (h2c); SERVING passes. */
export const GrpcProbe = z.strictObject({ port: Port, service: z.optional(z.string()) })

const timing = {
  period: Milliseconds.check(z.minimum(100)),
  /** A try that takes longer is ended and has failed. */
  timeout: Milliseconds.check(z.minimum(1)),
  /** So many failures in a row are a failure. */
  failureThreshold: Count,
  /** So many successes in a row are a success. */
  successThreshold: Count,
  /** Counted from the task's start. */
  initialDelay: Milliseconds,
}

export const Probe = z
  .strictObject({
    exec: z.optional(z.array(z.string()).check(z.minLength(1))),
    http: z.optional(HttpProbe),
    tcp: z.optional(z.strictObject({ port: Port })),
    grpc: z.optional(GrpcProbe),
    ...timing,
  })
  .check(
    z.refine(probe => KINDS.filter(kind => probe[kind]).length === 1, 'a probe is one of exec, http, tcp and grpc'),
    z.refine(probe => metadataHostOf(probe) === undefined, 'a probe must not ask the metadata service of the machine'),
  )

const Fatal = Probe.check(z.refine(probe => probe.successThreshold === 1, 'successThreshold must be 1 here, as in Kubernetes'))

export const Probes = z.strictObject({ startup: z.optional(Fatal), readiness: z.optional(Probe), liveness: z.optional(Fatal) })

export type Probe = z.infer<typeof Probe>
export type Probes = z.infer<typeof Probes>

export const KINDS = ['exec', 'http', 'tcp', 'grpc'] as const

/** Kubernetes' defaults. */
export const PROBE_DEFAULTS = { period: 10_000, timeout: 1_000, failureThreshold: 3, successThreshold: 1, initialDelay: 0 }

/** What a probe's tries have shown: the last result, how often in a row, and the verdict that stands. */
export type ProbeCount = { readonly last?: boolean; readonly run: number; readonly passed?: boolean }
export const freshProbe: ProbeCount = { run: 0 }

/** One result more. Below its threshold a result leaves the verdict as it is (kubelet, prober/worker.go). */
export function countTry(count: ProbeCount, probe: Pick<Probe, 'failureThreshold' | 'successThreshold'>, passed: boolean): ProbeCount {
  const run = count.last === passed ? count.run + 1 : 1
  const isDecided = run >= (passed ? probe.successThreshold : probe.failureThreshold)
  return { last: passed, run, passed: isDecided ? passed : count.passed }
}
