import type { Answered, CommandRefused, Point } from './commit.ts'
import type { Address, Exit, Fact } from './fact.ts'
import { isChecked } from './health-check.ts'
import type { ScaleInputs, Scaling } from './scaling-state.ts'
import type { ServiceSpec } from './spec.ts'
import type { Cause, Outcome, Pause } from './stack.ts'

/** A service owns its tasks (L1). Events and state; the fold is service-fold.ts, the deciders service-decide.ts, what to do next reconcile/. */

/** All that a stack wants of one service, handed over whole (L2). */
export type Wish = {
  readonly stamp: number
  readonly cause: Cause
  readonly deployment: number
  readonly revision: number
  readonly restarts: number
  readonly stopped: boolean
  readonly paused?: Pause
  readonly replicas: number
  readonly replicasBy: number
  readonly spec: ServiceSpec
}

/** A task to start; `id` is derived from the commit that names it (E1). */
export type StartIntent = { readonly id: string; readonly number: number }

export type ServiceEvent =
  | { readonly type: 'WishTaken'; readonly wish: Wish }
  /** `after`: the stack version read when the scale was accepted (M1). */
  | {
      readonly type: 'ScaleSet'
      readonly replicas: number
      readonly after: number
      /** Absent: a person's command. `demand`: a first request woke the service. */
      readonly by?: 'autoscale' | 'demand'
      readonly why?: string
      readonly inputs?: ScaleInputs
    }
  /** L11: a scaling decision, recorded when it or its reason changes; `wanted` absent: nothing was known. */
  | {
      readonly type: 'ScaleAdvised'
      readonly wanted?: number
      readonly bounded: number
      readonly why: string
      readonly idle?: boolean
      readonly inputs: ScaleInputs
    }
  /** Not to be picked for scaling in before `until`, ms since 1970. */
  | { readonly type: 'TaskProtected'; readonly ids: readonly string[]; readonly until: number }
  | {
      readonly type: 'StartsIntended'
      readonly tasks: readonly StartIntent[]
      readonly revision: number
      readonly restarts: number
      readonly why: string
    }
  | ({ readonly type: 'TaskSeen' } & Fact)
  | { readonly type: 'TaskAvailable'; readonly id: string; readonly asOf: number }
  | { readonly type: 'DrainStarted'; readonly ids: readonly string[]; readonly why: string }
  | { readonly type: 'DrainOver'; readonly ids: readonly string[]; readonly asOf: number }
  | { readonly type: 'StopsIntended'; readonly ids: readonly string[]; readonly why: string }
  | { readonly type: 'DeploymentEnded'; readonly stamp: number; readonly outcome: Outcome; readonly why: string }
  /** Somebody ran a program inside of the task; it says nothing about the task. */
  | { readonly type: 'ExecAsked'; readonly id: string; readonly program: string }
  | { readonly type: 'ClockStepped'; readonly lastTick: number }
  | CommandRefused

/** The newest verdicts of a task's probes; `order` is that of the last one taken. */
export type ProbesSeen = {
  readonly order: number
  readonly startup?: boolean
  readonly readiness?: boolean
  /** Why its startup or readiness probe fails. */
  readonly why?: string
}

export type Task = {
  readonly id: string
  readonly number: number
  readonly revision: number
  readonly restarts: number
  /** A stray (E7): ours by its labels, but no start of it is known. It is only ever stopped. */
  readonly stray?: true
  readonly state: 'intended' | 'pending' | 'running' | 'refused'
  readonly seen: number
  readonly intent: Point
  readonly seenAt: number
  readonly startedAt?: number
  readonly health?: Fact['health']
  /** Absent again while its readiness probe fails. */
  readonly readyAt?: number
  /** When it was ready for the first time. */
  readonly servedAt?: number
  readonly probes?: ProbesSeen
  readonly unhealthyAt?: number
  /** What made it unhealthy. */
  readonly illness?: string
  /** Its runtime will end it at `by`: it is replaced first (DESIGN section 7). */
  readonly leaving?: { readonly by: number; readonly why: string; readonly at: number }
  readonly available: boolean
  readonly runtime?: string
  readonly runtimeId?: string
  readonly addresses?: Readonly<Record<string, Address>>
  /** An address of its own, where it has one. */
  readonly host?: string
  readonly zone?: string
  readonly drain?: Point & { readonly why: string }
  readonly drained: boolean
  /** The intent to stop it. */
  readonly stop?: Point
  readonly refusedAt?: number
  /** Not to be picked for scaling in before this moment. */
  readonly protectedUntil?: number
}

