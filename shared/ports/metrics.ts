import type { Metric } from '../domain/scale-policy.ts'

/** One reading; of one task, or of the whole service when `task` is absent. */
export type Sample = {
  readonly task?: string
  readonly value: number
  /** When it was measured, ms since 1970. */
  readonly at: number
}

export type MetricQuery = {
  /** `service/<stack>/<name>` */
  readonly stream: string
  readonly metric: Metric
  readonly tasks: readonly {
    readonly id: string
    readonly runtimeId?: string
    /** Limits: cores, bytes. */
    readonly cpus?: number
    readonly memory?: number
  }[]
}

export type MetricReading = {
  readonly samples: readonly Sample[]
  readonly problem?: string
  /** `requests` only: requests and connections open now, WebSockets too. They are no load, but who has one is not idle. */
  readonly open?: number
}

/**
 * Units: `cpu`, `memory` percent of the task's limit (cpu without a limit: of one core; memory without a limit: no reading, and a problem
 * that says so); `requests` per second of that task, over the last half minute or so; `queue`, `custom` one number of the whole service.
 */
export interface Metrics {
  /**
   * What is known now; absent tasks have no reading. Never made up, never zero for "unknown".
   * @throws nothing: a source that fails gives no samples and `problem`
   */
  read(query: MetricQuery): Promise<MetricReading>
}
