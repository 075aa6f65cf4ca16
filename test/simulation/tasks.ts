import type { Fact, Seen } from '../../shared/domain/fact.ts'
import type { StartRequest } from '../../shared/ports/runtime.ts'
import { MINUTE, SECOND } from './rules.ts'
import type { World } from './world.ts'

/** A task as it truly is. Moments are awake time, but for `endedWall`. */
export type Real = {
  readonly request: StartRequest
  readonly id: string
  /** What its facts say: on ECS a load balancer judges who is ready. */
  readonly runtime: 'ecs' | 'simulated'
  readonly image: string
  readonly visibleAt: number
  readonly port: number
  state: 'created' | 'pending' | 'running' | 'stopped'
  health?: 'starting' | 'healthy' | 'unhealthy'
  seen: number
  starts: number
  readySince?: number
  stoppedAt?: number
  endedWall?: number
  stopping: boolean
  /** It is not what its probes ask for: `unready` only to the readiness probe, `hangs` to all of them. */
  away?: 'unready' | 'hangs' | undefined
  /** It ended or fell ill though nobody asked it to. */
  byItself: boolean
}

/** Docker's adapter orders facts by the engine's wall clock, and a stopped one is the last. */
const ENDED = 1e15

export const isLive = (task: Real): boolean => task.state === 'pending' || task.state === 'running'
export const isGood = (image: string): boolean => image.startsWith('v')

/**
 * What an image does is in its name: v* is good, bad* exits, never* is never ready, flap* dies between ready and available, denied* is refused
 * for a reason of its own.
 */
export class Tasks {
  all: Real[] = []
  private made = 0
  outageUntil = 0
  refusingUntil = 0
  /** Good tasks die now and then. */
  mortal = false
  onChange: (task: Real) => void = () => {}
  onReady: (task: Real) => void = () => {}
  onStart: (task: Real) => void = () => {}
  onStop: (task: Real) => void = () => {}
  private readonly world: World
  constructor(world: World) {
    this.world = world
  }

  find(id: string): Real | undefined {
    return this.all.findLast(task => task.id === id && this.world.now >= task.visibleAt)
  }
  of(stream: string): readonly Real[] {
    return this.all.filter(task => task.request.stream === stream)
  }

  create(request: StartRequest): Real {
    const { world } = this
    const lag = world.kind === 'ecs' && world.faults ? world.between(0, 5 * SECOND) : 0
    const task: Real = {
      request,
      id: request.id,
      runtime: world.kind === 'ecs' ? 'ecs' : 'simulated',
      image: request.spec.image ?? '',
      visibleAt: world.now + lag,
      port: 20_000 + this.made++,
      state: 'created',
      seen: 0,
      starts: 0,
      stopping: false,
      byItself: false,
    }
    this.all.push(task)
    return task
  }

  /** Starting what runs does nothing; starting what has ended starts it again, as Docker does. */
  begin(task: Real): void {
    if (isLive(task)) return
    const { world } = this
    task.starts++
    task.stopping = false
    this.onStart(task)
    world.say(`  task ${task.id} (${task.image}) started`)
    if (world.kind === 'docker') {
      this.live(task)
      return
    }
    this.change(task, 'pending')
    world.after(world.between(SECOND, world.faults ? 20 * SECOND : 3 * SECOND), () => {
      if (task.state === 'pending') this.live(task)
    })
  }

  private live(task: Real): void {
    const { world } = this
    const { spec } = task.request
    const checked = spec.healthcheck !== undefined
    const blind = !checked && spec.ports.length === 0
    if (checked) task.health = 'starting'
    if (blind) task.readySince = world.now
    this.change(task, 'running')
    const later = (low: number, high: number, run: () => void) =>
      world.after(world.between(low, high), () => {
        if (task.state === 'running') run()
      })
    if (task.image.startsWith('bad')) {
      later(300, 2 * SECOND, () => this.die(task))
      return
    }
    if (task.image.startsWith('never')) {
      if (checked && world.random.next() < 0.5) later(5 * SECOND, 20 * SECOND, () => this.sicken(task))
      return
    }
    later(blind ? 0 : SECOND, blind ? 1 : 4 * SECOND, () => {
      task.readySince ??= world.now
      if (checked) this.feel(task, 'healthy')
      this.onReady(task)
      if (task.image.startsWith('flap')) return later(SECOND, 8 * SECOND, () => this.die(task))
      if (this.mortal && world.chance(0.25))
        later(0, 10 * MINUTE, () => world.faults && (checked && world.chance(0.3) ? this.sicken(task) : this.die(task)))
    })
  }

  die(task: Real): void {
    if (!task.stopping) {
      task.byItself = true
      this.world.count('deaths')
    }
    this.end(task)
  }

  /** Its health check fails, and it goes on running; some come right again, which may be seen or not. */
  private sicken(task: Real): void {
    if (!task.stopping) task.byItself = true
    this.world.count('illnesses')
    this.feel(task, 'unhealthy')
    if (!isGood(task.image) || !this.world.chance(0.5)) return
    this.world.after(this.world.between(SECOND, MINUTE), () => {
      if (task.state !== 'running') return
      this.world.count('recoveries')
      this.feel(task, 'healthy')
    })
  }

  /** ECS sends no event for health, and its version counts events: only a look tells. */
  private feel(task: Real, health: 'healthy' | 'unhealthy'): void {
    task.health = health
    if (this.world.kind !== 'docker') return
    task.seen = this.world.wall()
    this.onChange(task)
  }

  stop(task: Real, graceMs: number): void {
    if (!isLive(task) || task.stopping) return
    task.stopping = true
    this.onStop(task)
    this.world.after(this.world.chance(0.05) ? graceMs : this.world.between(200, 2 * SECOND), () => this.end(task))
  }

  private end(task: Real): void {
    if (!isLive(task)) return
    task.stoppedAt = this.world.now
    task.endedWall = this.world.wall()
    this.change(task, 'stopped')
  }

  private change(task: Real, state: Real['state']): void {
    task.state = state
    task.seen = this.world.kind === 'ecs' ? task.seen + 1 : this.world.wall() + (state === 'stopped' ? ENDED : 0)
    if (state === 'stopped') this.world.say(`  task ${task.id} ended${task.byItself ? ' by itself' : ''}`)
    this.onChange(task)
  }
}

/** An event of ECS tells no health. */
export function eventOf(world: World, task: Real): Seen {
  const { health, ...seen } = seenOf(task)
  return health && world.kind === 'docker' ? { ...seen, health } : seen
}

/** What a look at the runtime tells of it. A created one says less than any other, as Docker's adapter has it. */
export function factOf(task: Real): Fact {
  const base = { id: task.id, runtime: task.runtime, runtimeId: `real-${task.port}` }
  if (task.state === 'created') return { ...base, state: 'pending', seen: -1 }
  if (task.state === 'stopped')
    return { ...base, state: 'stopped', seen: task.seen, exit: { code: task.stopping ? 143 : 1, reason: 'ended' } }
  const addresses = Object.fromEntries(task.request.spec.ports.map(port => [`${port.target}/tcp`, { host: '127.0.0.1', port: task.port }]))
  return {
    ...base,
    state: task.state,
    seen: task.seen,
    ...(task.health ? { health: task.health } : {}),
    ...(task.state === 'running' && task.request.spec.ports.length ? { addresses } : {}),
  }
}

export const seenOf = (task: Real): Seen => ({ ...factOf(task), stream: task.request.stream, intent: task.request.intent })
