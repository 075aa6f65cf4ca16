/**
 * Rules of the core that `--without NAME` can leave out by what the simulator hands to the functions, to show that the checker bites. The
 * product's code stays as it is.
 */
export const RULES = {
  nonce: 'L3: a refused put whose item carries our nonce was ours (log.get finds nothing)',
  condition: 'L3: a put is stored only when its version is free (the last one wins)',
  'command-ids': 'L4: a repetition carries the same key (each one gets a new key)',
  tokens: 'E1: the same id is the same task (the runtime ignores ids)',
  serialise: 'E3: at home, calls about one task id go one after the other',
  'own-created': 'E3: at home, a created container of an earlier call is made anew (it is started as it is)',
  'router-version': 'E4: the home router refuses an older version',
  'as-of': 'E5: a look at the router says nothing about a later drain (it answers what it was asked the last time)',
  'late-register': 'E5: on ALB a late call may register a target again (it claims to know versions)',
  absence: 'E7: absence from a listing counts only a minute after the last fact',
  wait: 'E2, E5: an executor may live as long as its function (the timeout is said to be 0)',
  'one-chain': 'T1: of the runs that wait for a moment only one sends the next message',
  wakes: 'T1: delayed messages come',
  listing: 'T2: the sweep lists the runtime (it gets no answer)',
  sweep: 'T2: the sweep runs',
  audit: 'T2: the audit runs',
  'clock-step': 'T5: a late tick moves the deadlines',
  'clock-guard': 'T5: no function reads a clock whose last tick is old',
  'host-start': 'T5: the absence of the host is a late tick',
  'told-again': 'a verdict of a probe that got lost on its way is told again (each is told once)',
  'metric-gaps': 'a metric that is missing is missing (it is said to be zero)',
  'metric-moments': 'a reading says when it was made (each is said to be of now)',
  'row-version': 'L6: a row is only overwritten by a newer one',
} as const

export type RuleName = keyof typeof RULES
export type Kind = 'ecs' | 'docker'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
