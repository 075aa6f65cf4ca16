import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** A process for good: a pid alone is given to another one sooner or later. `start` is opaque, equal only for the same process. */
export type ProcessIdentity = { readonly pid: number; readonly start: string }

const hasProc = process.platform === 'linux'
let bootId: string | undefined

/** Ticks count from the boot, so that the boot's own id belongs to them. */
const boot = (): string => (bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8))

/** Fields of /proc/<pid>/stat from the third on (proc(5)); a program's name may hold spaces and parentheses, hence the last one. */
export function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Undefined when there is no such process, or only the zombie of it. */
export function startOf(pid: number): string | undefined {
  if (hasProc) {
    const stat = statOf(pid)
    return stat && stat[0] !== 'Z' ? `${boot()}:${stat[19]}` : undefined
  }
  try {
    const [state = '', ...start] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
    return state.startsWith('Z') || start.length === 0 ? undefined : start.join(' ')
  } catch {
    return undefined
  }
}

export const isAlive = (identity: ProcessIdentity): boolean => startOf(identity.pid) === identity.start

/** Whether a member of the process group still runs; a zombie that nobody reaps is none. */
export function isGroupAlive(group: number): boolean {
  if (!signalGroup(group, 0)) return false
  if (!hasProc) return true
  return readdirSync('/proc').some(name => {
    if (!/^\d+$/.test(name)) return false
    const stat = statOf(Number(name))
    return stat !== undefined && stat[2] === String(group) && stat[0] !== 'Z'
  })
}

/** False when the group is gone. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal)
    return true
  } catch (error) {
    // EPERM: members exist that are not ours to signal (macOS says so of zombies, too).
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Kills the group that a dead supervisor left. Its leader's pid may have been given away since, which no system does while a member of
 * the group lives: so a leader of another start means that the group is gone, and nothing is killed.
 */
export function killLeftGroup(leader: ProcessIdentity): boolean {
  const start = startOf(leader.pid)
  if (start !== undefined && start !== leader.start) return false
  if (start === undefined && hasProc && !leader.start.startsWith(boot())) return false
  return isGroupAlive(leader.pid) && signalGroup(leader.pid, 'SIGKILL')
}
