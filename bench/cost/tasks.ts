import type { AllPorts } from '../../infra/local/handlers.ts'
import type { Fact, Seen } from '../../shared/domain/fact.ts'
import type { StartRequest } from '../../shared/ports/runtime.ts'
import type { Meter } from './meter.ts'

const STARTS_AFTER = 5_000
const STOPS_AFTER = 2_000
const ECS_MS = 80

/** The clock that tasks go by, and what their calls take. */
type Cloud = { readonly now: number; readonly meter: Meter }
type Real = { seen: Seen; readonly request: StartRequest; runsAt: number; endsAt: number }

/** Tasks that start and stop as they are told, and what is known of them: ECS and the load balancer cost nothing by the call. */
export class Tasks {
  private readonly all = new Map<string, Real>()
  private readonly cloud: Cloud
  private readonly onSeen: (seen: Seen) => void
  constructor(cloud: Cloud, onSeen: (seen: Seen) => void) {
    this.cloud = cloud
    this.onSeen = onSeen
  }

  tick(): void {
    const { now } = this.cloud
    for (const task of this.all.values()) {
      if (task.seen.state === 'pending' && now >= task.runsAt) this.change(task, { state: 'running' })
      if (task.seen.state === 'running' && now >= task.endsAt)
        this.change(task, { state: 'stopped', exit: { code: 143, reason: 'stopped' } })
    }
  }
  running(stream?: string): readonly string[] {
    return [...this.all.values()]
      .filter(task => task.seen.state === 'running' && (stream === undefined || task.seen.stream === stream))
      .map(task => task.seen.id)
  }
  die(id: string): void {
    const task = this.all.get(id)
    if (task) this.change(task, { state: 'stopped', exit: { code: 1, reason: 'exited with code 1' } })
  }

  private change(task: Real, change: Partial<Fact>): void {
    task.seen = { ...task.seen, ...change, seen: task.seen.seen + 1 }
    this.onSeen(task.seen)
  }

  private asked<T>(answer: T): Promise<T> {
    this.cloud.meter.takes(ECS_MS)
    return Promise.resolve(answer)
  }
  private fact(id: string): Fact | undefined {
    const found = this.all.get(id)
    if (!found) return undefined
    const { stream: _, intent: __, ...fact } = found.seen
    return fact
  }

  private start(request: StartRequest): Fact {
    const { id, stream, intent, spec } = request
    const addresses = Object.fromEntries(spec.ports.map(port => [`${port.target}/tcp`, { host: '10.0.0.1', port: port.target }]))
    const seen: Seen = {
      id,
      stream,
      intent,
      state: 'pending',
      seen: 1,
      runtime: 'ecs',
      runtimeId: `arn:aws:ecs:us-east-1:0:task/l/${id}`,
      addresses,
    }
    if (!this.all.has(id)) this.all.set(id, { request, seen, runsAt: this.cloud.now + STARTS_AFTER, endsAt: Number.POSITIVE_INFINITY })
    return this.fact(id)!
  }

  readonly runtime: AllPorts['runtime'] = {
    name: 'ecs',
    prepare: async () => undefined,
    start: request => this.asked(this.start(request)),
    stop: id => {
      const task = this.all.get(id)
      if (task) task.endsAt = Math.min(task.endsAt, this.cloud.now + STOPS_AFTER)
      return this.asked(undefined)
    },
    lookup: id => this.asked(this.fact(id)),
    list: stream =>
      this.asked(
        [...this.all.values()].map(task => task.seen).filter(seen => seen.state !== 'stopped' && (!stream || seen.stream === stream)),
      ),
    watch: () => ({ close: () => {} }),
    logs: async () => [],
    collect: async () => {},
    removeStack: async () => {},
  }
  readonly router: AllPorts['router'] = {
    isVersioned: false,
    apply: () => this.asked(undefined),
    targets: () => this.asked([]),
    check: async () => [],
  } as AllPorts['router']
  readonly targetHealth: AllPorts['targetHealth'] = {
    look: (_stream, tasks) => this.asked(tasks.map(({ id }) => ({ id, passed: true }))),
  }
  readonly metrics: AllPorts['metrics'] = {
    read: async () => {
      this.cloud.meter.add('metricRead', 1)
      return this.asked({ samples: [] })
    },
  }
}
