import type { DeploymentView, ServiceStatus, StackStatus } from '../../shared/api/contract.ts'
import { causeText } from './history.ts'
import type { Paint } from './paint.ts'
import { progressOf } from './progress.ts'
import { renderTable } from './table.ts'
import { moment, took } from './times.ts'

export type StatusStyle = { readonly now: number; readonly paint: Paint }

/** A stack now, or as it was at `status.at`: its deployment, then a line a service. */
export function renderStatus(status: StackStatus, { now, paint }: StatusStyle): readonly string[] {
  const shown = status.services.filter(service => !(service.removed && service.outcome === 'ok'))
  const at = status.at === undefined ? '' : ` at ${moment(status.at, now)}`
  const head = `stack ${paint('bold', status.stack)}${at}: ${status.deployment ? deploymentText(status.deployment, status.at ?? now, now) : 'nothing was deployed yet'}`
  if (shown.length === 0) return [head, status.deployment ? '  it is down' : '  there is nothing']
  const rows = shown.map(service => [
    service.service,
    service.removed ? '-' : String(service.revision ?? '-'),
    `${service.available}/${service.desired}`,
    service.image ?? '-',
    stateText(service),
  ])
  return [head, '', ...renderTable(['SERVICE', 'REVISION', 'AVAILABLE', 'IMAGE', 'STATE'], rows).map(line => `  ${line}`)]
}

function deploymentText(deployment: DeploymentView, until: number, now: number): string {
  const { number, actor, at, outcome, endedAt } = deployment
  const end =
    outcome === undefined
      ? `under way for ${took(until - at)}`
      : `${{ ok: 'done', failed: 'failed', superseded: 'superseded' }[outcome]}${endedAt === undefined ? '' : ` in ${took(endedAt - at)}`}`
  return `deployment ${number} (${causeText(deployment)}) by ${actor}, ${moment(at, now)}, ${end}`
}

function stateText(service: ServiceStatus): string {
  const progress = progressOf(service)
  if (progress.state === 'failed') return `failed: ${progress.text}`
  if (progress.state === 'going') return [progress.text, progress.waits].filter(Boolean).join(', ')
  if (service.desired === 0) return progress.text
  const waits = service.waitsFor[0]?.replace(/\btask (\d+)\b/g, `${service.service}.$1`)
  return service.available < service.desired ? `${service.desired - service.available} missing${waits ? `: ${waits}` : ''}` : 'ok'
}
