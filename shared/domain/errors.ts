/**
 * The one catalogue of what can be refused or go wrong in a user's sight. `status` is the HTTP status at the edge; what each means stands in
 * error-meanings.ts, which functions have no need of. The same table stands in docs/errors.md; a test compares them both ways.
 */
export const ERRORS = {
  'LS-COMPOSE-SYNTAX': { status: 400 },
  'LS-COMPOSE-KEY': { status: 400 },
  'LS-COMPOSE-VALUE': { status: 400 },
  'LS-COMPOSE-VARIABLE': { status: 400 },
  'LS-COMPOSE-FILE': { status: 400 },
  'LS-COMPOSE-CYCLE': { status: 400 },
  'LS-REQUEST-INVALID': { status: 400 },
  'LS-SPEC-LIMIT': { status: 422 },
  'LS-UNAUTHENTICATED': { status: 401 },
  'LS-HOST-HEADER': { status: 403 },
  'LS-NOT-FOUND': { status: 404 },
  'LS-KEY-REUSED': { status: 422 },
  'LS-CONTENDED': { status: 409 },
  'LS-NOTHING-TO-ROLL-BACK': { status: 409 },
  'LS-SCALED': { status: 409 },
  'LS-NOTHING-UNDER-WAY': { status: 409 },
  'LS-PORT-TAKEN': { status: 409 },
  'LS-IMAGE-NOT-FOUND': { status: 422 },
  'LS-BUILD-FAILED': { status: 422 },
  'LS-COMMAND-NOT-FOUND': { status: 422 },
  'LS-TASK-REFUSED': { status: 422 },
  'LS-ENGINE-FULL': { status: 503 },
  'LS-ENGINE-UNREACHABLE': { status: 503 },
  'LS-RUNTIME-UNSUPPORTED': { status: 422 },
  'LS-PLUGIN-MISSING': { status: 500 },
  'LS-DEPLOY-FAILED': { status: 500 },
  'LS-TIMEOUT': { status: 504 },
  'LS-HOST-UNREACHABLE': { status: 503 },
  'LS-HOST-RUNNING': { status: 409 },
  'LS-CLOCK-STEPPED': { status: 503 },
  'LS-STORAGE': { status: 503 },
  'LS-INTERNAL': { status: 500 },
} as const satisfies Record<string, { readonly status: number }>

export type ErrorCode = keyof typeof ERRORS

/** Where in a user's file something is wrong; line and column count from 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number; readonly path?: string }

/** An error that a person may see: what, where, and what to do about it. */
export class CodedError extends Error {
  override readonly name = 'CodedError'
  readonly code: ErrorCode
  readonly place?: Place
  readonly hint?: string

  constructor(
    code: ErrorCode,
    message: string,
    details: { readonly place?: Place; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.place = details.place
    this.hint = details.hint
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}
