import type { Fact } from '../domain/fact.ts'
import { isOnAws } from '../domain/readiness.ts'
import { isLeaving, probedPorts, type Service, type Task } from '../domain/service.ts'
import type { Prober } from '../ports/prober.ts'
import type { Limits } from '../reconcile/policy.ts'
import { FactBatch } from './fact-batch.ts'
import { foldService } from './folds.ts'
import { isPolled, pollHealth } from './poll-health.ts'
import { pollMoves, SILENCE } from './poll-moves.ts'
import { awaitsTarget, pollTargets } from './poll-targets.ts'
import type { LogPorts, Ports } from './ports.ts'
import { isHeld, probedTasks } from './probed-tasks.ts'

export type CheckHealthPorts = LogPorts &
  Pick<Ports, 'prober' | 'probing' | 'targetHealth' | 'readModel' | 'wakes' | 'setting'> & {
    readonly runtime: Pick<Ports['runtime'], 'list' | 'named'>
  }

const SHORTEST_WAIT = 1_000
/** The shortest interval of a check that ECS or a load balancer runs by itself and is asked about. */
const POLL_WAIT = 5_000

/**
 * Says which tasks are probed (at home, for their life), and, M7, tries the ports of those that run and are not ready yet; what has a health
 * check of its own is told by its runtime. On AWS it asks ECS and the load balancer, who try (T3).
 */
export async function checkHealth(ports: CheckHealthPorts, stream: string): Promise<void> {
  const s = await foldService(ports, stream)
  if (ports.probing) await ports.probing.hold(stream, s.version, await probedTasks(ports.probing, stream, s))
  const polls = [await pollHealth(ports, stream, s), await pollTargets(ports, stream, s)]
  if (polls.includes(true)) await lookAgain(ports, stream, POLL_WAIT)
  if (await pollMoves(ports, stream, s)) await lookAgain(ports, stream, SILENCE, 'moves')
  const { prober } = ports
  const waiting = Object.values(s.tasks).filter(task => isProbed(s, task))
  if (!prober || waiting.length === 0) return
  const facts = new FactBatch(ports, stream, { actor: 'check-health' })
  const results = await Promise.all(waiting.map(task => probe({ ...ports, prober }, s, task, facts)))
  if (results.includes(false)) await lookAgain(ports, stream)
}

/** Whether check-health has anything to do here; the sweep, which folds every service, tells it so where a message was lost. */
export const isWatched = (s: Service, limits: Limits): boolean =>
  Object.values(s.tasks).some(task => isProbed(s, task) || isHeld(s, task) || isPolled(s, task, limits) || awaitsTarget(s, task))

/** Whether a task waits for an answer on its ports. */
export function isProbed(s: Service, task: Task): boolean {
  if (isOnAws(task) || task.state !== 'running' || task.readyAt !== undefined || task.health !== undefined || isLeaving(task)) return false
  const spec = s.specs[task.revision]
  return spec !== undefined && probedPorts(spec).length > 0
}

async function probe(
  ports: Pick<CheckHealthPorts, 'setting'> & { readonly prober: Prober },
  s: Service,
  task: Task,
  facts: FactBatch,
): Promise<boolean> {
  const patience = ports.setting.limits.timeout / 4
  const answers = probedPorts(s.specs[task.revision]!).map(port => {
    const address = task.addresses?.[`${port.target}/${port.protocol}`]
    return address ? ports.prober.answers(address, port.layer, patience) : Promise.resolve(false)
  })
  if ((await Promise.all(answers)).includes(false)) return false
  const fact: Fact = { id: task.id, state: 'running', seen: task.seen, ready: true }
  await facts.add(fact)
  return true
}

async function lookAgain(ports: CheckHealthPorts, stream: string, wait = SHORTEST_WAIT, at = 'health'): Promise<void> {
  const now = ports.clock.now()
  const next = now + wait
  if (await ports.readModel.claimLook(`${stream}#${at}`, now, next)) await ports.wakes.send('check-health', stream, next, wait)
}
