import { SECOND } from './rules.ts'
import { SCALED } from './shop.ts'
import type { Simulation } from './simulate.ts'

/** What is left when the faults are over: nothing to do, or half a task more than a whole number, which no tolerance reaches. */
export const LAST_LEVELS = [0, 0, 0.5, 1.5, 2.5, 3.5]

/** Work comes, is measured, and wakes who sleeps: each second in which there is some, several requests at once find the router. */
export function scaling({ world, installation, host, plane }: Simulation): void {
  const { load, metrics, alarms, targets } = installation
  load.begin()
  metrics.begin()
  if (world.kind === 'ecs') alarms.begin()
  const come = () => {
    world.after(SECOND, come)
    if (!host?.isUp || load.level() === 0) return
    for (let request = 0; request < 3; request++) {
      if (!targets.sleepOf(SCALED).demand(world.now)) continue
      world.count('demands')
      plane.onDemand(SCALED)
    }
  }
  if (host) come()
}
