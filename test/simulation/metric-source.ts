import type { MetricQuery, MetricReading, Metrics, Sample } from '../../shared/ports/metrics.ts'
import type { Load } from './load.ts'
import type { Call } from './process.ts'
import { HOUR, MINUTE, SECOND } from './rules.ts'
import type { Tasks } from './tasks.ts'
import type { World } from './world.ts'

type Kind = MetricQuery['metric']['kind']
/** What each metric's target is in every file. */
export const TARGETS: Readonly<Record<Kind, number>> = { cpu: 50, memory: 60, requests: 10, queue: 5, custom: 1 }
export const isWhole = (kind: Kind): boolean => kind === 'queue' || kind === 'custom'

/** What befalls the whole source for a while. */
const SPELLS = ['silent', 'throws', 'absurd', 'an hour off', 'too late'] as const

/** A reading that told the truth about a moment near enough: measured against its target, per task or (whole) in tasks. Moments are awake time. */
type Believable = { readonly kind: Kind; readonly at: number; readonly ratio: number }

/** Where metrics come from: now and then with gaps, doubled, late, absurd, or by another clock. It remembers what of it could be believed. */
export class MetricSource {
  readonly believable: Believable[] = []
  /** The reading that is being made has gaps, or worse. */
  private isDisturbed = false
  private spell: (typeof SPELLS)[number] | undefined
  private readonly world: World
  private readonly tasks: Tasks
  private readonly load: Load

  constructor(world: World, tasks: Tasks, load: Load) {
    this.world = world
    this.tasks = tasks
    this.load = load
  }

  begin(): void {
    const { world } = this
    world.after(world.between(MINUTE, 12 * MINUTE), () => {
      if (!world.faults) return
      this.spell = world.random.pick(SPELLS)
      world.count(`metrics ${this.spell}`)
      world.say(`metrics ${this.spell}`)
      world.after(world.between(MINUTE, 8 * MINUTE), () => {
        this.spell = undefined
        world.say('metrics are right')
        this.begin()
      })
    })
  }
  /** Whether anybody who looks now sees what is. */
  get isRight(): boolean {
    return this.spell === undefined || !this.world.faults
  }

  through(call: Call): Metrics {
    return {
      read: async query => {
        const reading = await call(60, () => this.serve(query))
        if (reading) return reading
        throw new Error('the source is gone')
      },
    }
  }

  private serve({ metric: { kind }, tasks }: MetricQuery): MetricReading | undefined {
    const { world } = this
    const spell = this.isRight ? undefined : this.spell
    const asked = isWhole(kind) ? [undefined] : tasks.map(({ id }) => id).filter(id => this.serves(id))
    if (spell === 'throws') return undefined
    if (spell === 'silent') {
      const zero = asked.map(task => sampleOf(task, 0, world.wall()))
      return world.holds('metric-gaps') ? { samples: [], problem: 'the source does not answer' } : { samples: zero }
    }
    this.isDisturbed = world.chance(0.12)
    return { samples: asked.flatMap(task => this.samples(kind, task, spell)) }
  }

  private serves(id: string): boolean {
    const task = this.tasks.find(id)
    return task?.state === 'running' && task.readySince !== undefined && !task.away
  }

  private samples(kind: Kind, task: string | undefined, spell: MetricSource['spell']): readonly Sample[] {
    const { world } = this
    const wall = world.wall()
    const placed = (at: number) => (world.holds('metric-moments') ? at : wall)
    if (spell === 'absurd') return [sampleOf(task, world.random.pick([Number.NaN, -50, -1e9, Number.POSITIVE_INFINITY]), wall)]
    if (spell === 'an hour off') return [sampleOf(task, 0, placed(wall + world.random.pick([-HOUR, HOUR])))]
    if (spell === 'too late') return [sampleOf(task, 0, placed(wall - world.between(4 * MINUTE, 20 * MINUTE)))]
    if (this.isDisturbed && world.chance(0.4)) {
      world.count('metric gaps')
      return []
    }
    const age = this.isDisturbed && world.chance(0.4) ? world.between(0, 150 * SECOND) : 0
    const ratio = isWhole(kind) ? this.load.level(world.now - age) : this.load.share(world.now - age)
    this.believable.push({ kind, at: world.now, ratio })
    if (this.believable.length > 2_000) this.believable.splice(0, 1_000)
    const sample = sampleOf(task, ratio * TARGETS[kind], wall - age)
    if (!this.isDisturbed || !world.chance(0.5)) return [sample]
    world.count('doubled metrics')
    const lower = { ...sample, value: sample.value * world.random.next() } // a source that restarted in the middle of its period
    return world.random.pick([
      [sample, lower],
      [lower, sample],
    ])
  }
}

const sampleOf = (task: string | undefined, value: number, at: number): Sample => ({ value, at, ...(task !== undefined && { task }) })
