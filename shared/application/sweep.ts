import { parseStream } from '../domain/commit.ts'
import type { Seen } from '../domain/fact.ts'
import { decideFacts, decideStrays } from '../domain/service-decide.ts'
import { onService } from './append.ts'
import { gone } from './execute.ts'
import { foldService } from './folds.ts'
import { route } from './route.ts'
import { type ActPorts, act } from './wake.ts'

/** T2: each minute. Wakes what the due index says, and compares the runtime's own list with the folds: an event that never came is found by nothing else. */
export async function sweep(ports: ActPorts): Promise<SweepReport> {
  const due = await ports.readModel.due(ports.clock.now(), 1_000)
  await inTurn(
    due.map(row => row.stream),
    stream => act(ports, stream),
  )
  const listed = await ports.runtime.list() // before the folds: then every listed id's intent is in them (E7)
  const byStream = Map.groupBy(listed, task => task.stream)
  const known = (await ports.log.streams()).filter(stream => parseStream(stream).kind === 'service')
  const suspects: Seen[] = []
  await inTurn(known, async stream => {
    suspects.push(...(await compare(ports, stream, byStream.get(stream) ?? [])))
  })
  const unknown = listed.filter(task => !known.includes(task.stream) && task.state !== 'stopped')
  await ports.runtime.collect(ports.clock.now() - KEPT)
  return { held: [...suspects, ...unknown].map(task => task.id) }
}

/** Tasks of ours that the log does not name, too many to stop without asking (E7). */
export type SweepReport = { readonly held: readonly string[] }

/** Ended tasks are kept this long: a late start must find their name taken (E3). */
const KEPT = 3_600_000
const MANY_STRAYS = 5

async function compare(ports: ActPorts, stream: string, listed: readonly Seen[]): Promise<readonly Seen[]> {
  const facts = listed.map(({ stream: _, intent: __, ...fact }) => fact)
  const { state } = await onService(ports, stream, s => decideFacts(s, facts), { actor: 'sweep' })
  const strays = await stillThere(
    ports,
    listed.filter(task => task.state !== 'stopped' && !state.tasks[task.id]),
  )
  const lacking = strays.filter(task => task.intent > state.version) // the log lacks their commit: was it restored from a backup?
  if (lacking.length > MANY_STRAYS) return lacking
  await onService(
    ports,
    stream,
    s =>
      decideStrays(
        s,
        strays.map(task => task.id),
      ),
    { actor: 'sweep' },
  )
  await settleAbsent(ports, stream, new Set(listed.map(task => task.id)))
  await route(ports, stream)
  return []
}

/** The list is older than the fold: a task that ended between the two has left the fold, and is no stray. */
async function stillThere(ports: ActPorts, listed: readonly Seen[]): Promise<readonly Seen[]> {
  const now = await Promise.all(listed.map(task => ports.runtime.lookup(task.id)))
  return listed.filter((_, at) => now[at] !== undefined && now[at].state !== 'stopped')
}

/** E7: listings lag, so absence counts only a minute after the task's last fact, and is settled by looking it up. */
async function settleAbsent(ports: ActPorts, stream: string, listed: ReadonlySet<string>): Promise<void> {
  const s = await foldService(ports, stream)
  const now = ports.clock.now()
  const isOld = (seenAt: number) => now >= seenAt + ports.setting.limits.absentAfter
  const absent = Object.values(s.tasks).filter(
    task => task.state !== 'intended' && task.state !== 'refused' && !listed.has(task.id) && isOld(task.seenAt),
  )
  for (const { id, runtimeId } of absent) {
    const fact = (await ports.runtime.lookup(id, runtimeId)) ?? gone(id)
    await onService(ports, stream, state => decideFacts(state, [fact]), { actor: 'sweep' })
  }
}

/** One stream's failure must not keep the others from being looked at; the first one is told in the end. */
export async function inTurn(streams: readonly string[], run: (stream: string) => Promise<void>): Promise<void> {
  let failed: unknown
  for (const stream of streams) {
    try {
      await run(stream)
    } catch (error) {
      failed ??= error
    }
  }
  if (failed) throw failed
}
