import { Random } from './random.ts'
import { type Kind, type RuleName, SECOND } from './rules.ts'
import { Scheduler } from './scheduler.ts'

/** Time, chance and what became of the run. `scheduler.now` is awake time: what tasks live by, and what no clock in the world shows. */
export class World {
  readonly scheduler = new Scheduler()
  readonly random: Random
  readonly kind: Kind
  readonly without: RuleName | undefined
  /** The wall clock is awake time plus this. A night's sleep is the wall clock jumping ahead while nothing else happens. */
  offset = 1_764_000_000_000
  /** Misfortunes happen while this is true. */
  faults = true
  /** Without other faults: every message comes twice, each copy late by anything up to this many milliseconds. */
  disorder: number | undefined
  /** Parts that do not work, and until when: `shard`, `bus`, `database`, `control plane`, `function <name>`. The runtime's outages are the tasks' own. */
  private readonly outages = new Map<string, number>()
  readonly counts: Record<string, number> = {}
  readonly broken: string[] = []
  /** What happened, a line each; kept only when somebody wants to read it. */
  readonly lines: string[] = []
  private readonly keeps: boolean

  constructor(options: { readonly seed: number; readonly kind: Kind; readonly without?: RuleName; readonly trace?: boolean }) {
    this.random = new Random(options.seed)
    this.kind = options.kind
    this.without = options.without
    this.keeps = options.trace ?? false
  }

  get now(): number {
    return this.scheduler.now
  }
  wall(): number {
    return this.now + this.offset
  }
  isOut(part: string): boolean {
    return this.now < (this.outages.get(part) ?? 0)
  }
  takeOut(part: string, ms: number): void {
    this.outages.set(part, this.now + ms)
    this.say(`${part} is out`)
  }
  holds(rule: RuleName): boolean {
    return rule !== this.without
  }
  after(delay: number, run: () => void): void {
    this.scheduler.after(delay, run)
  }
  sleep(delay: number): Promise<void> {
    return new Promise(resolve => this.after(delay, () => this.wake(resolve)))
  }
  /** Lets the code under test go on. */
  wake(resolve: () => void): void {
    this.scheduler.woken = true
    resolve()
  }
  between(low: number, high: number): number {
    return this.random.between(low, high)
  }
  /** Whether a misfortune of this probability happens; never once the faults have stopped. */
  chance(probability: number): boolean {
    return this.faults && this.random.next() < probability
  }
  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
  fail(what: string): void {
    if (this.broken.length < 20) this.broken.push(`${(this.now / SECOND).toFixed(1)}s ${what}`)
    this.say(`!! ${what}`)
  }
  say(line: string): void {
    if (this.keeps) this.lines.push(`${(this.now / SECOND).toFixed(2).padStart(9)} ${line}`)
  }
}
