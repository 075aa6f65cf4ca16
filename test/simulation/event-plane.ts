import type { FunctionRow } from '../../infra/function-table.ts'
import { matches } from '../../infra/local/event-plane.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import type { Seen } from '../../shared/domain/fact.ts'
import type { Pointer } from '../../shared/ports/bus.ts'
import { commitRecord } from './commit-record.ts'
import { SECOND } from './rules.ts'
import type { World } from './world.ts'

/** What became of one run of a function: its answer as JSON text, an error, or nothing at all (it died, or its time was over). */
export type Outcome = { readonly answer: string } | { readonly failed: true }
/** Runs a function of the table. `onDone` is not called when the run is lost together with whoever waits for it. */
export type Invoke = (name: string, event: string, onDone: (outcome: Outcome) => void) => void

type Message = { readonly id: string; readonly body: string; receives: number }
type Queue = { readonly row: FunctionRow; waiting: Message[]; running: number; pumping: boolean }
type Failures = { readonly batchItemFailures?: readonly { readonly itemIdentifier: string }[] } | null

const MOST_RECEIVES = 12
const DAY = 86_400_000

/** Stream, relay, bus, queues and schedules with AWS's event shapes: at least once, in any order, and now and then not at all. */
export class EventPlane {
  private queues = new Map<string, Queue>()
  private shard: { readonly record: string; readonly at: number }[] = []
  private relaying = false
  /** At home all of this lies in the host's memory: what an earlier run of it held is gone. */
  private generation = 0
  private dead: { readonly queue: Queue; readonly message: Message }[] = []
  private sequence = 0
  private readonly arrived = new Map<string, number>()
  private readonly world: World
  private readonly table: readonly FunctionRow[]
  private readonly invoke: Invoke

  constructor(world: World, table: readonly FunctionRow[], invoke: Invoke) {
    this.world = world
    this.table = table
    this.invoke = invoke
    this.reset()
  }

  /** The host died, and its memory with it. */
  reset(): void {
    this.generation++
    this.shard = []
    this.relaying = false
    this.queues = new Map(this.table.map(row => [row.name, { row, waiting: [], running: 0, pumping: false }]))
  }

  // ---- the log's change stream, and the bus

  onStored(commit: Commit): void {
    this.shard.push({ record: commitRecord(commit, ++this.sequence), at: this.world.now })
    this.pumpShard(this.world.between(5, this.isHome ? 20 : 300))
  }

  private pumpShard(delay: number): void {
    if (this.relaying) return
    this.relaying = true
    this.later(delay, () => {
      this.expire()
      const batch = this.world.isOut('shard') ? [] : this.shard.splice(0, 100)
      const over = (again: boolean) => {
        this.relaying = false
        if (again) this.shard.unshift(...batch)
        if (this.shard.length) this.pumpShard(again || this.world.isOut('shard') ? this.world.between(SECOND, 5 * SECOND) : 5)
      }
      if (batch.length === 0) return over(false)
      const event = `{"Records":[${batch.map(({ record }) => record).join(',')}]}`
      this.invokeNow('relay', event, outcome => over('failed' in outcome || failuresOf(outcome.answer).size > 0))
    })
  }

  /** A DynamoDB stream keeps its records for a day. */
  private expire(): void {
    const kept = this.shard.filter(({ at }) => this.world.now < at + DAY)
    if (kept.length < this.shard.length) this.world.count('expired records')
    this.shard = kept
  }

  publish(pointers: readonly Pointer[]): void {
    for (const pointer of pointers) {
      const body = envelope('Committed', pointer)
      for (const row of this.table) if (row.triggers.some(trigger => matches(trigger, pointer))) this.deliver(row.name, body, 0)
    }
  }

  onTaskSeen(seen: Seen): void {
    const body = envelope('Task State Change', seen)
    for (const row of this.table) if (row.triggers.some(trigger => trigger.kind === 'task-states')) this.deliver(row.name, body, 0)
  }

  /** A request waits for a service that sleeps. */
  onDemand(stream: string): void {
    this.triggered('demand', JSON.stringify({ demand: { stream } }))
  }
  onAlarm(alarmName: string, value: 'ALARM' | 'OK'): void {
    this.triggered('alarms', envelope('CloudWatch Alarm State Change', { alarmName, state: { value } }))
  }
  private triggered(kind: 'demand' | 'alarms', body: string): void {
    for (const row of this.table) if (row.triggers.some(trigger => trigger.kind === kind)) this.deliver(row.name, body, 0)
  }

