import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import type { ErrorCode } from '../../domain/errors.ts'
import { type ProcessIdentity, startOf } from './process-identity.ts'

/** `revision`: the spec's own fault, no repetition of this start could succeed. `capacity`: the machine's, for now. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused'
  readonly code: ErrorCode
  readonly kind: 'revision' | 'capacity'

  constructor(code: ErrorCode, message: string, kind: 'revision' | 'capacity' = 'revision') {
    super(message)
    this.code = code
    this.kind = kind
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The program's absolute path, as a shell would find it. @throws StartRefused */
export function findProgram(name: string, cwd: string, path = ''): string {
  const candidates = name.includes('/')
    ? [isAbsolute(name) ? name : resolve(cwd, name)]
    : path.split(delimiter).map(folder => resolve(cwd, folder, name))
  const found = candidates.find(isProgram)
  if (!found) throw new StartRefused('LS-COMMAND-NOT-FOUND', `there is no program ${name}${name.includes('/') ? '' : ' on the PATH'}`)
  return found
}

/** @throws StartRefused */
export function checkFolder(cwd: string): void {
  try {
    if (statSync(cwd).isDirectory()) return
  } catch {
    // told below
  }
  throw new StartRefused('LS-COMMAND-NOT-FOUND', `there is no folder ${cwd} to run in`)
}

/**
 * Waits for a line before it becomes the program, and ends without one: a supervisor that dies before it has recorded the child's pid
 * leaves nothing behind that runs.
 */
const GATE = 'read -r _ <&3 || exit 125; exec 3<&-; exec "$@"'

/** A child that waits at the gate until `letGo`. Its own session and process group, so that it can be killed with all it started. */
export type GatedChild = { readonly child: ChildProcess; readonly identity: ProcessIdentity; letGo(): void }

/** @throws StartRefused when the system takes no such command line or environment */
export function spawnGated(command: readonly string[], cwd: string, env: Readonly<Record<string, string>>): GatedChild {
  const child = spawnChecked(command, cwd, env)
  const gate = child.stdio[3] as Writable
  gate.on('error', () => {})
  const start = startOf(child.pid!)
  return {
    child,
    // Gone already: an identity that equals nobody's.
    identity: { pid: child.pid!, start: start ?? 'gone' },
    letGo: () => void gate.end('\n'),
  }
}

function spawnChecked(command: readonly string[], cwd: string, env: Readonly<Record<string, string>>): ChildProcess {
  let child: ChildProcess
  try {
    child = spawn('/bin/sh', ['-c', GATE, 'sh', ...command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  } catch (error) {
    throw refusalOf(error as NodeJS.ErrnoException)
  }
  if (child.pid !== undefined) return child
  // Shell and folder are there, so it is the number of processes or of open files; told by an event in the next turn.
  child.on('error', () => {})
  throw new StartRefused('LS-SPEC-LIMIT', 'the machine has no room for another process', 'capacity')
}

/** Messages of Node's own argument checks quote the value, which may be a secret: only the code is told. */
const refusalOf = (error: NodeJS.ErrnoException): StartRefused =>
  error.code === 'E2BIG'
    ? new StartRefused('LS-SPEC-LIMIT', 'the environment or the command line is longer than the system takes')
    : new StartRefused('LS-COMMAND-NOT-FOUND', `the system could not start it (${error.code})`)
