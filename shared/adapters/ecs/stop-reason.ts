import type { Exit } from '../../domain/fact.ts'
import { writesFiles } from './container-names.ts'
import type { EcsTask } from './ecs-task.ts'

/** By whose doing a task ended: its own program's, or from outside. A stop code that is not here is taken for its own doing. */
const STOP_CODES: Readonly<Record<string, 'own' | 'outside' | 'by-reason'>> = {
  EssentialContainerExited: 'own',
  TaskFailedToStart: 'by-reason',
  /** The host failed, or a retirement came due. */
  InfrastructureHealth: 'outside',
  /** Both mean that Spot takes the capacity back. */
  SpotInterruption: 'outside',
  TerminationNotice: 'outside',
  /** StopTask: by Longshore, then an intent says so; else by a person. */
  UserInitiated: 'outside',
  /** Never said of a standalone task. */
  ServiceSchedulerInitiated: 'outside',
}

/**
 * What a failed start has to do with AWS or a registry having a bad moment; every other one (image, secret, permission, command) is the
 * revision's own. Words of Amazon ECS' "Stopped tasks error messages".
 */
const PASSING =
  /capacity is unavailable|timeout waiting for (network interface|eni)|network interface provision|toomanyrequests|rate exceeded|throttl|i\/o timeout|deadline exceeded|request canceled|connection (refused|reset)|send request failed|service ?unavailable|internal ?(server )?error|unexpected eof/i

function isOutside({ stopCode = '', stoppedReason = '' }: Pick<EcsTask, 'stopCode' | 'stoppedReason'>): boolean {
  const by = STOP_CODES[stopCode] ?? 'own'
  return by === 'outside' || (by === 'by-reason' && PASSING.test(stoppedReason))
}

const SIGNALS: Readonly<Record<number, string>> = { 134: 'SIGABRT', 136: 'SIGFPE', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' }

/** How it ended, AWS's own words kept. */
export function exitOf(task: EcsTask): Exit {
  // the one that wrote its files and ended well says nothing of how the task ended
  const told = (task.containers ?? []).filter(container => container.exitCode !== 0 || !writesFiles(task, container))
  const ended = told.filter(container => container.exitCode !== undefined || container.reason)
  const culprit = ended.find(container => container.exitCode) ?? ended[0]
  const oomKilled = /OutOfMemory/i.test(culprit?.reason ?? '')
  const isUnwritten = culprit !== undefined && task.stoppedReason !== ASKED_TO_STOP && writesFiles(task, culprit)
  const at = task.stoppedAt && new Date(task.stoppedAt).getTime()
  return {
    ...(culprit?.exitCode === undefined ? {} : { code: culprit.exitCode }),
    ...(oomKilled ? { oomKilled } : {}),
    reason: `${isUnwritten ? 'its files could not be written: ' : ''}${reasonOf(task, culprit, oomKilled)}`,
    ...(at ? { at } : {}),
    ...(isOutside(task) ? { outside: true as const } : {}),
  }
}

/** What StopTask is told, and what comes back as the reason. */
export const ASKED_TO_STOP = 'Longshore stops it'

/** In AWS's own words what ends a task that runs still (Spot, retirement, a person); undefined where it is its own doing, or Longshore's. */
export function endedFromOutside({ stopCode = '', stoppedReason = '' }: Pick<EcsTask, 'stopCode' | 'stoppedReason'>): string | undefined {
  if (stoppedReason === ASKED_TO_STOP || !isOutside({ stopCode, stoppedReason })) return undefined
  return [stopCode, stoppedReason].filter(Boolean).join(': ')
}

type Container = NonNullable<EcsTask['containers']>[number]

function reasonOf({ stopCode, stoppedReason }: EcsTask, culprit: Container | undefined, oomKilled: boolean): string {
  if (stoppedReason === ASKED_TO_STOP) return culprit?.exitCode === 137 ? 'stopped, killed after its grace period' : 'stopped'
  if (oomKilled) return 'killed: out of memory'
  if (stopCode === 'EssentialContainerExited' || stopCode === undefined) {
    const { exitCode, reason } = culprit ?? {}
    if (exitCode === undefined) return reason ?? stoppedReason ?? 'ended'
    if (exitCode === 137) return 'killed by SIGKILL'
    const notes = [SIGNALS[exitCode], reason].filter(Boolean)
    return `exited with code ${exitCode}${notes.length ? ` (${notes.join('; ')})` : ''}`
  }
  const words = [stopCode, stoppedReason, stopCode === 'TaskFailedToStart' ? culprit?.reason : undefined]
  return [...new Set(words.filter(Boolean))].join(': ')
}
