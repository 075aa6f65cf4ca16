import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Seen } from '../../domain/fact.ts'
import { isAlive, isGroupAlive, killLeftGroup, type ProcessIdentity } from './process-identity.ts'
import { connectSupervisor } from './supervisor-client.ts'
import {
  type ChildState,
  CLAIM,
  type Claim,
  EXIT,
  type ExitRecord,
  FILES,
  PROBE,
  readRecord,
  STATE,
  writeRecordOnce,
} from './task-folder.ts'

/** An end is later than everything before it, whatever the clocks say: so much above every moment until the year 33658. */
export const AFTER_ALL = 1e15

export type Records = { readonly claim: Claim; readonly state?: ChildState; readonly exit?: ExitRecord }

/** What a folder's records say of its task. */
export function seenOf({ claim, state, exit }: Records): Seen {
  const { id, stream, intent } = claim.labels
  const task = { id, stream, intent, runtime: 'process' }
  if (exit?.refusal) return { ...task, state: 'refused', seen: AFTER_ALL + exit.at, refusal: exit.refusal }
  const runtimeId = state && `${state.child.pid}@${state.child.start}`
  if (exit) {
    const { code, reason, at } = exit
    return { ...task, state: 'stopped', seen: AFTER_ALL + at, runtimeId, exit: { code, reason, at } }
  }
  if (!state) return { ...task, state: 'pending', seen: claim.at }
  const { seen, addresses, health } = state
  return { ...task, state: 'running', seen, runtimeId, addresses, ...(health && { health }) }
}

/** Connecting to its socket proves it alive; one that does not listen yet, or is frozen with a full backlog, is known by pid and start. */
async function isSupervised(socketPath: string, claim: Claim): Promise<boolean> {
  const socket = await connectSupervisor(socketPath)
  socket?.destroy()
  return socket !== undefined || isAlive(claim.supervisor)
}

/**
 * The task of this folder as it is now; undefined when nobody ever claimed it, and so nothing started. A task whose supervisor was killed
 * is ended here: Node cannot have a child killed by the kernel at its parent's death, so whoever looks first kills what is left of it.
 * @param now ms since 1970, asked for the end of such a task only
 */
export async function lookAt(folder: string, socketPath: string, now: () => number): Promise<Seen | undefined> {
  const claim = await readRecord<Claim>(folder, CLAIM)
  if (!claim) return undefined
  const records = async (): Promise<Records> => ({
    claim,
    exit: await readRecord<ExitRecord>(folder, EXIT),
    state: await readRecord<ChildState>(folder, STATE),
  })
  const first = await records()
  if (first.exit || (await isSupervised(socketPath, claim))) return seenOf(first)
  // A supervisor writes the end before it ends itself: only what is read after its death is its last word.
  const last = await records()
  if (!(await readRecord<Claim>(folder, CLAIM))) return undefined // collected meanwhile
  return seenOf(last.exit ? last : { ...last, exit: await endUnsupervised(folder, last, now) })
}

/** Undefined while the program will not die (it hangs in the kernel): then it is not told as stopped, and the next look tries again. */
async function endUnsupervised(folder: string, { state }: Records, now: () => number): Promise<ExitRecord | undefined> {
  const probe = await readRecord<ProcessIdentity>(folder, PROBE)
  if (probe) killLeftGroup(probe)
  if (state && !(await isKilled(state.child))) return undefined
  const reason = state ? 'its supervisor died' : 'its supervisor died before the task began'
  writeRecordOnce(folder, EXIT, { at: now(), reason } satisfies ExitRecord)
  await rm(join(folder, FILES), { recursive: true, force: true })
  return await readRecord<ExitRecord>(folder, EXIT)
}

async function isKilled(child: ProcessIdentity): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (!killLeftGroup(child)) return true
    await pause(20)
  }
  return !isGroupAlive(child.pid)
}
