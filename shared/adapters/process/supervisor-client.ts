import { createHash } from 'node:crypto'
import { lstatSync, readlinkSync, symlinkSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { type Executed, OutcomeUnknown } from '../../ports/runtime.ts'
import type { ExecAsked, StopAsked } from './supervisor-order.ts'
import { SOCKET, tasksFolder } from './task-folder.ts'

/** What sun_path holds on macOS, without the closing zero; Linux has four bytes more. */
const LONGEST = 103
const PATIENCE_MS = 5_000

/** A way to the tasks' folder that is short enough for a socket's name: the folder itself, or a link to it. */
export function shortTasksFolder(folder: string): string {
  const tasks = tasksFolder(folder)
  if (Buffer.byteLength(join(tasks, 'x'.repeat(64), SOCKET)) <= LONGEST) return tasks
  const link = join(tmpdir(), `longshore-${userInfo().uid}-${createHash('sha256').update(tasks).digest('hex').slice(0, 12)}`)
  try {
    symlinkSync(tasks, link)
  } catch {
    // It is there already, perhaps made by somebody else to lead us elsewhere.
    if (lstatSync(link).uid !== userInfo().uid || readlinkSync(link) !== tasks) throw new OutcomeUnknown(`${link} is not ours`)
  }
  return link
}

/** Undefined when nobody listens there: the supervisor is dead, or not that far yet. */
export function connectSupervisor(path: string): Promise<net.Socket | undefined> {
  const socket = net.connect(path)
  return new Promise(resolve => {
    socket.once('connect', () => resolve(socket))
    socket.on('error', () => resolve(undefined))
  })
}

/**
 * @returns false when nobody listens
 * @throws OutcomeUnknown when it does not answer, as a frozen one
 */
export async function askStop(path: string, asked: StopAsked): Promise<boolean> {
  const socket = await connectSupervisor(path)
  if (!socket) return false
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const timer = setTimeout(() => reject(new OutcomeUnknown('the supervisor does not answer')), PATIENCE_MS)
      const settle = (isAsked: boolean): void => {
        clearTimeout(timer)
        resolve(isAsked)
      }
      let told = ''
      socket.on('data', chunk => {
        told += chunk
        if (/"asked"|"exit"/.test(told)) settle(true)
      })
      socket.on('close', () => settle(false))
      socket.write(`${JSON.stringify(asked)}\n`)
    })
  } finally {
    socket.destroy()
  }
}

/** @throws OutcomeUnknown when nobody listens, the task ends meanwhile, or there is no answer soon after the command's own time */
export async function askExec(path: string, asked: ExecAsked): Promise<Executed> {
  const socket = await connectSupervisor(path)
  if (!socket) throw new OutcomeUnknown('the task does not run')
  try {
    return await new Promise<Executed>((resolve, reject) => {
      const timer = setTimeout(() => reject(new OutcomeUnknown('the supervisor does not answer')), asked.timeoutMs + PATIENCE_MS)
      let told = ''
      socket.setEncoding('utf8')
      socket.on('data', (chunk: string) => {
        const lines = `${told}${chunk}`.split('\n')
        told = lines.pop() ?? ''
        const line = lines.find(one => one.startsWith('{"executed":'))
        if (line) resolve((JSON.parse(line) as { readonly executed: Executed }).executed)
      })
      socket.on('close', () => reject(new OutcomeUnknown('the task ended')))
      socket.on('close', () => clearTimeout(timer))
      socket.write(`${JSON.stringify(asked)}\n`)
    })
  } finally {
    socket.destroy()
  }
}