/** What became of a task that is not in the fold any more. */
export type EndedTask = {
  readonly id: string
  readonly number: number
  readonly revision: number
  readonly version: number
  readonly at: number
  /** It ended by itself: nobody had asked it to stop. */
  readonly byItself: boolean
  readonly wasReady: boolean
  /** The runtime's own name of it: where its logs are found when only that tells. */
  readonly runtimeId?: string
  readonly exit: Exit
}

/** The move to the present wish, until it is over. Moments are milliseconds since 1970. */
export type Deployment = {
  readonly stamp: number
  readonly failures: number
  readonly successes: number
  /** The most tasks of it that were available at once: only a new maximum moves the progress deadline (M7). */
  readonly most: number
  readonly progressAt: number
  readonly startedAt: number
  readonly lastFailure?: string
}

export type Service = {
  readonly version: number
  readonly at: number
  /** Version of the last ClockStepped: what was read from the clock before it says nothing after it (T5). */
  readonly stepped: number
  readonly wish?: Wish
  /** The newest revision that ended well, with the specs of all revisions that are still needed. */
  readonly stable?: number
  readonly specs: Readonly<Record<number, ServiceSpec>>
  readonly scale: { readonly replicas: number; readonly after: number }
  /** With x-longshore.scale only. */
  readonly scaling?: Scaling
  readonly deployment?: Deployment
  /** `provesNothing`: no task of the revision ran. */
  readonly ended?: { readonly stamp: number; readonly outcome: Outcome; readonly why: string; readonly provesNothing?: true }
  /** Failures in a row, for the backoff; and when the last of them was. */
  readonly streak: number
  readonly failedAt: number
  /** The last moments at which a task of the wish failed, oldest first: as many as restart policy and crash loop need (restarts.ts). */
  readonly failures: readonly number[]
  /** How many failed in all since the wish was taken. */
  readonly failed: number
  /** Tasks of the wished revision that ended for good, as restart conditions `none` and `on-failure` allow. */
  readonly finished: { readonly ok: number; readonly failed: number }
  readonly tasks: Readonly<Record<string, Task>>
  readonly lastNumber: number
  readonly endedTasks: readonly EndedTask[]
  readonly answered: readonly Answered[]
}

export const emptyService: Service = {
  version: 0,
  at: 0,
  stepped: 0,
  specs: {},
  scale: { replicas: 0, after: 0 },
  streak: 0,
  failedAt: 0,
  failures: [],
  failed: 0,
  finished: { ok: 0, failed: 0 },
  tasks: {},
  lastNumber: 0,
  endedTasks: [],
  answered: [],
}

/** A task of what is wished now; one of an older restart count is not, though its revision is the same. */
export const isOfWish = (task: Pick<Task, 'revision' | 'restarts' | 'stray'>, wish: Wish | undefined): boolean =>
  wish !== undefined && !task.stray && task.revision === wish.revision && task.restarts === wish.restarts

/** Asked to leave, or never to be used: it counts for nothing that is wished. */
export const isLeaving = (task: Task): boolean => task.drain !== undefined || task.stop !== undefined || task.state === 'refused'

/** The router may send it requests (invariant 11). */
export const isRoutable = (task: Task): boolean =>
  task.state === 'running' && task.readyAt !== undefined && task.unhealthyAt === undefined && !isLeaving(task)

/** M7: without a check of its own a task is ready when each of these ports answered from outside. */
export const probedPorts = (spec: ServiceSpec): ServiceSpec['ports'] =>
  spec.healthcheck || spec.probes?.startup || spec.probes?.readiness ? [] : spec.ports.filter(port => port.protocol === 'tcp')

/** Whether something of the spec's own says when a task is ready. */
export const tellsReady = ({ healthcheck, probes }: ServiceSpec): boolean =>
  isChecked(healthcheck) || probes?.startup !== undefined || probes?.readiness !== undefined
