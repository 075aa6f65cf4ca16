import { parseStream } from '../domain/commit.ts'
import { decideClockStep } from '../domain/service-decide.ts'
import { onService } from './append.ts'
import type { LogPorts } from './ports.ts'

/** T5: after a late tick, a clock set back or a host's start, before any handler reads the clock again. */
export async function stepClocks(ports: LogPorts, now: number, lastTick: number): Promise<void> {
  for (const stream of await ports.log.streams()) {
    if (parseStream(stream).kind === 'service') await onService(ports, stream, s => decideClockStep(s, now, lastTick), { actor: 'clock' })
  }
}
