import type { Installation } from '../domain/task-id.ts'
import type { Alarms } from '../ports/alarms.ts'
import type { Blobs } from '../ports/blobs.ts'
import type { Bus } from '../ports/bus.ts'
import type { Claims } from '../ports/claims.ts'
import type { Clock, Ids } from '../ports/clock.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { ExecSessions } from '../ports/exec-sessions.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Prober } from '../ports/prober.ts'
import type { Probing } from '../ports/probing.ts'
import type { ReadModel } from '../ports/read-model.ts'
import type { Registry } from '../ports/registry.ts'
import type { Router } from '../ports/router.ts'
import type { Images, Runtime } from '../ports/runtime.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { Snapshots } from '../ports/snapshots.ts'
import type { TargetHealth } from '../ports/target-health.ts'
import type { Wakes } from '../ports/wakes.ts'
import type { Limits } from '../reconcile/policy.ts'
import type { Folds } from './folds.ts'

/** Everything that a function may be handed; each takes the part that its row in the function table names. */
export type Ports = {
  readonly log: EventLog
  readonly snapshots: Snapshots
  readonly claims: Claims
  readonly readModel: ReadModel
  readonly blobs: Blobs
  readonly secrets: Secrets
  readonly runtime: Runtime
  readonly images: Images
  readonly router: Router
  /** Absent on one machine, where the engine that builds images runs them. */
  readonly registry?: Registry
  /** Absent on one machine, where a program's input and output go over the connection itself. */
  readonly execSessions?: ExecSessions
  /** Absent on AWS, where nobody outside of the tasks' network reaches a port: the load balancer says what answers. */
  readonly prober?: Prober
  /** Absent on AWS, where a probe is the container's or the target group's check (T3). */
  readonly probing?: Probing
  /** Absent on one machine. */
  readonly targetHealth?: TargetHealth
  readonly metrics: Metrics
  /** Absent on one machine, where metrics cost nothing to read. */
  readonly alarms?: Alarms
  readonly wakes: Wakes
  readonly bus: Bus
  readonly clock: Clock
  readonly ids: Ids
  /** What this process has folded already (L5); only saves reads. */
  readonly folds: Folds
  readonly setting: InstallationSetting
}

export type InstallationSetting = {
  readonly installation: Installation
  readonly limits: Limits
  /**
   * E2: what was intended before this moment has no living executor (a host's start under the folder's lock). 0 where that cannot be known.
   */
  readonly orphanedBefore: number
}

/** What folding and appending need. */
export type LogPorts = Pick<Ports, 'log' | 'snapshots' | 'clock' | 'ids' | 'folds'>
