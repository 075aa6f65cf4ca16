/** What the shell sees; the same table stands in --help and in the README. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const

export const EXIT_HELP = `
Exit codes:
  0    done as asked
  1    failed: an error, a deployment that failed, was rolled back or superseded,
       a wait that ran out, an answer of "no"
  2    the command line is wrong
  130  interrupted (Ctrl-C); what was begun goes on

Every flag can be set by the environment: --wait-timeout is LONGSHORE_WAIT_TIMEOUT.
NO_COLOR is honoured. LONGSHORE_DEBUG=1 shows stack traces.`
