import { parseStream } from '../domain/commit.ts'
import type { Seen } from '../domain/fact.ts'
import type { Service, ServiceEvent, Task } from '../domain/service.ts'
import { decideFacts, decideStrays } from '../domain/service-decide.ts'
import { serviceDueAt } from '../reconcile/due-at.ts'
import { onService } from './append.ts'
import { isWatched } from './check-health.ts'
import { gone } from './execute.ts'
import { foldService } from './folds.ts'
import { pollTargets } from './poll-targets.ts'
import type { Ports } from './ports.ts'
import { settingOf } from './reconcile.ts'
import { inRotation } from './rotation.ts'
import { route, routesOf } from './route.ts'
import { type ActPorts, act, actIfDue } from './wake.ts'

export type SweepPorts = ActPorts & Pick<Ports, 'targetHealth'>

/**
 * T2: each minute. Wakes what is due by the index or, where no pointer got through to `project`, by the folds; and compares the runtime's own
 * list with them: an event that never came is found by nothing else.
 */
export async function sweep(ports: SweepPorts): Promise<SweepReport> {
  const due = (await ports.readModel.due(ports.clock.now(), 1_000)).map(row => row.stream)
  await inTurn(due, stream => act(ports, stream))
  const { listed, streams, looksAt, listingOf } = await look(ports)
  await beat(ports)
  const round: Round = { heard: new Set(due), isRestored: await isRestored(ports) }
  const known = streams.get('service') ?? []
  const suspects: Seen[] = []
  await inLanes(known, async stream => {
    const { s, held } = looksAt(stream)
      ? await compare(ports, stream, await listingOf(stream), round)
      : { s: await foldService(ports, stream), held: [] }
    suspects.push(...held)
    await tendService(ports, stream, s, round)
  })
  await inLanes(streams.get('stack') ?? [], async stream => {
    if (!round.heard.has(stream)) await actIfDue(ports, stream)
  })
  const unknown = listed.filter(task => !known.includes(task.stream) && task.state !== 'stopped')
  await ports.runtime.collect(ports.clock.now() - KEPT)
  return { held: [...suspects, ...unknown].map(task => task.id) }
}

type Look = {
  /** All tasks, where they were listed whole. */
  readonly listed: readonly Seen[]
  readonly streams: ReadonlyMap<string, readonly string[]>
  readonly looksAt: (stream: string) => boolean
  readonly listingOf: (stream: string) => Promise<readonly Seen[]>
}

/** Every listing comes before the fold that it is compared with: then every listed id's intent is in it (E7). */
async function look(ports: ActPorts): Promise<Look> {
  const { mostListed = Number.POSITIVE_INFINITY } = ports.setting.limits
  const now = ports.clock.now()
  const byKind = async () => Map.groupBy(await ports.log.streams(), stream => parseStream(stream).kind)
  const before = await byKind()
  const services = before.get('service') ?? []
  if (services.length > mostListed) {
    const round = inRotation(services, mostListed, now)
    const listingOf = async (stream: string) => (await ports.runtime.list(stream)).filter(task => task.stream === stream)
    return { listed: [], streams: before, looksAt: stream => round.has(stream), listingOf }
  }
  const listed = await ports.runtime.list()
  const byStream = Map.groupBy(listed, task => task.stream)
  return { listed, streams: await byKind(), looksAt: () => true, listingOf: async stream => byStream.get(stream) ?? [] }
}

/** Tasks of ours that the log does not name, too many to stop without asking (E7). */
export type SweepReport = { readonly held: readonly string[] }

/** `heard`: acted on already in this sweep. */
type Round = { readonly heard: ReadonlySet<string>; readonly isRestored: boolean }

/** Ended tasks are kept this long: a late start must find their name taken (E3). */
const KEPT = 3_600_000
const MANY_STRAYS = 5
/** E7: so long after a restore nothing that the log does not name is stopped. */
const RESTORED_FOR = 3_600_000

/** T5: database and runtime answer, so what follows now is judged by time that Longshore was at work in. */
async function beat({ readModel, clock, setting }: ActPorts): Promise<void> {
  const { mostSilence } = setting.limits
  if (mostSilence !== undefined) await readModel.beat(clock.now(), mostSilence)
}

/** A new epoch says that the log was restored; the claim of its first sweep says when. */
async function isRestored({ claims, clock, setting }: ActPorts): Promise<boolean> {
  const { epoch } = setting.installation
  if (epoch === 1) return false
  const name = `epoch/${epoch}`
  const since = (await claims.list()).find(claim => claim.name === name)?.at
  if (since === undefined) await claims.take(name, 'installation', clock.now())
  return since === undefined || clock.now() < since + RESTORED_FOR
}

