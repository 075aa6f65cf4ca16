import type { Retirement } from '../shared/ports/retirement.ts'

type Notice = {
  readonly source?: string
  readonly resources?: readonly string[]
  readonly detail?: { readonly startTime?: string; readonly affectedEntities?: readonly { readonly entityValue?: string }[] }
}

/**
 * AWS Health's event of a task retirement (AWS Fargate's "Task retirement", EventBridge sample): standalone tasks stand in it by their ARNs, services of
 * ECS, which are never ours, by `cluster|service`. Undefined for any other message. @throws TypeError when it does not say from when
 */
export function readRetirement(envelope: unknown): Retirement | undefined {
  const { source, resources = [], detail = {} } = envelope as Notice
  if (source !== 'aws.health') return undefined
  const from = Date.parse(detail.startTime ?? '')
  if (Number.isNaN(from)) throw new TypeError(`a retirement that begins "${detail.startTime}"`)
  const named = [...resources, ...(detail.affectedEntities ?? []).map(({ entityValue = '' }) => entityValue)]
  return { runtimeIds: [...new Set(named.filter(name => name.includes(':task/')))], from, why: 'AWS retires its platform' }
}