  sendWake(to: string, stream: string, dueAt: number, delayMs: number): void {
    if (!this.world.holds('wakes')) return
    if (delayMs > 900_000) this.world.fail(`T1: a message delayed by ${delayMs} ms`)
    this.deliver(to, JSON.stringify({ wake: { stream, dueAt } }), this.isHome ? delayMs : Math.ceil(delayMs / SECOND) * SECOND)
  }

  // ---- queues

  private deliver(name: string, body: string, delay: number): void {
    const { world } = this
    if (world.chance(0.05)) {
      world.count('losses')
      return
    }
    const sent = ++this.sequence
    const arrive = () => {
      if (sent < (this.arrived.get(name) ?? 0)) world.count('reorderings')
      this.arrived.set(name, Math.max(sent, this.arrived.get(name) ?? 0))
      this.enqueue(name, { id: `m${++this.sequence}`, body, receives: 0 })
    }
    const { disorder } = world
    const late = () => (disorder === undefined ? world.between(2, this.isHome ? 20 : 200) : world.between(0, disorder))
    this.later(delay + (world.chance(0.1) ? world.between(0, 90 * SECOND) : late()), arrive)
    if (disorder === undefined && !world.chance(0.1)) return
    world.count('duplicates')
    this.later(delay + (disorder === undefined ? world.between(0, 120 * SECOND) : late()), arrive)
  }

  private enqueue(name: string, message: Message): void {
    const queue = this.queues.get(name)
    if (!queue) return
    queue.waiting.push(message)
    this.pump(queue)
  }

  private pump(queue: Queue): void {
    if (queue.pumping || queue.waiting.length === 0 || queue.running >= 8) return
    queue.pumping = true
    const window = this.isHome ? 2 : (queue.row.batch?.windowSeconds ?? 0) * SECOND + 50
    this.later(this.world.between(1, window + 1), () => {
      queue.pumping = false
      this.run(queue, queue.waiting.splice(0, queue.row.batch?.size ?? 10))
      this.pump(queue)
    })
  }

  private run(queue: Queue, batch: readonly Message[]): void {
    if (batch.length === 0) return
    queue.running++
    for (const message of batch) message.receives++
    this.invokeNow(queue.row.name, queueEvent(queue.row.name, batch), outcome => {
      queue.running--
      const failed = 'failed' in outcome ? new Set(batch.map(message => message.id)) : failuresOf(outcome.answer)
      for (const message of batch) if (failed.has(message.id)) this.again(queue, message)
      this.pump(queue)
    })
  }

  /** Failed messages alone come again, and after too many times lie in the dead-letter queue (at home there is none). */
  private again(queue: Queue, message: Message): void {
    this.world.count('redeliveries')
    if (!this.isHome && message.receives >= MOST_RECEIVES) {
      this.world.count('dead letters')
      this.dead.push({ queue, message })
      return
    }
    const backoff = this.isHome ? Math.min(20 * SECOND, 250 * 2 ** (message.receives - 1)) : this.world.between(SECOND, 60 * SECOND)
    this.later(backoff, () => this.enqueue(queue.row.name, message))
  }

  /** What an operator does once the cause is gone: every dead letter goes back to its queue. */
  redrive(): number {
    const letters = this.dead
    this.dead = []
    for (const { queue, message } of letters) this.enqueue(queue.row.name, { ...message, receives: 0 })
    return letters.length
  }

  // ---- what is scheduled, and what dies with the host

  private get isHome(): boolean {
    return this.world.kind === 'docker'
  }
  private later(delay: number, run: () => void): void {
    const { generation } = this
    this.world.after(delay, () => {
      if (!this.isHome || generation === this.generation) run()
    })
  }
  private invokeNow(name: string, event: string, onDone: (outcome: Outcome) => void): void {
    const { generation } = this
    this.invoke(name, event, outcome => {
      if (!this.isHome || generation === this.generation) onDone(outcome)
    })
  }
}

const failuresOf = (answer: string): ReadonlySet<string> =>
  new Set((JSON.parse(answer) as Failures)?.batchItemFailures?.map(failure => failure.itemIdentifier))

const envelope = (detailType: string, detail: unknown) =>
  JSON.stringify({
    version: '0',
    id: 'simulated',
    'detail-type': detailType,
    source: 'longshore',
    account: '0',
    time: '',
    region: '',
    resources: [],
    detail,
  })

const queueEvent = (name: string, batch: readonly Message[]) =>
  JSON.stringify({
    Records: batch.map(({ id, body, receives }) => ({
      messageId: id,
      receiptHandle: id,
      body,
      attributes: { ApproximateReceiveCount: String(receives) },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:simulated:0:${name}`,
      awsRegion: 'simulated',
    })),
  })
