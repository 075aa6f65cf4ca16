import { parseStream } from '../domain/commit.ts'
import { alarmsOf, mayFollow } from '../scaling/alarms.ts'
import { streamsToScale } from './autoscale.ts'
import { foldService } from './folds.ts'
import type { LogPorts, Ports } from './ports.ts'

export type AlarmPorts = LogPorts & Pick<Ports, 'readModel' | 'alarms'>

/** E4: the alarms of one service, after what they follow from changed. Where there are none (one machine) nothing is done. */
export async function settleAlarms(ports: AlarmPorts, stream: string): Promise<void> {
  await ports.alarms?.apply(new Map([[stream, alarmsOf(await foldService(ports, stream))]]))
}

const HOUR = 3_600_000
const MINUTE = 60_000

/**
 * In the first minute of each hour: of every service, and removes what none wants. An alarm that somebody changed, or that outlived its service, is found by
 * nothing else.
 */
export async function auditAlarms(ports: AlarmPorts): Promise<void> {
  if (!ports.alarms || ports.clock.now() % HOUR >= MINUTE) return
  // from the log: rows may be lost, and no alarm for want of one
  const services = (await ports.log.streams()).filter(stream => parseStream(stream).kind === 'service')
  const wanted = await Promise.all(services.map(async stream => [stream, alarmsOf(await foldService(ports, stream))] as const))
  await ports.alarms.applyAll(new Map(wanted))
}

/**
 * The schedule's part: with alarms a service is due while one of them is on that its bounds let it follow, and when a schedule moved its bounds; an alarm's
 * message that was lost costs a minute. Without alarms every scaled service is.
 */
export async function streamsDue(ports: AlarmPorts): Promise<readonly string[]> {
  if (!ports.alarms) return streamsToScale(ports)
  const on = Map.groupBy(await ports.alarms.on(), alarm => alarm.stream)
  const scheduled = (await ports.readModel.rows()).filter(row => row.scaled && row.scheduled).map(row => row.stream)
  const now = ports.clock.now()
  const due = await Promise.all(
    [...new Set([...on.keys(), ...scheduled])].map(async stream => {
      const sides = (on.get(stream) ?? []).map(alarm => alarm.side)
      return mayFollow(await foldService(ports, stream), sides, now) ? [stream] : []
    }),
  )
  return due.flat()
}
