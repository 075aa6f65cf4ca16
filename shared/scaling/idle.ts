import type { MetricReading, ScaledTask } from './advice.ts'
import { believe } from './samples.ts'

/** Nothing comes in: each reading is there, of every ready task or of the whole service, and is zero. Unknown is not idle. */
export function isIdle(readings: readonly MetricReading[], tasks: readonly ScaledTask[], now: number): boolean {
  const ready = tasks.filter(task => task.ready)
  return readings.length > 0 && readings.every(reading => isZero(reading, ready, now))
}

function isZero({ samples, open = 0 }: MetricReading, ready: readonly ScaledTask[], now: number): boolean {
  const { byTask, whole } = believe(samples, now)
  if (open > 0) return false
  if (ready.length === 0) return whole === 0 && [...byTask.values()].every(value => value === 0)
  return ready.every(task => (byTask.get(task.id) ?? whole) === 0)
}

/** Work waits for a service that sleeps (a queue; requests wake it themselves). */
export const hasWork = (readings: readonly MetricReading[], now: number): boolean =>
  readings.some(({ metric, samples }) => metric.kind !== 'requests' && (believe(samples, now).whole ?? 0) > 0)
