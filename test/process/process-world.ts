import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProcessRuntime, type ProcessRuntimeOptions } from '../../shared/adapters/process/process-runtime.ts'
import { emptySpec, type ServiceSpec } from '../../shared/domain/spec.ts'
import type { Runtime } from '../../shared/ports/runtime.ts'
import { eventually } from '../contracts/eventually.ts'

/** What /proc tells of a process: the truth from outside. */
export type Running = { readonly pid: number; readonly group: number; readonly environ: string; readonly cmdline: string }

/** Every process that carries this task's id in its environment, zombies left out. */
export function processesOf(id: string): readonly Running[] {
  return everyProcess().filter(one => one.environ.split('\0').includes(`LONGSHORE_TASK_ID=${id}`))
}

/** The supervisor of a task is known by its command line. */
export const supervisorsOf = (id: string): readonly Running[] =>
  everyProcess().filter(one => one.cmdline.includes('supervisor.ts') && one.cmdline.split('\0').includes(id))

function everyProcess(): readonly Running[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        if (fields[0] === 'Z') return []
        const read = (file: string): string => readFileSync(`/proc/${name}/${file}`, 'latin1')
        return [{ pid: Number(name), group: Number(fields[2]), environ: read('environ'), cmdline: read('cmdline') }]
      } catch {
        return []
      }
    })
}

export type World = {
  readonly folder: string
  readonly options: ProcessRuntimeOptions
  readonly secrets: Map<string, string>
  readonly blobs: Map<string, Uint8Array>
  open(changes?: Partial<ProcessRuntimeOptions>): Runtime
  /** Ends every task that was started here. */
  close(): Promise<void>
}

/** A folder of its own with the ports that the runtime needs. */
export function makeWorld(under = tmpdir()): World {
  const folder = mkdtempSync(join(under, 'longshore-process-'))
  const secrets = new Map<string, string>()
  const blobs = new Map<string, Uint8Array>()
  const options: ProcessRuntimeOptions = {
    installation: 'here',
    folder,
    secrets: { get: async (stack, name, version) => secrets.get(`${stack}/${name}/${version}`) },
    blobs: { get: async hash => blobs.get(hash) },
    clock: { now: () => Date.now() },
    peerAddress: (_stack, service, port) => ({ host: `127.0.0.9`, port: port + service.length }),
  }
  const close = async (): Promise<void> => {
    const ids = (): string[] => (readdirSync(folder).includes('tasks') ? readdirSync(join(folder, 'tasks')) : [])
    for (const id of ids())
      await eventually(`${id} is gone`, () => {
        const left = [...supervisorsOf(id), ...processesOf(id)]
        for (const { pid } of left)
          try {
            process.kill(pid, 'SIGKILL')
          } catch {
            // Ended meanwhile.
          }
        return left.length === 0
      })
    rmSync(folder, { recursive: true, force: true })
  }
  return { folder, options, secrets, blobs, open: changes => createProcessRuntime({ ...options, ...changes }), close }
}

/** A service that runs a shell script as a process. */
export const scripted = (script: string, changes: Partial<ServiceSpec> = {}): ServiceSpec => ({
  ...emptySpec,
  process: { command: ['/bin/sh', '-c', script] },
  ...changes,
})
