/** How the host runs a function: event and answer are JSON text and nothing else, as they are on AWS. */
export type Invoke = (name: string, event: string) => Promise<string>

type Message = { readonly id: string; readonly body: string; attempts: number }

export type QueueOptions = {
  /** Messages a run at most. */
  readonly batch: number
  /** Runs at once at most. */
  readonly concurrency: number
  /** How long a message waits for others, as SQS's batching window; default 0. */
  readonly windowMs?: number
}

const FIRST_RETRY = 250
const LONGEST_RETRY = 20_000

/**
 * One function's queue with SQS's behaviour: batches, at least once, failed messages alone come again (with growing delay), delayed
 * sends. It lives in memory: what a kill loses, the audit at the next start finds (L7). Messages wait while a run has room: what gathers
 * meanwhile is one batch (L11).
 */
export class Queue {
  private readonly waiting: Message[] = []
  private readonly timers = new Set<NodeJS.Timeout>()
  private running = 0
  private nextId = 1
  private closed = false
  private idle: (() => void)[] = []
  private readonly name: string
  private readonly invoke: Invoke
  private readonly batch: number
  private readonly concurrency: number
  private readonly windowMs: number

  constructor(name: string, invoke: Invoke, { batch, concurrency, windowMs = 0 }: QueueOptions) {
    this.name = name
    this.invoke = invoke
    this.batch = batch
    this.concurrency = concurrency
    this.windowMs = windowMs
  }

  /** @param delayMs as SQS DelaySeconds, though finer */
  send(body: string, delayMs = 0): void {
    this.enqueue({ id: String(this.nextId++), body, attempts: 0 }, delayMs)
  }

  private enqueue(message: Message, delayMs: number): void {
    if (this.closed) return
    if (delayMs > 0) {
      this.later(delayMs, () => this.enqueue(message, 0))
      return
    }
    this.waiting.push(message)
    if (this.windowMs === 0) queueMicrotask(() => this.pump())
    else if (this.waiting.length === 1) this.later(this.windowMs, () => this.pump())
  }

  private later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      run()
    }, ms)
    this.timers.add(timer)
  }

  private pump(): void {
    while (!this.closed && this.running < this.concurrency && this.waiting.length > 0) {
      void this.run(this.waiting.splice(0, this.batch))
    }
  }

  private async run(messages: readonly Message[]): Promise<void> {
    this.running++
    const failed = await this.attempt(messages)
    this.running--
    for (const message of messages) {
      if (!failed.has(message.id)) continue
      message.attempts++
      this.enqueue(message, Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (message.attempts - 1)))
    }
    if (this.running === 0 && this.waiting.length === 0) for (const resolve of this.idle.splice(0)) resolve()
    this.pump()
  }

  private async attempt(messages: readonly Message[]): Promise<ReadonlySet<string>> {
    const Records = messages.map(({ id, body, attempts }) => ({
      messageId: id,
      receiptHandle: id,
      body,
      attributes: { ApproximateReceiveCount: String(attempts + 1) },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:home:000000000000:${this.name}`,
      awsRegion: 'home',
    }))
    try {
      const answer = JSON.parse(await this.invoke(this.name, JSON.stringify({ Records }))) as {
        readonly batchItemFailures?: readonly { readonly itemIdentifier: string }[]
      } | null
      return new Set(answer?.batchItemFailures?.map(failure => failure.itemIdentifier))
    } catch {
      return new Set(messages.map(message => message.id))
    }
  }

  /** Takes nothing more, and resolves when what runs is over. */
  async close(): Promise<void> {
    this.closed = true
    for (const timer of this.timers) clearTimeout(timer)
    this.waiting.length = 0
    if (this.running > 0) await new Promise<void>(resolve => this.idle.push(resolve))
  }
}
