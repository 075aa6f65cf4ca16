import type { Clock } from '../../ports/clock.ts'

/** One finished request. `out` and `in` are body bytes as the client saw them, whole connections' for upgrades. */
export type AccessRecord = {
  readonly stream: string
  /** Absent when no target got it. */
  readonly task?: string
  readonly method: string
  /** Without the query, which may hold secrets. */
  readonly path: string
  /** 499: the client left before the answer. */
  readonly status: number
  readonly ms: number
  readonly in: number
  readonly out: number
  readonly id: string
  readonly client: string
}

const LONGEST_PATH = 2_048

export const pathOf = (url: string): string => url.split('?', 1)[0]!.slice(0, LONGEST_PATH)

/** One JSON text without line breaks; `time` is ISO 8601. */
export function accessLine(clock: Clock, record: AccessRecord): string {
  return JSON.stringify({ time: new Date(timeOf(clock)).toISOString(), ...record, ms: Math.round(record.ms * 10) / 10 })
}

/** A clock that is being stepped refuses to answer (T5), but requests end all the same. */
function timeOf(clock: Clock): number {
  try {
    return clock.now()
  } catch {
    return Date.now()
  }
}
