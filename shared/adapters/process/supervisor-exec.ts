import { spawn } from 'node:child_process'
import type { Executed } from '../../ports/runtime.ts'
import { isGroupAlive, type ProcessIdentity, signalGroup, startOf } from './process-identity.ts'
import { LONGEST_TIMER_MS } from './supervisor-stop.ts'

/** What a command that runs beside the task shares with it. */
export type Surroundings = {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string>>
  /** Told of the process group of each command, and undefined when it is over. */
  readonly onProbe: (probe: ProcessIdentity | undefined) => void
}

const OUTPUT_LIMIT = 4_096

/** A command in a process group of its own; one that hangs is killed with all that it started. `executed` never rejects. */
export function runBeside(
  { cwd, environment, onProbe }: Surroundings,
  [program = '', ...args]: readonly string[],
  timeoutMs: number,
): { readonly executed: Promise<Executed>; kill(): void } {
  let child: ReturnType<typeof spawn>
  try {
    child = spawn(program, args, { cwd, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch {
    return { executed: Promise.resolve({ output: '', problem: 'the system takes no such command line' }), kill: () => {} }
  }
  const { pid } = child
  let isOver = false
  let isLate = false
  let output = Buffer.alloc(0)
  const kill = (): void => {
    if (pid !== undefined && !isOver) signalGroup(pid, 'SIGKILL')
  }
  const take = (chunk: Buffer): void => {
    output = Buffer.concat([output, chunk]).subarray(-OUTPUT_LIMIT)
  }
  child.stdout!.on('data', take)
  child.stderr!.on('data', take)
  if (pid !== undefined) onProbe({ pid, start: startOf(pid) ?? 'gone' })
  const executed = new Promise<Executed>(resolve => {
    const hung = setTimeout(
      () => {
        isLate = true
        kill()
      },
      Math.min(timeoutMs, LONGEST_TIMER_MS),
    )
    const settle = (came: Omit<Executed, 'output'>): void => {
      clearTimeout(hung)
      if (pid !== undefined && isGroupAlive(pid)) kill()
      isOver = true
      onProbe(undefined)
      // What it printed last may still be in the pipe; what holds the pipe open beyond its group is not waited for.
      setImmediate(() => {
        child.stdout!.destroy()
        child.stderr!.destroy()
        resolve({ ...came, output: output.toString() })
      })
    }
    child.once('error', () => settle({ problem: `there is no program ${program}` }))
    child.once('exit', code => settle(isLate || code === null ? {} : { code }))
  })
  return { executed, kill }
}
