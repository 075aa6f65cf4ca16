import { SECOND } from './rules.ts'
import type { World } from './world.ts'

/** Counts the strands of one function that wait for a simulated call. */
export type Lane = { parked: number }
/** How one function of one process asks the world for something. */
export type Call = <T>(ms: number, effect: () => T) => Promise<T>

/**
 * What a handler runs in: one Lambda environment, or the whole home host (invariant 12). It dies and freezes as one; a dead one never goes
 * on, not even into its `catch` blocks, while requests that it sent still land.
 */
export class SimulatedProcess {
  alive = true
  frozenUntil = 0
  readonly name: string
  private readonly world: World
  private readonly onDeath: () => void
  private readonly risk: { readonly crash: number; readonly freeze: number }

  constructor(world: World, name: string, risk: { readonly crash: number; readonly freeze: number }, onDeath: () => void = () => {}) {
    this.world = world
    this.name = name
    this.risk = risk
    this.onDeath = onDeath
  }

  kill(): void {
    if (!this.alive) return
    this.alive = false
    this.onDeath()
  }

  freeze(ms: number): void {
    this.world.count('freezes')
    this.frozenUntil = Math.max(this.frozenUntil, this.world.now + ms)
    this.world.say(`${this.name} frozen for ${(ms / SECOND).toFixed(1)} s`)
  }

  /** A request over a network: it may wait before it is sent, lands whether or not its sender lives, and its answer may be late. */
  call<T>(ms: number, effect: () => T, lane?: Lane): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (lane) lane.parked++
      const { world } = this
      const land = () => {
        let answer: () => void
        try {
          const value = effect()
          answer = () => resolve(value)
        } catch (error) {
          answer = () => reject(error)
        }
        const arrive = () =>
          this.go(() => {
            if (lane) lane.parked--
            world.wake(answer)
          })
        if (world.random.next() < 0.6) arrive()
        else world.after(1 + world.between(0, ms), arrive)
      }
      this.go(() => world.after(world.chance(0.02) ? world.between(0, 12 * SECOND) : 1 + world.between(0, ms), land))
    })
  }

  /** Goes on here, unless this is where it dies or freezes. */
  go(run: () => void): void {
    this.strike()
    this.thaw(run)
  }

  private thaw(run: () => void): void {
    if (!this.alive) return
    const left = this.frozenUntil - this.world.now
    if (left <= 0) run()
    else this.world.after(left + this.world.between(0, 50), () => this.thaw(run))
  }

  private strike(): void {
    if (!this.alive || !this.world.faults) return
    const roll = this.world.random.next()
    if (roll < this.risk.crash) {
      this.world.count('crashes')
      this.world.say(`${this.name} killed`)
      this.kill()
    } else if (roll < this.risk.crash + this.risk.freeze && this.world.now >= this.frozenUntil)
      this.freeze(this.world.between(0, 75 * SECOND))
  }
}