/** What no row tells: that something is due, or that its tasks' health is watched. */
async function tendService(ports: ActPorts, stream: string, s: Service, { heard }: Round): Promise<void> {
  const now = ports.clock.now()
  const due = serviceDueAt(s, settingOf(ports, stream))
  if (due !== undefined && now >= due && !heard.has(stream)) await act(ports, stream)
  if (isWatched(s, ports.setting.limits)) await ports.wakes.send('check-health', stream, now, 0)
}

/** `s`: the service as it is afterwards. Each service costs one read while nothing is wrong with it. */
type Compared = { readonly s: Service; readonly held: readonly Seen[] }

async function compare(ports: SweepPorts, stream: string, listed: readonly Seen[], { isRestored }: Round): Promise<Compared> {
  const facts = listed.map(({ stream: _, intent: __, ...fact }) => fact)
  const { state } = await onService(ports, stream, s => decideFacts(s, facts), { actor: 'sweep' })
  const strays = await stillThere(
    ports,
    listed.filter(task => task.state !== 'stopped' && !state.tasks[task.id]),
  )
  const lacking = strays.length > MANY_STRAYS ? await lackingOf(ports, stream, strays) : []
  if (lacking.length > MANY_STRAYS) return { s: state, held: lacking }
  if (isRestored && strays.length > 0) return { s: state, held: strays }
  const ids = strays.map(task => task.id)
  if (ids.length > 0) await onService(ports, stream, s => decideStrays(s, ids), { actor: 'sweep' })
  const absent = absentOf(ports, state, new Set(listed.map(task => task.id)))
  for (const task of absent) await settle(ports, stream, task)
  const isRouted = hasRoutes(ports, stream, state)
  if (isRouted) await route(ports, stream)
  await pollTargets(ports, stream, state)
  return { s: isRouted || ids.length + absent.length > 0 ? await foldService(ports, stream) : state, held: [] }
}

/** E7: those that no commit of the log intended: was it restored from a backup? A version alone tells nothing, since a restored log gives it out again. */
async function lackingOf({ log }: ActPorts, stream: string, strays: readonly Seen[]): Promise<readonly Seen[]> {
  const commits = await Promise.all(strays.map(({ intent }) => log.get(stream, intent)))
  return strays.filter(
    ({ id }, at) =>
      !(commits[at]?.events as readonly ServiceEvent[])?.some(
        one => one.type === 'StartsIntended' && one.tasks.some(task => task.id === id),
      ),
  )
}

/** E4: what a router may have got wrong, or whose drain may be over. Names are a router's too, where it knows no versions. */
function hasRoutes({ router }: ActPorts, stream: string, s: Service): boolean {
  const { fronts, names = [] } = routesOf(stream, s)
  return Object.values(s.tasks).some(task => task.drain) || fronts.length > 0 || (!router.isVersioned && names.length > 0)
}

/** The list is older than the fold: a task that ended between the two has left the fold, and is no stray. */
async function stillThere(ports: ActPorts, listed: readonly Seen[]): Promise<readonly Seen[]> {
  const now = await Promise.all(listed.map(task => ports.runtime.lookup(task.id)))
  return listed.filter((_, at) => now[at] !== undefined && now[at].state !== 'stopped')
}

/** E7: listings lag, so absence counts only a minute after the task's last fact, and is settled by looking it up. */
function absentOf({ clock, setting }: ActPorts, s: Service, listed: ReadonlySet<string>): readonly Task[] {
  const before = clock.now() - setting.limits.absentAfter
  return Object.values(s.tasks).filter(
    task => task.state !== 'intended' && task.state !== 'refused' && !listed.has(task.id) && task.seenAt <= before,
  )
}

async function settle(ports: ActPorts, stream: string, { id, runtimeId }: Task): Promise<void> {
  const fact = (await ports.runtime.lookup(id, runtimeId)) ?? gone(id)
  await onService(ports, stream, state => decideFacts(state, [fact]), { actor: 'sweep' })
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

const LANES = 8

/** Likewise, some at a time: a thousand services are looked at well within a function's minute. */
export async function inLanes(streams: readonly string[], run: (stream: string) => Promise<void>): Promise<void> {
  const waiting = [...streams]
  const failures: unknown[] = []
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await run(next).catch(error => {
        failures.push(error)
      })
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  if (failures.length > 0) throw failures[0]
}
