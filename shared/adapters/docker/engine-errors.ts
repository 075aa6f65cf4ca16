import type { ErrorCode } from '../../domain/errors.ts'
import type { StartRefusal } from '../../domain/fact.ts'
import { OutcomeUnknown } from '../../ports/runtime.ts'

/** The HTTP status of an engine's answer; undefined when there was none (connection lost, engine gone). */
export const statusOf = (error: unknown): number | undefined => {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode
  return typeof status === 'number' ? status : undefined
}

/** The engine's own words, without the client's decoration. */
export function messageOf(error: unknown): string {
  const told = (error as { json?: { message?: unknown } } | undefined)?.json?.message
  if (typeof told === 'string') return told.trim()
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim()
}

type Rule = { readonly when: RegExp; readonly kind: StartRefusal['kind']; readonly code: ErrorCode }

/**
 * What a failed create or start means: the first rule that matches. Engines answer the same fault with 400, 404 or 500 depending on their
 * version, so the words decide. Lacking room comes first, since its words stand inside the general ones of the OCI runtime.
 */
const RULES: readonly Rule[] = [
  {
    when: /no space left on device|cannot allocate memory|too many open files|resource temporarily unavailable/i,
    kind: 'capacity',
    code: 'LS-ENGINE-FULL',
  },
  {
    when: /port is already allocated|address already in use|all ephemeral ports|driver failed programming external/i,
    kind: 'capacity',
    code: 'LS-PORT-TAKEN',
  },
  {
    when: /no available (IPv4 )?addresses|non-overlapping IPv4 address pool|exchange full|bridge port limit/i,
    kind: 'capacity',
    code: 'LS-ENGINE-FULL',
  },
  { when: /no such image|manifest unknown|image .* not found/i, kind: 'revision', code: 'LS-IMAGE-NOT-FOUND' },
  {
    when: /executable file not found|exec format error|no such file or directory|permission denied|not a directory|is a directory/i,
    kind: 'revision',
    code: 'LS-COMMAND-NOT-FOUND',
  },
  {
    when: /unable to find (user|group)|no matching entries in passwd|no command specified/i,
    kind: 'revision',
    code: 'LS-COMMAND-NOT-FOUND',
  },
  {
    when: /bind source path does not exist|error while creating mount source path|invalid mount|mount denied|mount path must be/i,
    kind: 'revision',
    code: 'LS-TASK-REFUSED',
  },
  { when: /OCI runtime create failed|failed to create (shim )?task|invalid/i, kind: 'revision', code: 'LS-TASK-REFUSED' },
]

/** A definite refusal, or undefined when nobody knows whether the call took effect. */
export function refusalOf(error: unknown): StartRefusal | undefined {
  const status = statusOf(error)
  if (status === undefined) return undefined
  const message = messageOf(error)
  const rule = RULES.find(({ when }) => when.test(message))
  if (rule) return { kind: rule.kind, code: rule.code, message }
  return status === 400 ? { kind: 'revision', code: 'LS-TASK-REFUSED', message } : undefined
}

/** @throws OutcomeUnknown instead of whatever the engine's client threw. */
export async function orUnknown<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OutcomeUnknown) throw error
    throw new OutcomeUnknown(`${what}: ${messageOf(error)}`, { cause: error })
  }
}

/** What `work` answers, or undefined when the engine has no such thing (404). */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

/** Gives up waiting after `ms`; the work itself goes on, and keeps its turn (E3). @throws OutcomeUnknown */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OutcomeUnknown(`${what}: no answer within ${ms / 1_000} s`)), ms)
  })
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}
