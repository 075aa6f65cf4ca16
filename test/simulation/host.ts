import type { FunctionRow } from '../../infra/function-table.ts'
import { HostClock } from '../../infra/local/host-clock.ts'
import { createHomeProbing } from '../../shared/adapters/probe/home-probing.ts'
import { Folds } from '../../shared/application/folds.ts'
import { stepClocks } from '../../shared/application/step-clocks.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import type { Probing } from '../../shared/ports/probing.ts'
import { complain } from './complaints.ts'
import type { EventPlane, Invoke } from './event-plane.ts'
import { tryTask } from './flapping.ts'
import { type Handler, handlerFor } from './functions.ts'
import { type Installation, portsOf, settingOf } from './installation.ts'
import { type Call, type Lane, SimulatedProcess } from './process.ts'
import { MINUTE, SECOND } from './rules.ts'
import { hostMemory } from './runtimes.ts'

type Run = {
  readonly process: SimulatedProcess
  readonly handlers: ReadonlyMap<string, Handler>
  readonly clock: HostClock
  isUp: boolean
  serving: number
  readonly lane: Lane
  readonly folds: Folds
}

const RISK = { crash: 0.0001, freeze: 0.0002 }

/** `longshore host`: one process that holds every function, the router and all messages; it dies, freezes and starts again as a whole. */
export class Host {
  private run: Run | undefined
  private readonly installation: Installation
  private readonly table: readonly FunctionRow[]
  private readonly plane: () => EventPlane

  constructor(installation: Installation, table: readonly FunctionRow[], plane: () => EventPlane) {
    this.installation = installation
    this.table = table
    this.plane = plane
  }

  get isUp(): boolean {
    return this.run?.isUp ?? false
  }
  needsLoop(): boolean {
    const { run } = this
    return run?.process.alive === true && run.lane.parked < run.serving
  }
  /** Over its server, which listens when the start is over. */
  readonly http: Invoke = (name, event, onDone) => {
    if (this.isUp) this.invoke(name, event, onDone)
  }
  kill(): void {
    if (!this.run?.process.alive) return
    this.installation.world.count('crashes')
    this.installation.world.say('host killed')
    this.run.process.kill()
  }
  /** The embedded database is in the host, and tells it of every put. */
  hears({ stream, version }: Commit): void {
    this.run?.folds.sawHead(stream, version)
  }
  freeze(ms: number): void {
    this.run?.process.freeze(ms)
  }

  readonly invoke: Invoke = (name, event, onDone) => {
    const { run } = this
    if (!run?.process.alive) return
    run.process.go(() => {
      this.installation.world.scheduler.woken = true
      if (name === 'api') run.serving++
      const over = (outcome: Parameters<typeof onDone>[0]) => {
        if (name === 'api') run.serving--
        onDone(outcome)
      }
      run.handlers.get(name)!(event).then(
        answer => over({ answer }),
        error => {
          complain(this.installation.world, name, error)
          over({ failed: true })
        },
      )
    })
  }

  /** As infra/local/host.ts does it: the clock first, then who is orphaned, then what was lost. */
  start(): void {
    const { world } = this.installation
    const run = this.assemble()
    this.run = run
    this.plane().reset()
    this.installation.targets.reset()
    world.say('host starts')
    world.scheduler.woken = true
    run.clock.start().then(
      () => {
        run.clock.stop() // its own timer is real: the ticks below are not
        this.opened(run)
      },
      () => run.process.kill(),
    )
  }

  private opened(run: Run): void {
    Object.assign(this.settings.get(run)!, { orphanedBefore: run.clock.raw() })
    run.isUp = true
    this.installation.world.say('host is up')
    this.tick(run)
    if (!this.installation.world.holds('audit')) return
    this.invoke('audit', '{"everything":true}', () => this.invoke('sweep', '{}', () => {}))
  }

  private tick(run: Run): void {
    this.installation.world.after(5 * SECOND, () => {
      if (!run.process.alive) return
      run.process.go(() => {
        this.installation.world.scheduler.woken = true
        void run.clock.tick()
        this.tick(run)
      })
    })
  }

  private readonly settings = new WeakMap<Run, object>()

  private assemble(): Run {
    const { installation } = this
    const { world } = installation
    const process = new SimulatedProcess(world, 'host', RISK, () => this.restart())
    const lanes = new Map(this.table.map(row => [row.name, { parked: 0 }]))
    const setting = { ...settingOf(installation) }
    const folds = new Folds({ hearsPuts: true })
    const memory = hostMemory()
    const probing = this.probing(process)
    const self = (lane: Lane, clock: { now(): number }) => ({
      call: <T>(ms: number, effect: () => T) => process.call(ms, effect, lane),
      clock,
      folds,
      setting,
      memory,
      probing,
      onIntended: () => {},
    })
    const clock: HostClock = new HostClock(
      async (now, lastTick) => {
        const isStart = lastTick === Number.NEGATIVE_INFINITY
        if (!world.holds('clock-step') || (isStart && !world.holds('host-start'))) return
        const ports = portsOf(installation, this.plane(), 'clock', self({ parked: 0 }, { now: () => clock.raw() }))
        await stepClocks(ports, now, lastTick)
      },
      () => world.wall(),
    )
    const guarded = world.holds('clock-guard') ? clock : { now: () => clock.raw() }
    const handlers = this.table.map(row => {
      const ports = portsOf(installation, this.plane(), row.name, self(lanes.get(row.name)!, guarded))
      return [row.name, handlerFor(row, ports)] as const
    })
    const run: Run = { process, handlers: new Map(handlers), clock, isUp: false, serving: 0, lane: lanes.get('api')!, folds }
    this.settings.set(run, setting)
    return run
  }

  /** The host's own loops, on simulated timers that die with it. */
  private probing(process: SimulatedProcess): Probing {
    const { world, tasks, secrets } = this.installation
    const call: Call = (ms, effect) => process.call(ms, effect)
    const probing = createHomeProbing({
      secrets,
      execute: () => Promise.reject(new Error('nothing is probed by a command here')),
      now: () => world.wall(),
      onSeen: seen => this.plane().onTaskSeen(seen),
      later: (ms, run) => {
        let isOff = false
        const go = () => {
          if (isOff) return
          world.scheduler.woken = true
          run()
        }
        world.after(ms, () => !isOff && process.go(go))
        return { cancel: () => (isOff = true) }
      },
      attempt: (task, probe) => tryTask(world, tasks, call, task, probe),
    })
    if (world.holds('told-again')) return probing
    const held = new Map<string, string>()
    return {
      ...probing,
      hold: async (stream, version, tasks) => {
        const ids = tasks.map(task => task.id).join()
        if (held.get(stream) !== ids) await probing.hold(stream, version, tasks)
        held.set(stream, ids)
      },
    }
  }

  private restart(): void {
    const { world } = this.installation
    if (this.run) this.run.isUp = false
    this.plane().reset()
    this.installation.targets.reset()
    world.after(world.between(300, world.random.next() < 0.2 ? 5 * MINUTE : 10 * SECOND), () => this.start())
  }
}
