import { constants } from 'node:os'
import { isGroupAlive, signalGroup } from './process-identity.ts'
import type { StopAsked } from './supervisor-order.ts'

/** A killed process may take a moment to go; one that hangs in the kernel is not waited for longer. */
const KILL_PATIENCE_MS = 2_000
/** 24 days: a longer timer fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/** `SIGTERM`, `term`, `15` → SIGTERM; SIGTERM for what the system does not know. */
export function signalNamed(text: string): NodeJS.Signals {
  const names = Object.keys(constants.signals) as NodeJS.Signals[]
  const name = text.toUpperCase().replace(/^(?!SIG)/, 'SIG')
  return names.find(one => one === name || constants.signals[one] === Number(text)) ?? 'SIGTERM'
}

/** The end of a task as an engine would tell it: 128 + number for a signal. */
export function describeEnd(
  code: number | null,
  signal: NodeJS.Signals | null,
  stop: { readonly graceMs: number; readonly hasKilled: boolean } | undefined,
): { readonly code?: number; readonly reason: string } {
  const told = code ?? (signal ? 128 + constants.signals[signal] : undefined)
  if (stop?.hasKilled) return { code: told, reason: `killed after its grace period of ${stop.graceMs / 1_000} s` }
  if (stop) return { code: told, reason: 'stopped' }
  return { code: told, reason: signal ? `killed by ${signal}` : `exited with code ${code}` }
}

/** Brings one process group to its end: the signal, then after the grace period the kill. */
export class Stopping {
  readonly #stopSignal: string
  #group: number | undefined
  #timer: NodeJS.Timeout | undefined
  #deadline = Number.POSITIVE_INFINITY
  #asked: (StopAsked & { hasKilled: boolean }) | undefined

  constructor(stopSignal: string) {
    this.#stopSignal = stopSignal
  }

  get asked(): { readonly graceMs: number; readonly hasKilled: boolean } | undefined {
    return this.#asked
  }

  /** The child is there; a stop that was asked for before begins now. */
  begin(group: number): void {
    this.#group = group
    if (this.#asked) this.#signal(this.#asked)
  }

  /** Asked again, it can only become sooner, and the signal is not repeated: a second one means "now" to many programs. */
  ask({ signal, graceMs: wanted }: StopAsked): void {
    const asked = { signal, graceMs: Math.min(Math.max(0, wanted), LONGEST_TIMER_MS) }
    const deadline = performance.now() + asked.graceMs
    if (this.#asked?.hasKilled || deadline >= this.#deadline) return
    const isFirst = this.#asked === undefined
    this.#deadline = deadline
    this.#asked = { ...asked, hasKilled: false }
    if (isFirst) this.#signal(asked)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#kill(), asked.graceMs)
  }

  #signal(asked: StopAsked): void {
    if (this.#group !== undefined) signalGroup(this.#group, signalNamed(asked.signal ?? this.#stopSignal))
  }

  #kill(): void {
    if (this.#group === undefined) return
    this.#asked!.hasKilled = true
    signalGroup(this.#group, 'SIGKILL')
  }

  /**
   * Called when the leader has ended: what it started ends too. After a stop the rest has what is left of the grace period (a shell dies
   * of the signal at once, the server that it started may have requests to finish); otherwise it is killed.
   */
  async finish(): Promise<void> {
    clearTimeout(this.#timer)
    const group = this.#group!
    while (this.#asked && performance.now() < this.#deadline && isGroupAlive(group)) await pause(20)
    const end = performance.now() + KILL_PATIENCE_MS
    while (isGroupAlive(group) && performance.now() < end) {
      signalGroup(group, 'SIGKILL')
      await pause(5)
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
