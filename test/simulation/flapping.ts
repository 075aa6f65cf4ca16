import { failed, PASSED, type Tried } from '../../shared/adapters/probe/tried.ts'
import type { Probe } from '../../shared/domain/probe.ts'
import type { ProbedTask } from '../../shared/ports/probing.ts'
import type { Call } from './process.ts'
import { MINUTE, SECOND } from './rules.ts'
import { PROBE_PORTS } from './shop.ts'
import type { Real, Tasks } from './tasks.ts'
import type { World } from './world.ts'

/** Long enough that a fall is none of a new revision: whatever happens to good images must end well. */
const SETTLED = 2 * MINUTE

/**
 * Probed tasks stop answering for a while, again and again, and some hang for good: until the faults are over. On ECS they are those that a load
 * balancer asks, and it replaces nobody.
 */
export function flapping(world: World, tasks: Tasks): void {
  const spell = (task: Real): void => {
    world.after(world.between(SECOND, 4 * MINUTE), () => {
      if (task.state !== 'running' || !world.faults) return
      const hangs = world.kind === 'docker' && world.now > task.readySince! + SETTLED && world.chance(0.1)
      world.count(hangs ? 'hung spells' : 'unready spells')
      task.away = hangs ? 'hangs' : 'unready'
      if (hangs && !task.stopping) task.byItself = true
      world.after(world.between(SECOND, MINUTE), () => {
        task.away = undefined
        spell(task)
      })
    })
  }
  tasks.onReady = task => {
    if (task.request.spec.probes || (world.kind === 'ecs' && task.request.spec.ports.length > 0)) spell(task)
  }
}

/** What a try from the host shows; it may take long, or not come about at all. */
export async function tryTask(world: World, tasks: Tasks, call: Call, { id }: ProbedTask, probe: Probe): Promise<Tried | undefined> {
  const isLate = world.chance(0.02)
  if (world.chance(0.02)) return undefined
  return call(isLate ? 20 * SECOND : 20, () => {
    const task = tasks.find(id)
    const isUp = task?.state === 'running' && task.readySince !== undefined && task.away !== 'hangs'
    return isUp && !(probe.tcp!.port === PROBE_PORTS.readiness && task.away) ? PASSED : failed('it does not answer')
  })
}
