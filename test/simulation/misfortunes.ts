import type { Host } from './host.ts'
import type { Installation } from './installation.ts'
import { HOUR, MINUTE, SECOND } from './rules.ts'

/** What befalls the world from time to time, while there are faults: outages, want of capacity, nights, clocks that are set, power cuts. */
export function misfortunes(installation: Installation, host: Host | undefined): void {
  const { world, tasks } = installation
  const some = (low: number, high: number, run: () => void) => {
    world.after(world.between(low, high), () => {
      if (!world.faults) return
      run()
      some(low, high, run)
    })
  }
  some(10 * MINUTE, 40 * MINUTE, () => {
    tasks.outageUntil = world.now + world.between(10 * SECOND, 3 * MINUTE)
    world.say('the runtime is out')
  })
  if (!host) {
    some(2 * MINUTE, 15 * MINUTE, () => {
      tasks.refusingUntil = world.now + world.between(SECOND, 15 * SECOND)
    })
    return
  }
  some(5 * MINUTE, 30 * MINUTE, () => {
    const by = world.random.next() < 0.6 ? world.between(2 * MINUTE, 9 * HOUR) : -world.between(2 * MINUTE, 3 * HOUR)
    world.count(by > 0 ? 'clock steps forth' : 'clock steps back')
    world.offset += by
    world.say(`the wall clock steps by ${by / SECOND} s`)
  })
  some(5 * MINUTE, 40 * MINUTE, () => host.kill())
}
