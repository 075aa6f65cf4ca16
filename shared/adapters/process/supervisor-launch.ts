import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { OutcomeUnknown } from '../../ports/runtime.ts'
import type { LaunchAnswer, SupervisorOrder } from './supervisor-order.ts'

/** The script beside this file, in the form that this file has (.ts as it is, .js where it was built). */
const SCRIPT = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './supervisor.ts' : './supervisor.js', import.meta.url))
const PATIENCE_MS = 15_000

/**
 * Launches a supervisor and waits until its task runs, is refused, or turns out to be another supervisor's.
 * @param cacheFolder where Node keeps what it compiled: halves a supervisor's start and saves a third of its memory
 * @throws OutcomeUnknown when it says nothing in time, or ended without a word
 */
export function launchSupervisor(order: SupervisorOrder, cacheFolder: string): Promise<LaunchAnswer> {
  // The id on the command line is for people who list processes.
  const supervisor = spawn(process.execPath, [SCRIPT, order.labels.id], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { NODE_COMPILE_CACHE: cacheFolder },
  })
  return new Promise<LaunchAnswer>((resolve, reject) => {
    const unknown = (why: string): void => reject(new OutcomeUnknown(`the supervisor of ${order.labels.id} ${why}`))
    const timer = setTimeout(() => unknown('gave no answer'), PATIENCE_MS)
    let told = ''
    supervisor.stdout.setEncoding('utf8')
    supervisor.stdout.on('data', (chunk: string) => {
      told += chunk
      if (!told.includes('\n')) return
      resolve(told.trim() as LaunchAnswer)
      supervisor.stdout.destroy()
    })
    supervisor.stdout.on('error', () => {})
    supervisor.stdout.on('close', () => {
      clearTimeout(timer)
      unknown('ended without an answer')
    })
    supervisor.on('error', error => unknown(`could not be launched: ${error.message}`))
    supervisor.stdin.on('error', () => {})
    supervisor.stdin.end(JSON.stringify(order))
    supervisor.unref()
  })
}
