import type { Fact, Seen } from '../../domain/fact.ts'
import type { EcsTask } from './ecs-task.ts'
import { endedFromOutside, exitOf } from './stop-reason.ts'

export const TAG = {
  installation: 'longshore.installation',
  stream: 'longshore.stream',
  intent: 'longshore.intent',
  task: 'longshore.task',
  revision: 'longshore.revision',
} as const

/** The task group is the stream itself: events carry no tags. */
export const streamOf = ({ group }: EcsTask): string | undefined => (group?.startsWith('service/') ? group : undefined)

/** E6: `version` counts a task's changes, health left out. Undefined for a task that is not of Longshore. */
export function factOf(task: EcsTask): Fact | undefined {
  const { startedBy: id, taskArn, lastStatus, version = 0 } = task
  if (!id || !taskArn || !streamOf(task)) return undefined
  const base = { id, seen: version, runtime: 'ecs', runtimeId: taskArn }
  if (lastStatus === 'STOPPED') return { ...base, state: 'stopped', exit: exitOf(task) }
  const host = hostOf(task)
  const health = healthOf(task)
  const isEnding = task.desiredStatus === 'STOPPED'
  const why = isEnding ? endedFromOutside(task) : undefined
  return {
    ...base,
    // What AWS or a person ends serves on until its grace period is over, as far as it cares to. Any other serves nobody on its way out, and
    // only the stopped fact says that it is over (E8).
    state: lastStatus === 'RUNNING' && (!isEnding || why !== undefined) ? 'running' : 'pending',
    ...(why === undefined ? {} : { leaving: { why } }),
    ...(health ? { health } : {}),
    ...(host ? { host } : {}),
    ...(task.availabilityZone ? { zone: task.availabilityZone } : {}),
  }
}

/** UNKNOWN says nothing: it is what a container without a check has, too. */
function healthOf({ healthStatus }: EcsTask): Fact['health'] {
  if (healthStatus === 'HEALTHY') return 'healthy'
  return healthStatus === 'UNHEALTHY' ? 'unhealthy' : undefined
}

/** Of the elastic network interface; the containers know it as well, a little later. */
function hostOf({ attachments = [], containers = [] }: EcsTask): string | undefined {
  const attached = attachments.flatMap(one => one.details ?? []).find(detail => detail.name === 'privateIPv4Address')?.value
  return attached ?? containers.flatMap(one => one.networkInterfaces ?? [])[0]?.privateIpv4Address
}

const tagOf = (task: EcsTask, key: string) => task.tags?.find(tag => tag.key === key)?.value

/**
 * E7: ours by its tags. StopTask takes the tags away: what is being stopped is known by group and `startedBy` alone, and an intent of 0 says
 * that nothing is known of its commit.
 */
export function seenOf(task: EcsTask, installation: string): Seen | undefined {
  const fact = factOf(task)
  const stream = streamOf(task)
  if (!fact || !stream) return undefined
  const owner = tagOf(task, TAG.installation)
  const isOurs = owner === undefined ? task.desiredStatus === 'STOPPED' : owner === installation
  return isOurs ? { ...fact, stream, intent: Number(tagOf(task, TAG.intent) ?? 0) } : undefined
}
