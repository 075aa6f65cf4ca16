import type { DeploymentView, History } from '../../shared/api/contract.ts'
import { differenceText } from './plan.ts'
import { renderTableCut } from './table.ts'
import { moment, took } from './times.ts'

const CAUSES: Readonly<Record<string, string>> = { up: 'up', rollback: 'rollback', remove: 'down' }

/** `up`, `rollback to 3`, `down`. */
export const causeText = ({ cause, to }: Pick<DeploymentView, 'cause' | 'to'>): string =>
  `${CAUSES[cause] ?? cause}${to === undefined ? '' : ` to ${to}`}`

const outcomeText = ({ outcome, endedAt, at }: DeploymentView): readonly [string, string] => [
  outcome ?? 'under way',
  endedAt === undefined ? '-' : took(endedAt - at),
]

export type HistoryStyle = { readonly now: number; readonly width: number }

/** The stack's deployments, newest first. */
export function renderDeployments({ deployments }: History, { now, width }: HistoryStyle): readonly string[] {
  const rows = deployments.map(deployment => [
    String(deployment.number),
    moment(deployment.at, now),
    deployment.actor,
    `${causeText(deployment)}: ${deployment.changed.join(', ')}`,
    ...outcomeText(deployment),
    deployment.why ?? '',
  ])
  const titles = ['DEPLOYMENT', 'WHEN', 'WHO', 'WHAT', 'OUTCOME', 'TOOK', 'WHY']
  return renderTableCut(width, titles, rows, [
    { column: 6, end: 'right' },
    { column: 3, end: 'right' },
  ])
}

/** A service's revisions, newest first: what changed, and what became of the deployment that brought each. */
export function renderRevisions({ revisions, deployments }: History, { now, width }: HistoryStyle): readonly string[] {
  const rows = revisions.map(revision => {
    const by = deployments.find(deployment => deployment.number === revision.deployment)
    const changed = revision.differences.map(differenceText).join(', ')
    const [outcome, time] = by ? outcomeText(by) : ['-', '-']
    return [
      `${revision.revision}${revision.current ? ' (current)' : ''}`,
      moment(revision.at, now),
      by?.actor ?? '-',
      changed || (revision.revision === 1 ? 'new' : (revision.image ?? '-')),
      revision.stable && outcome !== 'ok' ? 'stable' : outcome,
      time,
    ]
  })
  return renderTableCut(width, ['REVISION', 'WHEN', 'WHO', 'CHANGED', 'OUTCOME', 'TOOK'], rows, [{ column: 3, end: 'right' }])
}
