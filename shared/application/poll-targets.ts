import { graceOf, isLivenessByTarget, targetCheck } from '../domain/checks-on-aws.ts'
import type { Fact } from '../domain/fact.ts'
import { isJudgedByTarget } from '../domain/readiness.ts'
import type { Service, Task } from '../domain/service.ts'
import { decideFacts } from '../domain/service-decide.ts'
import type { ServiceSpec } from '../domain/spec.ts'
import type { JudgedTask, TargetVerdict } from '../ports/target-health.ts'
import { onService } from './append.ts'
import type { LogPorts, Ports } from './ports.ts'

type PollPorts = LogPorts & Pick<Ports, 'targetHealth'>

const isJudged = (s: Service, task: Task): boolean => isJudgedByTarget(s.specs[task.revision], task)

/** Whether a load balancer has yet to find it healthy, or healthy again. */
export const awaitsTarget = (s: Service, task: Task): boolean => task.readyAt === undefined && isJudged(s, task)

/**
 * M7, T3: one look at what a load balancer says of a service's tasks; whether one of them still awaits it. Those that are ready are looked at by
 * the sweep, in its rotation.
 */
export async function pollTargets(ports: PollPorts, stream: string, s: Service): Promise<boolean> {
  const judged = Object.values(s.tasks).filter(task => isJudged(s, task))
  if (!ports.targetHealth || judged.length === 0) return false
  const began = ports.clock.now()
  const verdicts = await ports.targetHealth.look(
    stream,
    judged.map(task => judgedTask(task, s.specs[task.revision]!)),
  )
  const facts = verdicts.map(verdict => factOf(s, verdict, began))
  const { state } = await onService(ports, stream, now => decideFacts(now, facts), { actor: 'check-health' })
  return Object.values(state.tasks).some(task => awaitsTarget(state, task))
}

function judgedTask({ id, host = '' }: Task, spec: ServiceSpec): JudgedTask {
  const published = spec.ports.flatMap(port => port.published ?? [])
  return { id, host, published, check: targetCheck(spec) }
}

/** Liveness replaces what fails, but not before its grace is over; until then the task is only not ready. */
function factOf(s: Service, { id, passed, why }: TargetVerdict, began: number): Fact {
  const task = s.tasks[id]!
  const spec = s.specs[task.revision]!
  const isLiveness = isLivenessByTarget(spec) && (task.servedAt !== undefined || began >= task.startedAt! + graceOf(spec.probes!))
  const name = !passed && isLiveness ? 'liveness' : 'readiness'
  return { id, state: 'running', seen: task.seen, probe: { name, passed, order: began, why } }
}
