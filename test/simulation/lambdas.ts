import type { FunctionRow } from '../../infra/function-table.ts'
import { Folds } from '../../shared/application/folds.ts'
import { complain } from './complaints.ts'
import type { EventPlane, Invoke, Outcome } from './event-plane.ts'
import { type Handler, handlerFor } from './functions.ts'
import { type Installation, portsOf, settingOf } from './installation.ts'
import { type Lane, SimulatedProcess } from './process.ts'
import { SECOND } from './rules.ts'
import { hostMemory } from './runtimes.ts'

type Environment = {
  readonly process: SimulatedProcess
  readonly handler: Handler
  readonly lane: Lane
  busy: boolean
  intended: string[]
  onLost: () => void
}

const RISK = { crash: 0.002, freeze: 0.004 }
const MOST_WARM = 3

/** AWS Lambda: each run has an environment to itself, which is kept warm for later ones, and never outlives the function's timeout. */
export class Lambdas {
  private readonly warm = new Map<string, Environment[]>()
  private readonly serving = new Set<Environment>()
  private made = 0
  private readonly installation: Installation
  private readonly table: readonly FunctionRow[]
  private readonly plane: () => EventPlane
  onDone: (intended: readonly string[]) => void = () => {}

  constructor(installation: Installation, table: readonly FunctionRow[], plane: () => EventPlane) {
    this.installation = installation
    this.table = table
    this.plane = plane
  }

  /** The HTTP handler needs turns of Node's loop unless it waits for a simulated call. */
  needsLoop(): boolean {
    for (const environment of this.serving) if (environment.busy && environment.lane.parked === 0) return true
    return false
  }

  readonly invoke: Invoke = (name, event, onDone) => {
    const { world } = this.installation
    if (world.isOut(`function ${name}`) || world.isOut('control plane')) {
      world.count('throttled runs')
      world.after(50, () => onDone({ failed: true }))
      return
    }
    const row = this.table.find(other => other.name === name)!
    const idle = (this.warm.get(name) ?? []).filter(other => !other.busy)
    const environment = idle.length && world.random.next() < 0.9 ? world.random.pick(idle) : this.make(row)
    let isOver = false
    const over = (outcome: Outcome) => {
      if (isOver) return
      isOver = true
      environment.busy = false
      this.serving.delete(environment)
      onDone(outcome)
    }
    environment.busy = true
    environment.intended = []
    environment.onLost = () => {
      this.forget(name, environment)
      world.after(world.between(0, SECOND), () => over({ failed: true }))
    }
    if (name === 'api') this.serving.add(environment)
    world.after(row.timeout * SECOND, () => {
      if (isOver || !environment.process.alive) return
      world.count('timeouts')
      environment.process.kill()
    })
    environment.process.go(() => {
      world.scheduler.woken = true
      environment.handler(event).then(
        answer => {
          if (!answer.includes('itemIdentifier')) this.onDone(environment.intended)
          over({ answer })
        },
        error => {
          complain(world, name, error)
          over({ failed: true })
        },
      )
    })
  }

  private make(row: FunctionRow): Environment {
    const { world } = this.installation
    const environments = this.warm.get(row.name) ?? []
    this.warm.set(row.name, environments)
    const lane: Lane = { parked: 0 }
    const process = new SimulatedProcess(world, `${row.name} ${++this.made}`, RISK, () => environment.onLost())
    const skew = world.between(-SECOND, SECOND)
    const ports = portsOf(this.installation, this.plane(), row.name, {
      call: (ms, effect) => process.call(ms, effect, lane),
      clock: { now: () => world.wall() + skew },
      folds: new Folds(),
      setting: settingOf(this.installation),
      memory: hostMemory(),
      onIntended: ids => environment.intended.push(...ids),
    })
    const environment: Environment = { process, lane, handler: handlerFor(row, ports), busy: false, intended: [], onLost: () => {} }
    environments.push(environment)
    if (environments.length > MOST_WARM) environments.shift()
    return environment
  }

  private forget(name: string, environment: Environment): void {
    this.warm.set(
      name,
      (this.warm.get(name) ?? []).filter(other => other !== environment),
    )
  }
}
