import { readdirSync, readFileSync } from 'node:fs'
import { isAlive, type ProcessIdentity, statOf } from './process-identity.ts'

/** What a task's processes use together: CPU time in milliseconds since they began, memory in bytes. */
export type Usage = { readonly cpuMs: number; readonly memory: number }

/** USER_HZ, the unit of times in /proc: 100 a second on every system that Node runs on (proc(5), sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10

type Process = { readonly pid: number; readonly parent: number; readonly group: number; readonly ticks: number }

/** Every process of this machine as it is now. Linux only. */
export function everyProcess(): readonly Process[] {
  return readdirSync('/proc').flatMap(name => {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (!stat) return []
    // Fields 14 to 17: its own time in user and kernel mode, and that of its children that ended and were waited for.
    const ticks = stat.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return [{ pid: Number(name), parent: Number(stat[1]), group: Number(stat[2]), ticks }]
  })
}

/** Of the task whose first process this is: its group and all that descends from either. Undefined when it ended. */
export function usageOf(root: ProcessIdentity, all: readonly Process[]): Usage | undefined {
  if (!isAlive(root)) return undefined
  const tree = treeOf(root.pid, all)
  const memory = tree.map(({ pid }) => memoryOf(pid))
  return {
    cpuMs: tree.reduce((sum, { ticks }) => sum + ticks, 0) * TICK_MS,
    // Segments that processes share are counted once, as far as one can tell.
    memory: memory.reduce((sum, one) => sum + one.own, 0) + Math.max(0, ...memory.map(one => one.shared)),
  }
}

function treeOf(root: number, all: readonly Process[]): readonly Process[] {
  const children = Map.groupBy(all, one => one.parent)
  const found = new Set<Process>()
  const next = all.filter(one => one.pid === root || one.group === root)
  for (let one = next.pop(); one; one = next.pop()) {
    if (found.has(one)) continue
    found.add(one)
    next.push(...(children.get(one.pid) ?? []))
  }
  return [...found]
}

/** In bytes, without what is only a copy of a file and can be dropped. Zero for one that ended meanwhile. */
function memoryOf(pid: number): { readonly own: number; readonly shared: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const kilobytes = (field: string) => Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    return { own: kilobytes('RssAnon') * 1_024, shared: kilobytes('RssShmem') * 1_024 }
  } catch {
    return { own: 0, shared: 0 }
  }
}
