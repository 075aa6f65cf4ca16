import type { StartRefusal } from '../../domain/fact.ts'
import { OutcomeUnknown } from '../../ports/runtime.ts'

/** What AWS said, of a call that failed or of one task that it did not start. */
export type Said = {
  /** The exception's name, or a failure's reason. */
  readonly name: string
  readonly message: string
  /** HTTP status; absent when there was no answer. 200 for `failures[]`. */
  readonly status?: number
}

type Rule = { readonly when: (said: Said) => boolean; readonly is: StartRefusal['kind'] | 'unknown' }

const text = (pattern: RegExp) => (said: Said) => pattern.test(`${said.name}: ${said.message}`)
const called = (pattern: RegExp) => (said: Said) => pattern.test(said.name)

/**
 * What a failed start means, by the first rule that matches: `throttled` and `capacity` are tried again with growing pauses and never
 * count, `revision` counts for the circuit breaker, `unknown` is the same request again. AWS uses ClientException for throttling as well as
 * for mistakes, so words come before names.
 */
const RULES: readonly Rule[] = [
  { when: text(/throttl|rate exceeded|too ?many ?requests|request ?limit ?exceeded|too many concurrent/i), is: 'throttled' },
  {
    when: text(/capacity is unavailable|unable to (place|run) (a )?task|limit on the number of (tasks|vcpus)|concurrent(ly)? running/i),
    is: 'capacity',
  },
  { when: text(/^RESOURCE[:.]|^AGENT\b|EMPTY.CAPACITY.PROVIDER|no (active )?container instances/i), is: 'capacity' },
  // Our own credentials ran out or a clock is off: nothing was started, and the next run has others.
  {
    when: called(/ExpiredToken|UnrecognizedClient|InvalidSignature|RequestTimeTooSkewed|RequestExpired|IncompleteSignature|Credential/),
    is: 'unknown',
  },
  { when: ({ status }) => status === undefined || status >= 500 || status === 408, is: 'unknown' },
  { when: called(/^(ServerException|InternalServer|InternalFailure|ServiceUnavailable)/), is: 'unknown' },
  { when: () => true, is: 'revision' },
]

const kindOf = (said: Said) => RULES.find(rule => rule.when(said))!.is

/** A definite refusal with AWS's own words; undefined when nobody knows whether the call took effect. */
export function refusalOf(said: Said): StartRefusal | undefined {
  const kind = kindOf(said)
  if (kind === 'unknown') return undefined
  return { kind, code: said.name, message: said.message && said.message !== said.name ? `${said.name}: ${said.message}` : said.name }
}

export function saidBy(error: unknown): Said {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode
  return { name, message, status }
}

/** For calls that refuse nothing for good: whatever may pass by itself is an unknown outcome, our own mistakes stay as they are. */
export function passing(what: string, error: unknown): unknown {
  const said = saidBy(error)
  const kind = kindOf(said)
  return kind === 'revision' ? error : new OutcomeUnknown(`${what}: ${said.name}: ${said.message}`, { cause: error })
}

/** @throws OutcomeUnknown, or the error itself when it is our own mistake */
export async function sent<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw passing(what, error)
  }
}
