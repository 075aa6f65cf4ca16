/** What one command or observation appended to one stream: the unit of the log (L3). */
export type Commit<E = unknown> = {
  readonly stream: string
  /** 1, 2, 3 … without gaps; order is the version, never `at`. */
  readonly version: number
  /** Milliseconds since 1970 by the appender's clock; may go back. */
  readonly at: number
  /** Who asked: `token laptop`, or the function that observed (`reconcile`). */
  readonly actor: string
  readonly nonce: string
  readonly commandId?: string
  /** Hash of the command's body: the same id with another body is refused (L4). */
  readonly commandHash?: string
  /** `stream version` of the commit that led to this one. */
  readonly causedBy?: string
  readonly events: readonly E[]
}

/** A moment of a stream: the version is the order, `at` is for deadlines. */
export type Point = { readonly version: number; readonly at: number }

/** What a stream remembers of a command that it answered (L4). */
export type Answered = { readonly id: string; readonly hash: string; readonly version: number; readonly refusal?: Refusal }

/** A command that was understood and not accepted; recorded, so that a repetition gets the same answer. */
export type Refusal = { readonly code: string; readonly message: string }
export type CommandRefused = { readonly type: 'CommandRefused' } & Refusal

const REMEMBERED = 1_000

export function remember(answered: readonly Answered[], commit: Commit<{ readonly type: string }>): readonly Answered[] {
  if (!commit.commandId) return answered
  const refused = commit.events.find((event): event is CommandRefused => event.type === 'CommandRefused')
  const refusal = refused && { code: refused.code, message: refused.message }
  return [...answered.slice(1 - REMEMBERED), { id: commit.commandId, hash: commit.commandHash ?? '', version: commit.version, refusal }]
}

export const stackStream = (stack: string): string => `stack/${stack}`
export const serviceStream = (stack: string, service: string): string => `service/${stack}/${service}`

/** `service/shop/web` → kind service, stack shop, name web; `stack/shop` → kind stack, stack shop. */
export function parseStream(stream: string): { readonly kind: string; readonly stack: string; readonly service: string } {
  const [kind = '', stack = '', ...rest] = stream.split('/')
  return { kind, stack, service: rest.join('/') }
}
