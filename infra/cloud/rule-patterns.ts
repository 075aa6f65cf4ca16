import type { Trigger } from '../function-table.ts'

/** An EventBridge event pattern, as its API takes it. */
export type Pattern = {
  readonly source: readonly string[]
  readonly 'detail-type': readonly string[]
  readonly detail: Readonly<Record<string, readonly (string | { readonly prefix: string })[]>>
}

/** Source and detail type of the pointers that the relay puts on the bus. */
export const COMMITTED = { source: 'longshore', 'detail-type': 'Committed' } as const

/** Matches the pointers that `matches` of the embedded event plane matches. */
export function commitPattern({ streams, types }: Extract<Trigger, { kind: 'commits' }>): Pattern {
  return {
    source: [COMMITTED.source],
    'detail-type': [COMMITTED['detail-type']],
    detail: { stream: streams.map(kind => ({ prefix: `${kind}/` })), ...(types ? { types } : {}) },
  }
}

/** The alarms of scaled services (shared/domain/alarm-name.ts). */
export const alarmPattern = (installation: string): Pattern => ({
  source: ['aws.cloudwatch'],
  'detail-type': ['CloudWatch Alarm State Change'],
  detail: { alarmName: [{ prefix: `longshore/${installation}/` }] },
})

/** AWS Health's notice, days ahead, that Fargate will stop tasks on an old platform; other clusters' stand in the same notice. */
export const RETIREMENT: Pattern = {
  source: ['aws.health'],
  'detail-type': ['AWS Health Event'],
  detail: { service: ['ECS'], eventTypeCode: ['AWS_ECS_TASK_PATCHING_RETIREMENT'] },
}

/** What ECS tells of the cluster's tasks; the two minutes' notice of Fargate Spot is one of these, with a stop code of its own. */
export const taskStatePattern = (clusterArn: string): Pattern => ({
  source: ['aws.ecs'],
  'detail-type': ['ECS Task State Change'],
  detail: { clusterArn: [clusterArn] },
})
