import type { LogLineView, ServiceStatus } from '../../shared/api/contract.ts'
import { type Paint, padEnd, wrapTo } from './paint.ts'
import { times } from './times.ts'

/** Everything known of one service's failed revision. */
export type Failure = {
  readonly service: string
  readonly revision?: number
  /** Why it was given up, as recorded. */
  readonly why: string
  /** The tasks of the failed revision that ended, oldest first. */
  readonly ended: ServiceStatus['ended']
  /** The last output of the last of them. */
  readonly said?: { readonly number: number; readonly lines: readonly LogLineView[] }
  readonly rollback?: Rollback
}
/** `kept` of the `before` tasks that ran before the deployment were never stopped. */
export type Rollback = { readonly to: number; readonly before: number; readonly kept: number; readonly failed: boolean }

const tasks = (count: number) => (count === 1 ? '1 task' : `${count} tasks`)

export type FailureStyle = { /** Columns of the longest service. */ readonly names: number; readonly paint: Paint; readonly width: number }

/** What a failed deployment leaves on the screen: what failed, what it said, and what runs now. */
export function renderFailure(failure: Failure, { names, paint, width }: FailureStyle): readonly string[] {
  const { service, said, rollback } = failure
  const who = said ? `${service}.${said.number}` : ''
  const output = said?.lines.map((line, at) => `${at === 0 ? `${who} said:` : ' '.repeat(who.length + 6)}  ${line.text}`) ?? []
  const silence = said && output.length === 0 ? [`${who} said nothing`] : []
  const margin = ' '.repeat(names + 5)
  const [head, ...rest] = wrapTo(headline(failure), width - names - 7)
  return [
    `  ${padEnd(service, names)}   ${paint('red', `✗ ${head}`)}`,
    ...rest.map(line => `${margin}  ${paint('red', line)}`),
    ...[...output, ...silence, ...(rollback ? [rollbackText(rollback)] : [])].map(row => `${margin}  ${row}`),
  ]
}

function headline({ revision, why, ended }: Failure): string {
  const subject = revision === undefined ? '' : `revision ${revision} `
  const crashed = ended.filter(task => task.byItself)
  const reasons = new Set(crashed.map(task => task.reason))
  if (crashed.length === 0 || reasons.size > 1) return `${subject}failed: ${why}`
  const [reason] = reasons
  return `${subject}${reason}, ${times(crashed.length)}`
}

function rollbackText({ to, before, kept, failed }: Rollback): string {
  if (failed) return `rolling back to revision ${to} failed too`
  if (before === 0) return `rolled back to revision ${to}`
  if (kept < before) return `rolled back to revision ${to}: ${kept} of its ${tasks(before)} were never stopped`
  return `rolled back: ${before === 1 ? `the task of revision ${to} was` : `the ${tasks(before)} of revision ${to} were`} never stopped`
}

/** The last line, with where to read on: at a service whose tasks failed, since one without any waited for another. */
export function failedText(failures: readonly Failure[]): string {
  const failure = failures.find(({ ended }) => ended.length > 0) ?? failures[0]
  const outcome = failure?.rollback ? (failure.rollback.failed ? ', and so did the rollback' : ', rolled back') : ''
  if (!failure) return 'Failed: LS-DEPLOY-FAILED. Why: longshore history'
  const { service, revision } = failure
  const logs = failure.said
    ? `     All its output: longshore logs ${service}${revision === undefined ? '' : ` --revision ${revision}`}`
    : ''
  return `Failed: LS-DEPLOY-FAILED${outcome}. Why: longshore explain ${service}${logs}`
}
