import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import type { Fact, Seen } from '../../domain/fact.ts'
import { ifThere } from './engine-errors.ts'
import { ENDED, exitOf, seenOf } from './facts.ts'
import type { KnownTasks } from './known-tasks.ts'
import { LABEL } from './labels.ts'
import { listTasks } from './list-tasks.ts'

/** An engine's event as its stream has it; the attributes of a container's event hold its labels. */
export type EngineEvent = {
  readonly Action: string
  readonly timeNano: number
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
}

export type WatchTools = { readonly docker: Dockerode; readonly installation: string; readonly known: KnownTasks }

const ACTIONS = ['start', 'die', 'oom', 'health_status', 'destroy']
const RECONNECT_MS = { first: 100, most: 5_000 }
/** Starting and its first health event come together: one look is enough for both. Meanwhile whoever started it here has looked. */
const BURST_MS = 15

/**
 * M6: the engine's events, read on from the last one after a lost connection, and the whole list after each (re)connection, since the
 * engine remembers only its last 256 events.
 */
export class TaskWatch {
  readonly #tools: WatchTools
  readonly #onSeen: (seen: Seen) => void
  readonly #oomed = new Set<string>()
  readonly #looking = new Map<string, { readonly timer: NodeJS.Timeout; onlyStarted: boolean }>()
  #closed = false
  #stream: Readable | undefined
  #retry: NodeJS.Timeout | undefined
  #lastNano: number | undefined
  #waitMs = RECONNECT_MS.first

  constructor(tools: WatchTools, onSeen: (seen: Seen) => void) {
    this.#tools = tools
    this.#onSeen = onSeen
    void this.#connect()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    for (const { timer } of this.#looking.values()) clearTimeout(timer)
    this.#looking.clear()
    this.#stream?.destroy()
  }

  async #connect(): Promise<void> {
    const { docker, installation, known } = this.#tools
    const filters = { type: ['container'], event: ACTIONS, label: [`${LABEL.installation}=${installation}`] }
    const since = this.#lastNano === undefined ? {} : { since: secondsText(this.#lastNano + 1) }
    try {
      const stream = (await docker.getEvents({ filters, ...since } as unknown as Dockerode.GetEventsOptions)) as Readable
      if (this.#closed) return void stream.destroy()
      this.#stream = stream
      stream.once('close', () => this.#reconnect())
      stream.once('error', () => stream.destroy())
      // A readline that loses its input says so itself; the stream's own handlers reconnect.
      createInterface({ input: stream })
        .on('line', line => this.#take(line))
        .on('error', () => undefined)
      for (const seen of await listTasks(docker, installation, known)) this.#tell(seen)
      this.#waitMs = RECONNECT_MS.first
    } catch {
      if (this.#stream) this.#stream.destroy()
      else this.#reconnect()
    }
  }

  #reconnect(): void {
    this.#stream = undefined
    if (this.#closed) return
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#connect(), this.#waitMs)
    this.#waitMs = Math.min(this.#waitMs * 2, RECONNECT_MS.most)
  }

  #take(line: string): void {
    if (this.#closed || !line.trim()) return
    const event = JSON.parse(line) as EngineEvent
    this.#lastNano = Math.max(this.#lastNano ?? 0, event.timeNano)
    const { ID: id } = event.Actor
    if (event.Action === 'oom') this.#oomed.add(id)
    else if (event.Action === 'die') this.#tellEnd(event)
    else if (event.Action === 'destroy') this.#oomed.delete(id)
    else this.#lookSoon(event)
  }

  /**
   * From the event alone: the engine answers no question about a container while it takes its network apart (about 100 ms). Only what may
   * have lacked memory is asked about, since that event can come after the end.
   */
  #tellEnd(event: EngineEvent): void {
    const { ID: id, Attributes: attributes } = event.Actor
    clearTimeout(this.#looking.get(id)?.timer)
    this.#looking.delete(id)
    const code = Number(attributes['exitCode'])
    const { asked, limited } = this.#tools.known
    const mayLackMemory = this.#oomed.has(id) || (code === 137 && limited.has(id) && !asked.has(id))
    if (mayLackMemory || !Number.isInteger(code)) return void this.#look(id)
    const at = Math.floor(event.timeNano / 1e6)
    const exit = exitOf({ code, oomKilled: false, at }, asked.get(id))
    this.#tellOf({ id: attributes['name'] ?? id, state: 'stopped', seen: ENDED + at, runtime: 'docker', runtimeId: id, exit }, attributes)
  }

  #lookSoon({ Action: action, Actor: { ID: id, Attributes: attributes } }: EngineEvent): void {
    const waiting = this.#looking.get(id)
    if (waiting) waiting.onlyStarted &&= action === 'start'
    if (waiting || !attributes[LABEL.stream]) return
    const timer = setTimeout(() => {
      const onlyStarted = this.#looking.get(id)?.onlyStarted
      this.#looking.delete(id)
      const read = this.#tools.known.last(id)
      // A container is started once (E3): what was read of it while it runs is all that its start has to tell.
      if (onlyStarted && read?.state === 'running') this.#tellOf(read, attributes)
      else void this.#look(id)
    }, BURST_MS)
    this.#looking.set(id, { timer, onlyStarted: action === 'start' })
  }

  /** A look that fails is made up for by the list after the reconnection, or by the sweep (T2). */
  async #look(id: string): Promise<void> {
    const { docker, known } = this.#tools
    const inspected = await ifThere(docker.getContainer(id).inspect()).catch(() => undefined)
    if (inspected) this.#tellOf(known.read(inspected), inspected.Config.Labels)
  }

  #tellOf(fact: Fact, labels: Readonly<Record<string, string>>): void {
    const seen = seenOf(fact, labels)
    if (seen) this.#tell(seen)
  }

  #tell(seen: Seen): void {
    if (!this.#closed) this.#onSeen(seen)
  }
}

/** The engine takes seconds with nine decimals; a number of nanoseconds is too large to be exact, so the text is built from its parts. */
const secondsText = (nano: number): string => `${Math.floor(nano / 1e9)}.${String(Math.floor(nano % 1e9)).padStart(9, '0')}`
