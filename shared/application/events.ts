import { type Commit, serviceStream, stackStream } from '../domain/commit.ts'
import { inOrder } from './causal-order.ts'
import { decodeCursor, encodeCursor, VersionCursor } from './cursor.ts'
import { describeEvent } from './describe-event.ts'
import { servicesOf, stackOrThrow } from './find-stack.ts'
import type { AnyEvent, QueryPorts } from './queries.ts'

/** L8: following is a cursor {stream: version} and reads of what is newer; there is no global order, so a page is sorted by time. */
export type EventPage = { readonly events: readonly EventView[]; readonly cursor: string }
export type EventView = {
  readonly stream: string
  readonly version: number
  readonly at: number
  readonly actor: string
  readonly causedBy?: string
  readonly commandId?: string
  readonly type: string
  readonly text: string
  readonly data: unknown
}

/** Without a cursor from the beginning; `now`: only what comes. */
export async function eventPage(ports: QueryPorts, name: string, cursor: string | undefined, limit: number): Promise<EventPage> {
  const stack = await stackOrThrow(ports, name)
  const streams = [stackStream(name), ...Object.keys(stack.services).map(service => serviceStream(name, service))]
  if (cursor === 'now') {
    const heads = await Promise.all(streams.map(async stream => [stream, (await ports.log.head(stream))?.version ?? 0] as const))
    return { events: [], cursor: encodeCursor(Object.fromEntries(heads)) }
  }
  const from = cursor ? decodeCursor(VersionCursor, cursor) : {}
  const commits = inOrder((await Promise.all(streams.map(stream => ports.log.read(stream, from[stream] ?? 0, limit)))).flat())
  const names = await taskNames(ports, name, commits)
  const next = { ...from }
  const page = prefixOf(commits, limit)
  for (const commit of page) next[commit.stream] = Math.max(next[commit.stream] ?? 0, commit.version)
  return { events: page.flatMap(commit => viewsOf(commit, names)), cursor: encodeCursor(next) }
}

/** Cut to the limit so that no stream skips a version: a commit stays out only together with all later ones of its stream. */
function prefixOf(commits: readonly Commit[], limit: number): readonly Commit[] {
  if (commits.length <= limit) return commits
  const cut = new Map<string, number>()
  for (const commit of commits.slice(limit))
    cut.set(commit.stream, Math.min(cut.get(commit.stream) ?? Number.POSITIVE_INFINITY, commit.version))
  return commits.slice(0, limit).filter(commit => commit.version < (cut.get(commit.stream) ?? Number.POSITIVE_INFINITY))
}

export function viewsOf(commit: Commit, nameOf: (id: string) => string): readonly EventView[] {
  const { stream, version, at, actor, causedBy, commandId } = commit
  return (commit.events as readonly AnyEvent[]).map(event => ({
    stream,
    version,
    at,
    actor,
    causedBy,
    commandId,
    type: event.type,
    text: describeEvent(event, commit, nameOf),
    data: event,
  }))
}

/** web.7 for a task id, from the ids that the stack's folds know and the intents at hand. */
export async function taskNames(ports: QueryPorts, name: string, commits: readonly Commit[]): Promise<(id: string) => string> {
  const stack = await stackOrThrow(ports, name)
  const names = new Map<string, string>()
  for (const [service, s] of Object.entries(await servicesOf(ports, name, stack))) {
    for (const task of [...Object.values(s.tasks), ...s.endedTasks]) names.set(task.id, `${service}.${task.number}`)
  }
  for (const commit of commits) {
    for (const event of commit.events as readonly AnyEvent[]) {
      if (event.type === 'StartsIntended')
        for (const task of event.tasks) names.set(task.id, `${commit.stream.split('/')[2]}.${task.number}`)
    }
  }
  return id => names.get(id) ?? id
}
