import { countTry, freshProbe, type Probe, type ProbeCount } from '../../domain/probe.ts'
import type { Tried } from './tried.ts'

/** Calls back once, after so many ms, unless it is cancelled. */
export type Later = (ms: number, run: () => void) => { cancel(): void }

export type LoopTools = {
  readonly later: Later
  /** Milliseconds since 1970. */
  readonly now: () => number
}

type Loop = {
  readonly probe: Probe
  /** The verdict that the log knows already. */
  readonly passed?: boolean
  /** Undefined says nothing. Never rejects. */
  readonly attempt: () => Promise<Tried | undefined>
  readonly onVerdict: (passed: boolean, why: string | undefined) => void
}

/** Tries one probe again and again, never twice at a time, until it is closed. Its count may be lost: a new loop only takes longer (ADR 20). */
export class ProbeLoop {
  #count: ProbeCount
  #timer: { cancel(): void } | undefined
  #closed = false
  #why: string | undefined
  readonly #loop: Loop
  readonly #tools: LoopTools

  /** @param delayMs until the first try */
  constructor(loop: Loop, tools: LoopTools, delayMs: number) {
    this.#loop = loop
    this.#tools = tools
    this.#count = { ...freshProbe, ...(loop.passed !== undefined && { passed: loop.passed }) }
    this.#timer = tools.later(delayMs, () => void this.#look())
  }

  /** The verdict that stands, and the last reason of a failed try. */
  get verdict(): { readonly passed: boolean | undefined; readonly why: string | undefined } {
    return { passed: this.#count.passed, why: this.#why }
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  async #look(): Promise<void> {
    const begun = this.#tools.now()
    const tried = await this.#loop.attempt()
    if (this.#closed) return
    if (tried) this.#take(tried)
    if (this.#closed) return
    const { period } = this.#loop.probe
    const took = Math.max(0, this.#tools.now() - begun) // a clock that is set back must not hold it up
    this.#timer = this.#tools.later(Math.max(0, period - took), () => void this.#look())
  }

  #take(tried: Tried): void {
    const before = this.#count.passed
    this.#count = countTry(this.#count, this.#loop.probe, tried.passed)
    this.#why = tried.passed ? undefined : tried.why
    const { passed } = this.#count
    if (passed !== undefined && passed !== before) this.#loop.onVerdict(passed, this.#why)
  }
}
