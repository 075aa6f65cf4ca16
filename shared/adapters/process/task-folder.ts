import * as fs from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Address, StartRefusal } from '../../domain/fact.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** Whose task it is: what a listing tells of it. Holds no text of the spec, so no secret. */
export type TaskLabels = {
  readonly installation: string
  readonly stream: string
  readonly intent: number
  readonly id: string
  readonly stack: string
  readonly service: string
  readonly number: number
  readonly revision: number
}

/** claim.json: written once, whole, by the one supervisor that may ever start this task. `at` in ms since 1970, as everywhere here. */
export type Claim = { readonly labels: TaskLabels; readonly supervisor: ProcessIdentity; readonly at: number }

/** state.json: written before the child is let go, and again at each change of its health. `seen` as in Fact. */
export type ChildState = {
  readonly child: ProcessIdentity
  readonly at: number
  readonly seen: number
  readonly addresses: Readonly<Record<string, Address>>
  readonly health?: 'starting' | 'healthy' | 'unhealthy'
}

/** exit.json: written once, whole. With `refusal` the task never began. */
export type ExitRecord = { readonly at: number; readonly code?: number; readonly reason: string; readonly refusal?: StartRefusal }

export const CLAIM = 'claim.json'
export const STATE = 'state.json'
export const EXIT = 'exit.json'
/** Identity of the health check's process while one runs, so that a dead supervisor's can be killed. */
export const PROBE = 'probe.json'
/** Named pipe of the supervisor: it is alive while one can connect. Short, since a socket's path has 104 bytes at most. */
export const SOCKET = 's'
/** Configs and secrets as files; removed when the task ends. */
export const FILES = 'files'
/** Working folder of a process that names none. */
export const WORK = 'work'

export const tasksFolder = (folder: string): string => join(folder, 'tasks')

/** Ids come from outside: only such a name may become a path. */
export const isTaskId = (id: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id)

function writeSynced(path: string, text: string): void {
  const file = fs.openSync(path, 'w', 0o600)
  try {
    fs.writeSync(file, text)
    fs.fsyncSync(file)
  } finally {
    fs.closeSync(file)
  }
}

function syncFolder(folder: string): void {
  const handle = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

/** Replaces a record as a whole: a reader sees the old one or the new one. */
export function replaceRecord(folder: string, name: string, record: unknown): void {
  const fresh = join(folder, `${name}.${process.pid}`)
  writeSynced(fresh, JSON.stringify(record))
  fs.renameSync(fresh, join(folder, name))
  syncFolder(folder)
}

/**
 * Writes a record that can be written once only, whole: of several writers one wins, also against one that died half way.
 * @returns whether this one won
 */
export function writeRecordOnce(folder: string, name: string, record: unknown): boolean {
  const fresh = join(folder, `${name}.${process.pid}.${Math.random().toString(36).slice(2)}`)
  writeSynced(fresh, JSON.stringify(record))
  try {
    fs.linkSync(fresh, join(folder, name))
    syncFolder(folder)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    fs.rmSync(fresh, { force: true })
  }
}

/** Undefined when it is not there. */
export async function readRecord<T>(folder: string, name: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, name), 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export async function taskIds(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(tasksFolder(folder))).filter(isTaskId)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
