import { countProbe, freshHealth, type Health, type HealthCount, nextProbeAt } from '../../domain/health-check.ts'
import type { HealthCheck } from '../../domain/spec.ts'
import type { LoopTools } from './probe-loop.ts'

type Loop = {
  readonly check: HealthCheck
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** What the log knows already. */
  readonly health?: Health
  /** Undefined says nothing. Never rejects. */
  readonly attempt: () => Promise<boolean | undefined>
  readonly onHealth: (health: Health) => void
}

/** Runs Compose's check where the engine's own counts wrong, with its start period and start interval. */
export class HealthLoop {
  #count: HealthCount
  #timer: { cancel(): void } | undefined
  #closed = false
  readonly #loop: Loop
  readonly #tools: LoopTools

  constructor(loop: Loop, tools: LoopTools) {
    this.#loop = loop
    this.#tools = tools
    this.#count = { ...freshHealth, health: loop.health ?? 'starting' }
    if (!loop.health) loop.onHealth('starting')
    this.#wait()
  }

  get health(): Health {
    return this.#count.health
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #since(): number {
    return Math.max(0, this.#tools.now() - this.#loop.startedAt)
  }

  #wait(): void {
    const since = this.#since()
    this.#timer = this.#tools.later(nextProbeAt(this.#count, this.#loop.check, since) - since, () => void this.#look())
  }

  async #look(): Promise<void> {
    const begun = this.#since()
    const passed = await this.#loop.attempt()
    if (this.#closed) return
    const before = this.#count.health
    if (passed !== undefined) this.#count = countProbe(this.#count, this.#loop.check, passed, begun)
    if (this.#count.health !== before) this.#loop.onHealth(this.#count.health)
    this.#wait()
  }
}
