import type { Fact } from '../domain/fact.ts'
import { decideFacts } from '../domain/service-decide.ts'
import { type By, onService } from './append.ts'
import type { LogPorts } from './ports.ts'

/** Collects the facts of calls that run side by side: while one commit is under way the next one gathers, so none waits for the slowest. */
export class FactBatch {
  private pending: Fact[] = []
  private flushing: Promise<void> | undefined
  private readonly ports: LogPorts
  private readonly stream: string
  private readonly by: By
  constructor(ports: LogPorts, stream: string, by: By) {
    this.ports = ports
    this.stream = stream
    this.by = by
  }

  /** Resolves when the fact is recorded, or known to be nothing new. */
  async add(fact: Fact): Promise<void> {
    this.pending.push(fact)
    while (this.flushing) await this.flushing
    if (!this.pending.includes(fact)) return
    this.flushing = this.flush().finally(() => {
      this.flushing = undefined
    })
    await this.flushing
  }

  private async flush(): Promise<void> {
    const facts = this.pending
    this.pending = []
    await onService(this.ports, this.stream, s => decideFacts(s, facts), this.by)
  }
}
