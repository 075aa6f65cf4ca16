import { containerCheck } from '../domain/checks-on-aws.ts'
import { isLeaving, type Service, type Task } from '../domain/service.ts'
import { decideFacts } from '../domain/service-decide.ts'
import type { Limits } from '../reconcile/policy.ts'
import { onService } from './append.ts'
import type { LogPorts, Ports } from './ports.ts'

type PollPorts = LogPorts & Pick<Ports, 'setting'> & { readonly runtime: Pick<Ports['runtime'], 'list'> }

/** Whether a task waits for its container's own check, and its runtime tells only whoever asks (T3: ECS sends no event for health). */
export function isPolled(s: Service, task: Task, { pollsHealth }: Limits): boolean {
  if (!pollsHealth || task.state !== 'running' || task.readyAt !== undefined || task.unhealthyAt !== undefined || isLeaving(task))
    return false
  const spec = s.specs[task.revision]
  return task.health !== 'healthy' && spec !== undefined && containerCheck(spec) !== undefined
}

/**
 * One look at a service whose tasks are becoming ready; whether one still is not. Those that are ready already are looked at by the sweep, in
 * its rotation.
 */
export async function pollHealth(ports: PollPorts, stream: string, s: Service): Promise<boolean> {
  const { limits } = ports.setting
  if (!Object.values(s.tasks).some(task => isPolled(s, task, limits))) return false
  const listed = (await ports.runtime.list(stream)).filter(task => task.stream === stream)
  const facts = listed.map(({ stream: _, intent: __, ...fact }) => fact)
  const { state } = await onService(ports, stream, now => decideFacts(now, facts), { actor: 'check-health' })
  return Object.values(state.tasks).some(task => isPolled(state, task, limits))
}
