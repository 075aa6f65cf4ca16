import type { Service, Task } from '../domain/service.ts'
import { decideFacts } from '../domain/service-decide.ts'
import type { Limits } from '../reconcile/policy.ts'
import { onService } from './append.ts'
import type { LogPorts, Ports } from './ports.ts'

type PollPorts = LogPorts & Pick<Ports, 'setting'> & { readonly runtime: Pick<Ports['runtime'], 'named'> }

/** A start or stop that was asked for and of which nothing was heard for so long is asked about, ms: about what a start on Fargate takes, so that events come first. */
export const SILENCE = 15_000

/** Whether its runtime was asked to start or to stop it, and will tell only by an event that may be lost. */
const isMoving = ({ state, stop, drain, runtimeId }: Task, { pollsHealth }: Limits): boolean =>
  pollsHealth === true && runtimeId !== undefined && (stop !== undefined || (state === 'pending' && drain === undefined))

/** T2: what became of starts and stops that are silent, by one call for a hundred; whether some are under way still. Else the sweep finds them, a step a minute. */
export async function pollMoves({ runtime, ...ports }: PollPorts, stream: string, s: Service): Promise<boolean> {
  if (!runtime.named) return false
  const { limits } = ports.setting
  const now = ports.clock.now()
  const silent = Object.values(s.tasks).filter(task => isMoving(task, limits) && now >= Math.max(task.seenAt, task.stop?.at ?? 0) + SILENCE)
  if (silent.length === 0) return Object.values(s.tasks).some(task => isMoving(task, limits))
  const seen = (await runtime.named(silent.map(task => task.runtimeId!))).filter(task => task.stream === stream)
  const facts = seen.map(({ stream: _, intent: __, ...fact }) => fact)
  const { state } = await onService(ports, stream, now => decideFacts(now, facts), { actor: 'check-health' })
  return Object.values(state.tasks).some(task => isMoving(task, limits))
}
