import { mkdirSync, writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { text } from 'node:stream/consumers'
import type { Executed } from '../../ports/runtime.ts'
import { startOf } from './process-identity.ts'
import { Supervision } from './supervise.ts'
import type { ExecAsked, LaunchAnswer, StopAsked, SupervisorOrder } from './supervisor-order.ts'
import { openStatusSocket } from './supervisor-socket.ts'
import { CLAIM, type Claim, writeRecordOnce } from './task-folder.ts'

/**
 * The detached supervisor of one task: a program of its own, in its own session, so that it outlives the host that launched it. Its order
 * comes through standard input. Of several supervisors for one folder the first to write the claim starts the task; the claim is never
 * taken back, so that a launch that lands late finds it and ends.
 */
async function main(): Promise<void> {
  const order = JSON.parse(await text(process.stdin)) as SupervisorOrder
  mkdirSync(order.folder, { recursive: true, mode: 0o700 })
  process.chdir(order.folder)
  const claim: Claim = { labels: order.labels, supervisor: { pid: process.pid, start: startOf(process.pid)! }, at: Date.now() }
  if (!writeRecordOnce('.', CLAIM, claim)) return answer('lost')
  await supervise(order, claim)
}

async function supervise(order: SupervisorOrder, claim: Claim): Promise<void> {
  let supervision: Supervision | undefined
  const early: StopAsked[] = []
  const stop = (asked: StopAsked): void => void (supervision ? supervision.stop(asked) : early.push(asked))
  const abandon = (error: unknown): void => {
    supervision?.abandon(`its supervisor failed (${(error as NodeJS.ErrnoException)?.code ?? (error as Error)?.name})`)
    process.exit(1)
  }
  process.on('uncaughtException', abandon)
  process.on('unhandledRejection', abandon)
  process.on('SIGHUP', () => {})
  // A machine that shuts down tells everybody.
  process.on('SIGTERM', () => stop({ graceMs: order.graceMs }))
  process.on('SIGINT', () => stop({ graceMs: order.graceMs }))
  const exec = async (asked: ExecAsked): Promise<Executed> =>
    (await supervision?.exec(asked)) ?? { output: '', problem: 'the task has not begun yet' }
  const socket = await openStatusSocket({ stop, exec })
  supervision = new Supervision(order, socket, claim.at)
  for (const asked of early) supervision.stop(asked)
  await supervision.run(() => {
    answer('begun')
    // Otherwise written at the end only, which may be months from now: the next supervisor starts in half the time.
    setImmediate(flushCompileCache)
  })
}

/** The launching host may be gone by now. */
function answer(word: LaunchAnswer): void {
  try {
    writeSync(1, `${word}\n`)
  } catch {
    // Nobody is there to be told; the folder tells.
  }
}

await main()
process.exit(0)
