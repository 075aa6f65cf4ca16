import { type Service, tellsReady } from '../domain/service.ts'
import type { ServiceSpec, UpdateConfig } from '../domain/spec.ts'

/** How a service's tasks are exchanged: Compose's update_config in Kubernetes' terms. Counts are tasks, times are milliseconds. */
export type Policy = {
  readonly order: 'start-first' | 'stop-first'
  /** E8: two revisions never run at once. */
  readonly writer: boolean
  readonly surge: number
  readonly unavailable: number
  readonly delay: number
  /** A task of the revision being deployed is available when it was ready for this long (M7). */
  readonly monitor: number
  readonly failureAction: 'rollback' | 'pause' | 'continue'
  /** Failed tasks per desired task above which a deployment fails; absent: the circuit breaker decides alone. */
  readonly maxFailureRatio?: number
  readonly restartDelay: number
  readonly drain: number
  /** How long one run of a function may last (E2). */
  readonly timeout: number
}

/** What differs between the cloud and one machine (E2, E7). */
export type Limits = {
  readonly timeout: number
  readonly absentAfter: number
  /** How long a look may still miss what is there: ECS reads are eventually consistent, an engine's are not. */
  readonly looksLag: number
  /** Longer without a sweep means that Longshore was not at work. At home the host's own ticks tell (T5). */
  readonly mostSilence?: number
  /** The runtime tells no change of a container's own health: it is asked (T3). */
  readonly pollsHealth?: boolean
  /**
   * T2, T3: at more services than this a sweep lists them in rotation. ECS takes 20 reads a second from the whole account; 150 services a minute
   * at two calls each are a quarter of that, more only where a service has more than 100 tasks.
   */
  readonly mostListed?: number
  /** Absent where the router knows versions. */
  readonly routing?: RouterLag
}

/** E5: how long a router that knows no versions may be behind the log; milliseconds (ADR 30). */
export type RouterLag = {
  /** What a fold says to add is sent so soon after it was read, or never. */
  readonly sentWithin: number
  /** So long after a drain began nothing decided before it can land, and nobody goes by an old answer of a name. */
  readonly settledAfter: number
  /** Between two looks at a drain that is not over. */
  readonly lookEach: number
}

export const HOME: Limits = { timeout: 10_000, absentAfter: 60_000, looksLag: 0 }
export const AWS: Limits = {
  timeout: 60_000,
  absentAfter: 60_000,
  looksLag: 60_000,
  mostSilence: 180_000,
  pollsHealth: true,
  mostListed: 150,
  routing: { sentWithin: 5_000, settledAfter: 10_000, lookEach: 5_000 },
}

/** Without a probe or a port to answer on, running is all there is to see: watch it longer (Swarm's default for monitor). */
const MONITOR_BLIND = 5_000
const MONITOR_PROBED = 2_000
const DRAIN_DEADLINE = 30_000

/** E8: a writable volume or bind mount that the file does not call shared. */
export const isWriter = (spec: ServiceSpec): boolean =>
  spec.volumes.some(mount => mount.type !== 'tmpfs' && mount.source !== undefined && !mount.readOnly && !mount.shared)

const isProbed = (spec: ServiceSpec) => spec.ports.some(port => port.protocol === 'tcp') || tellsReady(spec)

export function policyOf(s: Pick<Service, 'wish'>, desired: number, limits: Limits): Policy {
  const spec = s.wish?.spec
  const config: UpdateConfig = (s.wish?.cause === 'rollback' ? { ...spec?.update, ...spec?.rollback } : spec?.update) ?? {}
  const writer = spec !== undefined && isWriter(spec)
  const order = writer ? 'stop-first' : (config.order ?? 'start-first')
  return {
    order,
    writer,
    ...budget(config, order, writer, desired),
    delay: config.delay ?? 0,
    monitor: config.monitor ?? (spec && isProbed(spec) ? MONITOR_PROBED : MONITOR_BLIND),
    failureAction: config.failureAction ?? 'rollback',
    maxFailureRatio: config.maxFailureRatio,
    restartDelay: spec?.restart.delay ?? 0,
    drain: DRAIN_DEADLINE,
    timeout: limits.timeout,
  }
}

/** Parallelism is the surge when start-first and the unavailability when stop-first; 0 means all at once. Both 0 → unavailable 1 (Kubernetes). */
function budget(config: UpdateConfig, order: Policy['order'], writer: boolean, desired: number): Pick<Policy, 'surge' | 'unavailable'> {
  if (writer) return { surge: 0, unavailable: desired }
  const parallelism = config.parallelism === 0 ? Math.max(1, desired) : (config.parallelism ?? 1)
  const surge = order === 'stop-first' ? 0 : tasks(config.maxSurge, desired, Math.ceil, parallelism)
  const unavailable = tasks(config.maxUnavailable, desired, Math.floor, order === 'stop-first' ? parallelism : 0)
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function tasks(value: UpdateConfig['maxSurge'], desired: number, round: (share: number) => number, otherwise: number): number {
  if (value === undefined) return otherwise
  return typeof value === 'number' ? value : round((desired * Number.parseInt(value, 10)) / 100)
}
