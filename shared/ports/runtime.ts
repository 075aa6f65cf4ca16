import type { Fact, Seen } from '../domain/fact.ts'
import type { ServiceSpec } from '../domain/spec.ts'
import type { Estimate, Planned } from './estimate.ts'

/** Everything about one start. Two requests for one id are equal, since all of it follows from the intent's commit (E1). */
export type StartRequest = {
  readonly installation: string
  readonly stream: string
  readonly stack: string
  readonly service: string
  readonly id: string
  /** Task number in its service: web.7 is number 7. */
  readonly number: number
  readonly revision: number
  /** Version of the intent's commit on `stream`. */
  readonly intent: number
  readonly spec: ServiceSpec
}

/** Thrown by a call of which nobody knows whether it took effect (timeout, connection lost, 5xx): the same request again is safe (E2). */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
}

export type LogLine = {
  readonly task: string
  readonly stream: 'stdout' | 'stderr'
  /** Milliseconds since 1970. */
  readonly at: number
  /** Without its newline; a line is never broken, however long. */
  readonly text: string
  /** Opaque; reading on from it gives the lines after this one. */
  readonly cursor: string
}

export type LogQuery = {
  /** The runtime's own name of the task, where a fact told it. */
  readonly runtimeId?: string
  /** The stream of its service. */
  readonly service?: string
  /** Continue after this line. */
  readonly after?: string
  /** Only the last so many lines. */
  readonly tail?: number
  readonly since?: number
  readonly limit?: number
}

/** What came of a command; without a `code` it did not end in time and was killed. */
export type Executed = {
  readonly code?: number
  /** The last of what it printed, 4 KB at most. */
  readonly output: string
  /** Why it could not even begin: no such program. */
  readonly problem?: string
}

export type RemoveStack = {
  readonly volumes: boolean
  /**
   * Ended tasks made at this moment or later go at once. Older ones are left to `collect`: a start that an earlier run of the host sent may
   * still land, and must find the name taken (E3). Milliseconds since 1970.
   */
  readonly madeSince?: number
}

export type ComingStart = { readonly stream: string; readonly count: number }

/** `starts`: so many may follow at once all the same. `key`: the part of the service's spec that is refused, by its Compose path. */
export type Unprepared = { readonly waitsFor: string; readonly starts?: number } | { readonly refused: string; readonly key?: string }

export type StopOptions = {
  readonly graceMs: number
  readonly signal?: string
  /** As its facts named it, where one came. */
  readonly runtimeId?: string
}

export interface Runtime {
  /** `docker`, `process`, `ecs`, `simulated`. */
  readonly name: string
  /**
   * What can take long (pull an image, the launch budget) is begun here and stands before the intent (E2). Answers at once what it waits
   * for, undefined when a start could follow now, or why this spec can never start. `start` says whose tasks are to follow; without it the
   * question is only whether they ever could.
   */
  prepare(spec: ServiceSpec, start?: ComingStart): Promise<Unprepared | undefined>
  /** What would run otherwise than the spec says, for people. */
  notes?(spec: ServiceSpec): readonly string[]
  /** Absent where nothing costs. */
  estimate?(planned: Planned): readonly Estimate[]
  /**
   * Starts the task of this id once, however often it is asked (E1, E3); a task that was started before is answered as it is now, stopped
   * included. A definite refusal is a fact of state `refused`.
   * @throws OutcomeUnknown
   */
  start(request: StartRequest): Promise<Fact>
  /**
   * Asks it to stop: its stop signal, then after `graceMs` the kill. Returns when asked, not when stopped; the stopped fact follows.
   * Unknown ids and ended tasks are no error.
   * @throws OutcomeUnknown
   */
  stop(id: string, options: StopOptions): Promise<void>
  /** The task as it is now, ended ones included for at least an hour. `runtimeId` saves a search. @throws OutcomeUnknown */
  lookup(id: string, runtimeId?: string): Promise<Fact | undefined>
  /**
   * Every task of this installation, or of one of its streams; ended ones may be left out where a lookup still finds them.
   * @throws OutcomeUnknown
   */
  list(stream?: string): Promise<readonly Seen[]>
  /** Tasks of this installation by the runtime's own names of them. Absent where nobody is told such names. @throws OutcomeUnknown */
  named?(runtimeIds: readonly string[]): Promise<readonly Seen[]>
  /** Calls back at each change that the runtime tells of, until `close`; may lose, repeat and reorder (the sweep lists). */
  watch(onSeen: (seen: Seen) => void): { close(): void }
  /**
   * Runs a command beside the task's program, in its folder and environment, and kills it with all that it started after `timeoutMs`.
   * Absent where nobody can from outside (ECS): there a probe is the container's own check (T3).
   * @throws OutcomeUnknown when the task does not run, or nobody answers
   */
  exec?(id: string, command: readonly string[], timeoutMs: number): Promise<Executed>
  logs(id: string, query: LogQuery): Promise<readonly LogLine[]>
  /** Removes what ended tasks left (containers, folders) when they ended before `before`; a bounded part of their logs is kept. */
  collect(before: number): Promise<void>
  /**
   * M4: removes what it made for networks that no stack names any more; what is still in use stays for the next time. Lists before it asks.
   * Absent where `removeStack` does it.
   */
  keepNetworks?(named: () => Promise<ReadonlySet<string>>): Promise<void>
  /** Removes the networks, what ended tasks left and, when told, the volumes of a stack. Called when no task of it is left. */
  removeStack(stack: string, options: RemoveStack): Promise<void>
}

/** Names an image exactly, once, before the commit. */
export interface Images {
  /** The digest or image id that `reference` means now; undefined where this spec does not run as a container. @throws CodedError LS-IMAGE-NOT-FOUND, LS-ENGINE-UNREACHABLE */
  resolve(reference: string, spec: ServiceSpec): Promise<string | undefined>
}
