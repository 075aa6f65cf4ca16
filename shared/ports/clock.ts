export interface Clock {
  /** Milliseconds since 1970. May go back; throws ClockStepping while a step is not yet recorded (T5). */
  now(): number
}

/** T5: the last tick is too old to believe the clock. The message goes back to its queue. */
export class ClockStepping extends Error {
  override readonly name = 'ClockStepping'
}

export interface Ids {
  /** A fresh random string, for nonces. */
  nonce(): string
}
