import type { Clock } from '../../ports/clock.ts'

export type RouterOptions = {
  readonly clock: Clock
  /** Address for fronts that name no host IP. Default 127.0.0.1. */
  readonly bind?: string
  /** Gets one JSON text a request, when the request is over. */
  readonly accessLog?: (line: string) => void
  /** Another proxy stands before this one, and its X-Forwarded-* are believed. Default false. */
  readonly trustForwarded?: boolean
  /** A target refused or broke a connection. A hint, at most once a second and target: ask the runtime what became of it. */
  readonly onTargetDeath?: (stream: string, id: string) => void
  /** A request waits for a stream that sleeps: once for each stream and version, and again when nothing came of it in 5 s. */
  readonly onDemand?: (stream: string) => void
  /** Over how long requests per second are averaged. Default 30,000 ms. */
  readonly rateWindowMs?: number
  /** File that remembers the ports of `internalAddress` across restarts. Without it they last as long as the router. */
  readonly stateFile?: string
  /** How long a request waits for a target to come, in milliseconds. Default 10,000. */
  readonly waitMs?: number
  /** How many requests of one stream may wait at once; the next one is refused. Default 1,000. */
  readonly queueLimit?: number
  /** A target that does not accept a connection for so long counts as dead. Default 3,000 ms. */
  readonly connectMs?: number
}

export type Settings = Required<Pick<RouterOptions, 'bind' | 'trustForwarded' | 'waitMs' | 'queueLimit' | 'connectMs' | 'rateWindowMs'>> &
  Pick<RouterOptions, 'clock' | 'accessLog' | 'onTargetDeath' | 'onDemand'>

/** What is left out, or undefined, has its default: a bind address above all. */
export const settingsOf = (options: RouterOptions): Settings => ({
  bind: '127.0.0.1',
  trustForwarded: false,
  waitMs: 10_000,
  queueLimit: 1_000,
  connectMs: 3_000,
  rateWindowMs: 30_000,
  ...(Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as RouterOptions),
})
