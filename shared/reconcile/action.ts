import type { ServiceEvent } from '../domain/service.ts'
import type { Installation } from '../domain/task-id.ts'
import type { Limits } from './policy.ts'

/**
 * What a look at the runtime, begun at `at` on version `asOf`, found running and not unhealthy. Deadlines pass only on a reading made
 * after them (T5).
 */
export type Reading = {
  readonly at: number
  readonly asOf: number
  readonly running: ReadonlySet<string>
  /** Since when Longshore has been at work without a gap, where it runs in a cloud: nothing is called stuck by time before it. */
  readonly attendedSince?: number
}

export type Action = { readonly event: ServiceEvent; readonly why: string }

/** `holds`: why nothing more is done now, for `explain` (invariant 8). `mustLook`: a verdict is due that needs a reading first. */
export type Plan = { readonly actions: readonly Action[]; readonly holds: readonly string[]; readonly mustLook: boolean }

/** Whose plan, and on what terms: `stream` and `installation` make the ids of the tasks to start (E1). */
export type Setting = { readonly stream: string; readonly installation: Installation; readonly limits: Limits }
