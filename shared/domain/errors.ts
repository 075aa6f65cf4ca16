/**
 * The one catalogue of what can be refused or go wrong in a user's sight. `status` is the HTTP status at the edge. The same table stands in
 * docs/errors.md; a test compares them both ways.
 */
export const ERRORS = {
  'LS-COMPOSE-SYNTAX': { status: 400, means: 'The Compose file is not valid YAML.' },
  'LS-COMPOSE-KEY': { status: 400, means: 'A key of the Compose file is unknown or not supported yet.' },
  'LS-COMPOSE-VALUE': { status: 400, means: 'A value of the Compose file is not valid.' },
  'LS-COMPOSE-VARIABLE': { status: 400, means: 'A required variable is not set, or an interpolation is malformed.' },
  'LS-COMPOSE-FILE': { status: 400, means: 'A file that the Compose file names cannot be read.' },
  'LS-COMPOSE-CYCLE': { status: 400, means: 'Services depend on or extend each other, or files include each other, in a circle.' },
  'LS-REQUEST-INVALID': { status: 400, means: 'The request does not have the documented shape.' },
  'LS-SPEC-LIMIT': { status: 422, means: 'The stack exceeds a limit of the platform.' },
  'LS-UNAUTHENTICATED': { status: 401, means: 'The token is missing or unknown.' },
  'LS-HOST-HEADER': { status: 403, means: 'The Host header names another server (DNS rebinding).' },
  'LS-NOT-FOUND': { status: 404, means: 'There is no stack, service, task or revision of that name.' },
  'LS-KEY-REUSED': { status: 422, means: 'The Idempotency-Key was used with another body.' },
  'LS-CONTENDED': { status: 409, means: 'Others changed the same stack ten times while the command was decided; try again.' },
  'LS-NOTHING-TO-ROLL-BACK': { status: 409, means: 'There is no earlier stable deployment that differs from the present one.' },
  'LS-SCALED': { status: 409, means: 'The service is scaled by its file, which allows no such count.' },
  'LS-NOTHING-UNDER-WAY': { status: 409, means: 'There is no deployment under way that could be paused, resumed or aborted.' },
  'LS-PORT-TAKEN': { status: 409, means: 'A published port is used by another stack or another program.' },
  'LS-IMAGE-NOT-FOUND': { status: 422, means: 'The image exists neither on the engine nor in its registry.' },
  'LS-BUILD-FAILED': { status: 422, means: 'Building an image failed.' },
  'LS-COMMAND-NOT-FOUND': { status: 422, means: 'The command of a service, or the folder that it runs in, cannot be found or run.' },
  'LS-TASK-REFUSED': {
    status: 422,
    means: 'The engine cannot make a task of this spec: a mount, secret, user or limit that it cannot give.',
  },
  'LS-ENGINE-FULL': { status: 503, means: 'The container engine lacks disk, memory, ports or addresses for another task.' },
  'LS-ENGINE-UNREACHABLE': { status: 503, means: 'The container engine does not answer.' },
  'LS-RUNTIME-UNSUPPORTED': { status: 422, means: 'A service cannot run on this runtime.' },
  'LS-PLUGIN-MISSING': { status: 500, means: "AWS's session-manager-plugin is not installed on this machine." },
  'LS-DEPLOY-FAILED': { status: 500, means: 'The deployment failed or was rolled back.' },
  'LS-TIMEOUT': { status: 504, means: 'The wait was over before the deployment was.' },
  'LS-HOST-UNREACHABLE': { status: 503, means: 'No Longshore host answers.' },
  'LS-HOST-RUNNING': { status: 409, means: 'Another host uses this data folder.' },
  'LS-CLOCK-STEPPED': { status: 503, means: 'The clock was set, or the machine was asleep; try again in some seconds.' },
  'LS-STORAGE': { status: 503, means: 'The event log cannot be written (full disk, unreachable database).' },
  'LS-INTERNAL': { status: 500, means: 'A bug in Longshore.' },
} as const satisfies Record<string, { readonly status: number; readonly means: string }>

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
