import { parseStream } from '../domain/commit.ts'
import { stackDueAt } from '../domain/stack-due.ts'
import { serviceDueAt } from '../reconcile/due-at.ts'
import { type ConductPorts, conduct } from './conduct.ts'
import { foldService, foldStack } from './folds.ts'
import { type ReconcilePorts, reconcile, settingOf } from './reconcile.ts'

const LONGEST_DELAY = 900_000

export type ActPorts = ReconcilePorts & ConductPorts

/** What a stream needs now: its stack's process, or its own reconciliation. */
export const act = (ports: ActPorts, stream: string): Promise<void> =>
  parseStream(stream).kind === 'stack' ? conduct(ports, stream) : reconcile(ports, stream)

/** T1, on receipt of a wake: due → act; not what is waited for any more → drop; else delay again. */
export async function wake(ports: ActPorts, stream: string, expected: number): Promise<void> {
  const due = await dueOf(ports, stream)
  const now = ports.clock.now()
  if (due !== undefined && now >= due) return act(ports, stream)
  if (due === expected)
    await ports.wakes.send(parseStream(stream).kind === 'stack' ? 'conduct' : 'reconcile', stream, due, Math.min(LONGEST_DELAY, due - now))
}

/** For who finds a stream by its own fold, not by a wake. */
export async function actIfDue(ports: ActPorts, stream: string): Promise<void> {
  const due = await dueOf(ports, stream)
  if (due !== undefined && ports.clock.now() >= due) await act(ports, stream)
}

async function dueOf(ports: ActPorts, stream: string): Promise<number | undefined> {
  if (parseStream(stream).kind === 'stack') return stackDueAt(await foldStack(ports, stream))
  return serviceDueAt(await foldService(ports, stream), settingOf(ports, stream))
}
