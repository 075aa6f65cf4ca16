import type { DeploymentView, History } from '../../shared/api/contract.ts'
import { differenceText } from './plan.ts'
import { renderTableCut, renderTableWithin } from './table.ts'
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
    deployment.why ?? deployment.failed ?? '',
  ])
  const titles = ['DEPLOYMENT', 'WHEN', 'WHO', 'WHAT', 'OUTCOME', 'TOOK', 'WHY']
  const cuts = [
    { column: 6, end: 'right' },
    { column: 3, end: 'right' },
  ] as const
  return renderTableWithin(width, titles, rows, { fixed: titles.length, cuts, drops: [2] })
}

/** How a revision ended where it first ended well; else how the deployment that brought it did. */
function endOf(
  { proven, stable, deployment }: History['revisions'][number],
  deployments: History['deployments'],
): readonly [string, string] {
  const by = deployments.find(({ number }) => number === (proven?.deployment ?? deployment))
  if (proven) return ['ok', by ? took(proven.at - by.at) : '-']
  const [outcome, time] = by ? outcomeText(by) : ['-', '-']
  return [stable ? 'ok' : outcome, time]
}

/** A service's revisions, newest first: who brought each and what changed, and how it ended. */
export function renderRevisions({ revisions, deployments }: History, { now, width }: HistoryStyle): readonly string[] {
  const rows = revisions.map(revision => {
    const by = deployments.find(deployment => deployment.number === revision.deployment)
    const changed = revision.differences.map(differenceText).join(', ')
    return [
      `${revision.revision}${revision.current ? ' (current)' : ''}`,
      moment(revision.at, now),
      by?.actor ?? '-',
      changed || (revision.revision === 1 ? 'new' : (revision.image ?? '-')),
      ...endOf(revision, deployments),
    ]
  })
  return renderTableCut(width, ['REVISION', 'WHEN', 'WHO', 'CHANGED', 'OUTCOME', 'TOOK'], rows, [{ column: 3, end: 'right' }])
}
