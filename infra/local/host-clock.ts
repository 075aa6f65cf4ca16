import { type Clock, ClockStepping } from '../../shared/ports/clock.ts'

const TICK = 5_000
const LATE = 30_000

/**
 * T5: clocks lie, laptops sleep. The host ticks each 5 s; a tick that comes 30 s late, or a clock set back, is a step. Until it is recorded
 * on every service no handler may read the clock: `now` throws, and its message comes again.
 */
export class HostClock implements Clock {
  private lastTick: number | undefined
  private timer: NodeJS.Timeout | undefined
  private stepping = false
  private readonly read: () => number
  private readonly onStep: (now: number, lastTick: number) => Promise<void>
  constructor(onStep: (now: number, lastTick: number) => Promise<void>, read: () => number = Date.now) {
    this.read = read
    this.onStep = onStep
  }

  now(): number {
    const now = this.read()
    if (this.lastTick === undefined || isStep(now, this.lastTick)) throw new ClockStepping('the clock stepped, or the host was asleep')
    return now
  }

  /** For the step itself, which must read the clock in order to record it. */
  raw(): number {
    return this.read()
  }

  /** A host's start is a late tick: how long nobody ticked, only the heads tell. */
  async start(): Promise<void> {
    await this.onStep(this.read(), Number.NEGATIVE_INFINITY)
    this.lastTick = this.read()
    this.timer = setInterval(() => void this.tick(), TICK)
  }

  async tick(): Promise<void> {
    const now = this.read()
    if (this.stepping || this.lastTick === undefined) return
    if (!isStep(now, this.lastTick)) {
      this.lastTick = now
      return
    }
    this.stepping = true
    try {
      await this.onStep(now, this.lastTick)
      this.lastTick = this.read()
    } catch {
      // the next tick tries again; until then the clock stays unreadable
    } finally {
      this.stepping = false
    }
  }

  stop(): void {
    clearInterval(this.timer)
  }
}

const isStep = (now: number, lastTick: number) => now - lastTick > LATE || lastTick - now > 2 * LATE
