import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { parseStream } from '../../shared/domain/commit.ts'
import type { Seen } from '../../shared/domain/fact.ts'
import type { Bus, Pointer } from '../../shared/ports/bus.ts'
import type { Wakes } from '../../shared/ports/wakes.ts'
import type { FunctionRow, Trigger } from '../function-table.ts'
import { type Invoke, Queue } from './queue.ts'

/** The host's DynamoDB stream, event bus, queues and schedules in one process, with AWS's event shapes as JSON text. */
export type EventPlane = {
  readonly bus: Bus
  readonly wakes: Wakes
  /** A DynamoDB stream record, as JSON text. */
  onLogRecord(record: string): void
  onTaskSeen(seen: Seen): void
  /** A request waits for a service that sleeps. */
  onDemand(stream: string): void
  startSchedules(): void
  close(): Promise<void>
}

const CONCURRENCY = 8

export function createEventPlane(table: readonly FunctionRow[], invoke: Invoke): EventPlane {
  const queues = new Map(table.filter(isQueued).map(row => [row.name, queueOf(row, invoke)]))
  const relays = table.filter(row => row.triggers.some(trigger => trigger.kind === 'log-stream')).map(row => new LogStream(row, invoke))
  const timers: NodeJS.Timeout[] = []
  let sequence = 0
  const envelope = (detailType: string, detail: unknown) =>
    JSON.stringify({
      version: '0',
      id: `home-${++sequence}`,
      'detail-type': detailType,
      source: 'longshore',
      account: '000000000000',
      time: '',
      region: 'home',
      resources: [],
      detail,
    })
  return {
    bus: {
      publish: async pointers => {
        for (const pointer of pointers) {
          const body = envelope('Committed', pointer)
          for (const row of table) if (row.triggers.some(trigger => matches(trigger, pointer))) queues.get(row.name)?.send(body)
        }
      },
    },
    wakes: { send: async (to, stream, dueAt, delayMs) => queues.get(to)?.send(JSON.stringify({ wake: { stream, dueAt } }), delayMs) },
    onLogRecord: record => {
      for (const relay of relays) relay.push(record)
    },
    onTaskSeen: seen => {
      for (const row of table)
        if (row.triggers.some(trigger => trigger.kind === 'task-states')) queues.get(row.name)?.send(envelope('Task State Change', seen))
    },
    onDemand: stream => {
      for (const row of table)
        if (row.triggers.some(trigger => trigger.kind === 'demand')) queues.get(row.name)?.send(JSON.stringify({ demand: { stream } }))
    },
    startSchedules: () => {
      for (const row of table)
        for (const trigger of row.triggers) if (trigger.kind === 'schedule') timers.push(schedule(row, trigger.home, invoke))
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer)
      await Promise.all([...relays.map(relay => relay.close()), ...[...queues.values()].map(queue => queue.close())])
    },
  }
}

const isQueued = (row: FunctionRow) => row.triggers.some(({ kind }) => kind === 'commits' || kind === 'task-states' || kind === 'demand')
const queueOf = (row: FunctionRow, invoke: Invoke) =>
  new Queue(row.name, invoke, { batch: row.batch?.size ?? 10, windowMs: row.batch?.homeMs, concurrency: CONCURRENCY })

/** What an EventBridge rule made of the table's trigger would match. */
export function matches(trigger: Trigger, pointer: Pointer): boolean {
  if (trigger.kind !== 'commits') return false
  const { kind } = parseStream(pointer.stream)
  return trigger.streams.includes(kind as 'stack') && (!trigger.types || pointer.types.some(type => trigger.types!.includes(type)))
}

/** Overlapping runs are harmless (T4), but at home one process would only slow itself down: a tick that finds the last run going is left out. */
function schedule(row: FunctionRow, seconds: number, invoke: Invoke): NodeJS.Timeout {
  let running = false
  return setInterval(() => {
    if (running) return
    running = true
    const done = () => {
      running = false
    }
    invoke(row.name, '{}').then(done, done)
  }, seconds * 1_000)
}

/** Whoever appended goes on before the functions that follow from it take the thread; whoever gave a command is answered before. */
const HEAD_START_MS = 1
const isCommand = (record: string) => record.includes('"commandId"')

/** One shard: records in order, the whole batch again after a failure. */
class LogStream {
  private readonly records: string[] = []
  private current: Promise<void> | undefined
  private closed = false
  private readonly row: FunctionRow
  private readonly invoke: Invoke
  constructor(row: FunctionRow, invoke: Invoke) {
    this.row = row
    this.invoke = invoke
  }

  push(record: string): void {
    this.records.push(record)
    this.current ??= (isCommand(record) ? pause(HEAD_START_MS) : nextTurn())
      .then(() => this.drain())
      .finally(() => {
        this.current = undefined
      })
  }

  private async drain(): Promise<void> {
    while (this.records.length > 0 && !this.closed) {
      const batch = this.records.splice(0, this.row.batch?.size ?? 100)
      if (!(await this.attempt(batch))) {
        this.records.unshift(...batch)
        await new Promise(resolve => setTimeout(resolve, 1_000))
      }
    }
  }

  private async attempt(batch: readonly string[]): Promise<boolean> {
    try {
      const answer = JSON.parse(await this.invoke(this.row.name, `{"Records":[${batch.join(',')}]}`)) as {
        readonly batchItemFailures: readonly unknown[]
      }
      return answer.batchItemFailures.length === 0
    } catch {
      return false
    }
  }

  async close(): Promise<void> {
    this.closed = true
    await this.current
  }
}
