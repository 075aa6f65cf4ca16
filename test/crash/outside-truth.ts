import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Runtime } from '../end-to-end/installation.ts'

/** What truly ran and runs, told by the engine and the kernel, never by Longshore. */
export type Truth = {
  /** How often each task id was started, ever. */
  starts(): ReadonlyMap<string, number>
  /** Ids of the tasks that run now. */
  running(): readonly string[]
}

export function truthOf(runtime: Runtime, installation: string, startsFile: string, since: number): Truth {
  return runtime === 'docker' ? dockerTruth(installation, since) : processTruth(startsFile)
}

/** The engine's own events and list. */
function dockerTruth(installation: string, since: number): Truth {
  const filter = `label=longshore.installation=${installation}`
  const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).split('\n').filter(Boolean)
  return {
    starts: () =>
      count(
        docker(
          'events',
          '--since',
          String(since),
          '--until',
          String(Math.ceil(Date.now() / 1_000)),
          '--filter',
          'event=start',
          '--filter',
          filter,
          '--format',
          '{{.Actor.Attributes.name}}',
        ),
      ),
    running: () => docker('ps', '--filter', filter, '--format', '{{.Names}}'),
  }
}

/** Each program writes its task's id when it starts; /proc tells which run. */
function processTruth(startsFile: string): Truth {
  return {
    starts: () => count(existsSync(startsFile) ? readFileSync(startsFile, 'utf8').split('\n').filter(Boolean) : []),
    running: () => {
      const ids = readdirSync('/proc')
        .filter(name => /^\d+$/.test(name))
        .flatMap(pid => idOf(pid, startsFile) ?? [])
      return [...new Set(ids)]
    },
  }
}

function idOf(pid: string, startsFile: string): string | undefined {
  try {
    const environment = readFileSync(join('/proc', pid, 'environ'), 'utf8').split('\0')
    if (!environment.includes(`STARTS_FILE=${startsFile}`)) return undefined
    return environment.find(entry => entry.startsWith('LONGSHORE_TASK_ID='))?.slice('LONGSHORE_TASK_ID='.length)
  } catch {
    return undefined // it ended meanwhile
  }
}

function count(ids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}
