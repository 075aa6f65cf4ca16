import type { Commit } from '../../shared/domain/commit.ts'

// biome-ignore lint/suspicious/noExplicitAny: events are read as text, whatever types Longshore gives them
type Field = any
/** An event as its text says it, with the version and the true moment of its commit. */
export type Told = { readonly type: string; readonly version: number; readonly awake: number; readonly [field: string]: Field }

export type Scaled = { readonly event: Told; readonly from: number; readonly to: number }

/** The text of one stream, sorted for looking things up; nothing here is folded or planned (the checker must not trust what it checks). */
export class StreamText {
  readonly commits: (Commit & { readonly awake: number })[] = []
  readonly byType = new Map<string, Told[]>()
  /** Task id → its intent's revision and restart count, as `2.0`: tasks of another one are of another revision. */
  readonly intended = new Map<string, string>()
  readonly leaving = new Map<string, Told>()
  readonly drains = new Map<string, Told>()
  readonly over = new Set<string>()
  readonly stopped = new Set<string>()
  readonly ill = new Set<string>()
  readonly saidReady = new Set<string>()
  /** What readiness probes said of each task, in the log's order. */
  readonly readiness = new Map<string, Told[]>()
  readonly available = new Map<string, number>()
  desired = 0
  /** Every number that a scale set, with the one before. */
  readonly scales: Scaled[] = []
  private scaledAfter = 0
  private scale = 0
  /** The newest revision that a deployment ended well on, in this life of the service. */
  stable: number | undefined

  add(commit: Commit, awake: number): void {
    this.commits.push({ ...commit, awake })
    for (const event of commit.events as readonly { readonly type: string }[]) {
      const told: Told = { ...event, version: commit.version, awake }
      const list = this.byType.get(told.type)
      if (list) list.push(told)
      else this.byType.set(told.type, [told])
      this.note(told)
    }
  }

  /** Whether the last readiness verdict at that version, by its order, is a failure. */
  isUnready(id: string, version = Number.POSITIVE_INFINITY): boolean {
    const said = (this.readiness.get(id) ?? []).filter(event => event.version <= version)
    return said.length > 0 && !said.reduce((last, event) => (event.probe.order > last.probe.order ? event : last)).probe.passed
  }

  of(type: string): readonly Told[] {
    return this.byType.get(type) ?? []
  }
  last(type: string): Told | undefined {
    return this.byType.get(type)?.at(-1)
  }

  private note(event: Told): void {
    if (event.type === 'StartsIntended') for (const { id } of event.tasks) this.intended.set(id, `${event.revision}.${event.restarts}`)
    if (event.type === 'DrainStarted') for (const id of event.ids) if (!this.drains.has(id)) this.drains.set(id, event)
    if (event.type === 'DrainStarted' || event.type === 'StopsIntended') for (const id of event.ids) this.leaving.set(id, event)
    if (event.type === 'TaskAvailable') this.available.set(event.id, event.version)
    if (event.type === 'TaskSeen') this.noteSeen(event)
    if (event.type === 'DeploymentEnded' && event.outcome === 'ok' && !this.last('WishTaken')?.wish.stopped && this.scale > 0)
      this.stable = this.last('WishTaken')?.wish.revision
    this.noteDesired(event)
  }

  private noteSeen(event: Told): void {
    if (event.state === 'stopped') this.stopped.add(event.id)
    if (event.state === 'stopped' || event.state === 'refused') this.over.add(event.id)
    const { name, passed } = event.probe ?? {}
    if (event.health === 'unhealthy' || (passed === false && name !== 'readiness')) this.ill.add(event.id)
    if (name === 'readiness') this.readiness.set(event.id, [...(this.readiness.get(event.id) ?? []), event])
    const { healthcheck, ports = [] } = this.last('WishTaken')?.wish.spec ?? {}
    const isBlind = !healthcheck && ports.length === 0
    if (event.ready || (name === 'readiness' && passed) || event.health === 'healthy' || (isBlind && event.state === 'running'))
      this.saidReady.add(event.id)
  }

  /** M1, read from the text: the last scale, unless a later deployment's file changed the number, and how many there are is the file's to say. */
  private noteDesired(event: Told): void {
    if (event.type === 'ScaleSet') {
      this.scales.push({ event, from: this.scale, to: event.replicas })
      this.scale = event.replicas
      this.scaledAfter = Math.max(this.scaledAfter, event.after)
    }
    if (event.type === 'WishTaken') this.noteFile(event)
    if (event.type === 'WishTaken' && event.wish.cause === 'remove') this.stable = undefined
    const wish = this.last('WishTaken')?.wish
    this.desired = !wish || wish.cause === 'remove' || wish.stopped ? 0 : this.scale
  }

  private noteFile({ wish: { replicas, replicasBy, spec } }: Told): void {
    const before = this.of('WishTaken').at(-2)?.wish
    const isFirst = !before || before.cause === 'remove'
    const isNews = replicasBy > Math.max(this.scaledAfter, before?.replicasBy ?? 0)
    const isStranded = !spec.scale && before?.spec.scale !== undefined && this.scale === 0 // it slept, and nothing would wake it
    if (isStranded) this.scale = replicas
    else if (isNews && (isFirst || !spec.scale))
      this.scale = spec.scale ? Math.min(Math.max(replicas, spec.scale.min), spec.scale.max) : replicas
    else return
    this.scaledAfter = Math.max(this.scaledAfter, replicasBy)
  }
}
