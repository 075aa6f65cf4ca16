import type { Address } from '../../domain/fact.ts'

/** One target as the router knows it. It outlives its place in the set while something of it is open. */
export type TargetState = {
  readonly id: string
  addresses: Readonly<Record<string, Address>>
  /** In the set of the newest version. */
  isPresent: boolean
  open: number
  requests: number
  errors: number
  /** By performance.now(). */
  suspendedUntil: number
  suspectedAt: number
  /** End the connections that `release` may end. */
  readonly closers: Set<() => void>
  /** Told when it leaves the set. */
  readonly leavers: Set<() => void>
  readonly whenIdle: () => void
  readonly countRequest: () => void
  readonly suspect: () => void
  readonly suspend: () => void
}

/** One request's or connection's hold on a target. The target counts it as open until it ends. */
export class Lease {
  readonly #target: TargetState
  readonly address: Address
  #closer: (() => void) | undefined
  #leaver: (() => void) | undefined
  #isOver = false

  constructor(target: TargetState, address: Address) {
    this.#target = target
    this.address = address
    target.open++
    target.requests++
  }

  get id(): string {
    return this.#target.id
  }

  /** Whether something new may still be sent to it. */
  get isPresent(): boolean {
    return this.#target.isPresent
  }

  /** `close` is called when the target's deadline is over. */
  closable(close: () => void): void {
    if (this.#isOver) return
    this.#closer = close
    this.#target.closers.add(close)
  }

  /** `tell` is called each time the target leaves the set. */
  whenLeft(tell: () => void): void {
    if (this.#isOver) return
    this.#leaver = tell
    this.#target.leavers.add(tell)
  }

  /** The target broke a connection that it had: somebody should look at it. */
  failed(): void {
    this.#target.errors++
    this.#target.suspect()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#closer) this.#target.closers.delete(this.#closer)
    if (this.#leaver) this.#target.leavers.delete(this.#leaver)
    this.#target.open--
    this.#target.whenIdle()
  }

  /** One more request for the autoscaler: what was sent to a target and is no connection that stays open. */
  countRequest(): void {
    this.#target.countRequest()
  }

  /** Nothing was sent to it: the request goes elsewhere, and does not count. */
  giveBack(): void {
    this.#target.requests--
    this.end()
  }

  /** It took no connection: nobody tries it again for a second. */
  refused(): void {
    this.#target.suspend()
    this.failed()
    this.giveBack()
  }
}
