import { MINUTE, SECOND } from './rules.ts'
import { isLive, type Tasks } from './tasks.ts'
import type { World } from './world.ts'

/** In tasks: 2.5 keeps three busy. More than any policy allows is among them, so that some services stay too small for a while. */
const LEVELS = [0, 0, 0.5, 1.5, 2.5, 3.5, 4.5, 9]
const STEP = 5 * SECOND

type Spell = { readonly since: number; readonly level: number }
type Look = { readonly at: number; readonly servers: number }

/** How much work truly comes in for the scaled service, and how many tasks truly share it. Moments are awake time. */
export class Load {
  private readonly spells: Spell[] = [{ since: 0, level: 1.5 }]
  private readonly looks: Look[] = []
  private readonly world: World
  private readonly tasks: Tasks
  private readonly stream: string

  constructor(world: World, tasks: Tasks, stream: string) {
    this.world = world
    this.tasks = tasks
    this.stream = stream
  }

  begin(): void {
    this.look()
    this.change()
  }
  set(level: number): void {
    this.spells.push({ since: this.world.now, level })
    this.world.say(`load ${level}`)
  }

  level(at = this.world.now): number {
    return this.spells.findLast(({ since }) => since <= at)?.level ?? 0
  }
  /** Each task's part. */
  share(at: number): number {
    const servers = this.looks.findLast(look => look.at <= at)?.servers ?? 0
    return this.level(at) / Math.max(1, servers)
  }
  isZeroThrough(from: number, to: number): boolean {
    return this.spells.every(({ since, level }, index) => level === 0 || since > to || (this.spells[index + 1]?.since ?? to + 1) <= from)
  }

  /** Longer than any freeze, so that no spell goes by unseen; rest is long enough to fall asleep in. */
  private change(): void {
    const [low, high] = this.level() === 0 ? [6, 15] : [2, 9]
    this.world.after(this.world.between(low * MINUTE, high * MINUTE), () => {
      if (!this.world.faults) return
      this.set(this.world.random.pick(LEVELS))
      this.change()
    })
  }

  private look(): void {
    const serving = this.tasks.of(this.stream).filter(task => isLive(task) && task.readySince !== undefined && !task.away && !task.stopping)
    this.looks.push({ at: this.world.now, servers: serving.length })
    if (this.looks.length > (20 * MINUTE) / STEP) this.looks.shift()
    this.world.after(STEP, () => this.look())
  }
}
