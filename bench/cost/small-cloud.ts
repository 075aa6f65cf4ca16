import { FUNCTION_TABLE, type FunctionRow, requestsGoTo } from '../../infra/function-table.ts'
import { matches } from '../../infra/local/event-plane.ts'
import { type AllPorts, handlerOf } from '../../infra/local/handlers.ts'
import { Folds } from '../../shared/application/folds.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import type { Seen } from '../../shared/domain/fact.ts'
import type { Pointer } from '../../shared/ports/bus.ts'
import { AWS } from '../../shared/reconcile/policy.ts'
import { commitRecord } from '../../test/simulation/commit-record.ts'
import { countingStores } from './counting-ports.ts'
import type { Meter } from './meter.ts'
import { Tasks } from './tasks.ts'

const SECOND = 1_000
/** An invocation's own time, beside its calls. */
const RUN_MS = 4
/** Lambda's START, END and REPORT lines, and ours. */
const LOG_BYTES = 600
const BUS_MS = 15

/** The functions of the table over counting ports, in virtual time and without misfortunes: what is due happens, second by second. */
export class SmallCloud {
  now = 1_800_000_000_000
  readonly tasks: Tasks
  readonly meter: Meter
  private readonly ports: AllPorts
  private readonly handlers: ReadonlyMap<string, (event: string) => Promise<string>>
  private messages: { readonly at: number; readonly to: string; readonly body: string }[] = []
  private records: string[] = []
  private sequence = 0

  constructor(meter: Meter) {
    this.meter = meter
    this.tasks = new Tasks(this, seen => this.onTaskSeen(seen))
    this.ports = this.makePorts()
    this.handlers = new Map(FUNCTION_TABLE.map(row => [row.name, handlerOf(row, this.ports)]))
  }

  /** One HTTP request, answered. */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    this.meter.add('apiRequest', 1)
    const headers = {
      host: 'cost',
      authorization: 'Bearer cost',
      'content-type': 'application/json',
      'idempotency-key': `cost-${++this.sequence}-key`,
    }
    const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '', userAgent: '' }
    const requestContext = {
      accountId: '0',
      apiId: '',
      domainName: 'cost',
      domainPrefix: '',
      http,
      requestId: '',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    }
    const event = {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      headers,
      requestContext,
      body: JSON.stringify(body),
      isBase64Encoded: false,
    }
    const answer = JSON.parse(await this.run(requestsGoTo(method === 'GET' ? 'questions' : 'commands'), JSON.stringify(event))) as {
      readonly statusCode: number
      readonly body: string
    }
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.body}`)
    return JSON.parse(answer.body)
  }

  async run(name: string, event: string): Promise<string> {
    const row = FUNCTION_TABLE.find(other => other.name === name)!
    this.meter.milliseconds = RUN_MS
    const answer = await this.handlers.get(name)!(event)
    this.meter.add('lambdaRequest', 1)
    this.meter.add('lambdaGbSecond', (this.meter.milliseconds / SECOND) * (row.memoryMb / 1_024))
    this.meter.add('logGb', LOG_BYTES / 1e9)
    return answer
  }

  /** Everything that is due until then; schedules only when they are asked for. */
  async pass(seconds: number, schedules = false): Promise<void> {
    for (const end = this.now + seconds * SECOND; this.now < end; this.now += SECOND) {
      this.tasks.tick()
      if (schedules && this.now % (60 * SECOND) === 0) await this.minute()
      await this.deliver()
    }
  }

  /** What the schedules do each minute, but for the hourly ones. */
  async minute(): Promise<void> {
    for (const row of FUNCTION_TABLE)
      for (const trigger of row.triggers) {
        if (trigger.kind !== 'schedule' || trigger.cloudMinutes > 1) continue
        this.meter.add('schedule', 1)
        await this.run(row.name, '{}')
      }
    await this.deliver()
  }

  async hour(): Promise<void> {
    this.meter.add('schedule', 1)
    await this.run('audit', '{}')
    await this.deliver()
  }

  private async deliver(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      await this.relay()
      const due = Map.groupBy(
        this.messages.filter(message => message.at <= this.now),
        message => message.to,
      )
      if (due.size === 0) return
      this.messages = this.messages.filter(message => message.at > this.now)
      for (const [name, messages] of due)
        await this.consume(
          FUNCTION_TABLE.find(row => row.name === name)!,
          messages.map(message => message.body),
        )
    }
    throw new Error('the functions go on talking within one second')
  }

  private async relay(): Promise<void> {
    const records = this.records.splice(0)
    if (records.length > 0) await this.run('relay', `{"Records":[${records.join(',')}]}`)
  }

  private async consume(row: FunctionRow, bodies: readonly string[]): Promise<void> {
    const size = row.batch?.size ?? 10
    for (let start = 0; start < bodies.length; start += size) {
      const records = bodies.slice(start, start + size).map((body, index) => ({ messageId: `${index}`, body, attributes: {} }))
      this.meter.add('sqsRequest', 2) // receive and delete, a batch each
      const answer = await this.run(row.name, JSON.stringify({ Records: records }))
      if (answer.includes('itemIdentifier')) throw new Error(`${row.name}: ${answer}`)
    }
  }

  private enqueue(to: string, body: string, delayMs: number): void {
    this.meter.add('sqsRequest', 1)
    this.messages.push({ at: this.now + delayMs, to, body })
  }

  private onTaskSeen(seen: Seen): void {
    const body = JSON.stringify({ 'detail-type': 'Task State Change', detail: seen })
    for (const row of FUNCTION_TABLE) if (row.triggers.some(trigger => trigger.kind === 'task-states')) this.enqueue(row.name, body, SECOND)
  }

  private async publish(pointers: readonly Pointer[]): Promise<void> {
    this.meter.add('busEvent', pointers.length)
    this.meter.takes(BUS_MS)
    for (const pointer of pointers)
      for (const row of FUNCTION_TABLE)
        if (row.triggers.some(trigger => matches(trigger, pointer)))
          this.enqueue(row.name, JSON.stringify({ detail: pointer }), (row.batch?.windowSeconds ?? 0) * SECOND)
  }

  private makePorts(): AllPorts {
    const stores = countingStores(this.meter, (commit: Commit) => this.records.push(commitRecord(commit, ++this.sequence)))
    const { runtime, router, targetHealth, metrics } = this.tasks
    return {
      ...stores,
      runtime,
      router,
      targetHealth,
      metrics,
      images: { resolve: async reference => `sha256:${reference}` },
      wakes: {
        send: async (to: string, stream: string, dueAt: number, delayMs: number) => {
          this.meter.takes(BUS_MS)
          this.enqueue(to, JSON.stringify({ wake: { stream, dueAt } }), delayMs)
        },
      } as AllPorts['wakes'],
      bus: { publish: pointers => this.publish(pointers) },
      clock: { now: () => this.now },
      ids: { nonce: () => `nonce-${++this.sequence}` },
      folds: new Folds({ size: 10_000 }),
      setting: { installation: { id: 'cost', epoch: 1 }, limits: AWS, orphanedBefore: 0 },
      tokens: { actorOf: async () => 'token cost' },
      info: { version: '0', installation: 'cost', runtime: 'ecs', runtimeDetail: 'counted' },
    }
  }
}
