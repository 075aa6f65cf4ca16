import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

const ROUNDS = 10
const REAP_MS = 20

/**
 * Kills a process of a container and all that it started, when this is the engine's own machine. A process id alone would not do: on Docker
 * Desktop it is one of another machine. So each must be of the container by its control group, and bear the mark in its environment.
 * @returns false when nothing here is that process
 */
export async function killLocally(pid: number, containerId: string, mark: string): Promise<boolean> {
  if (process.platform !== 'linux' || !(await isOurs(pid, containerId, mark))) return false
  for (let round = 0; round < ROUNDS; round++) {
    const children = (await marked(containerId, mark)).filter(other => other !== pid)
    // Children first: whoever started them takes note, else they stay as zombies of a first process that is no init.
    for (const child of children) if (!kill(child)) return false
    if (children.length > 0) await pause(REAP_MS)
    if ((await marked(containerId, mark)).every(other => other === pid)) break
  }
  return kill(pid)
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

const read = (pid: number | string, file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')

async function isOurs(pid: number | string, containerId: string, mark: string): Promise<boolean> {
  if (!(await read(pid, 'cgroup')).includes(containerId)) return false
  return (await read(pid, 'environ')).split('\0').includes(mark)
}

async function marked(containerId: string, mark: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const ours = await Promise.all(pids.map(async pid => ((await isOurs(pid, containerId, mark)) ? [Number(pid)] : [])))
  return ours.flat()
}
