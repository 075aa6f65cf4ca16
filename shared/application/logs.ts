import { serviceStream } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import type { LogLine } from '../ports/runtime.ts'
import { decodeCursor, encodeCursor, LineCursor } from './cursor.ts'
import { servicesOf, stackOrThrow } from './find-stack.ts'
import type { Ports } from './ports.ts'
import type { QueryPorts } from './queries.ts'

export type LogSelection = {
  readonly services?: readonly string[]
  readonly task?: string
  readonly revision?: number
  readonly tail?: number
  readonly since?: number
  readonly cursor?: string
}
export type LogPage = {
  readonly lines: readonly {
    readonly service: string
    readonly number: number
    readonly task: string
    readonly at: number
    readonly stream: 'stdout' | 'stderr'
    readonly text: string
  }[]
  readonly cursor: string
  /** No selected task runs any more: nothing will come. */
  readonly ended: boolean
}

const PAGE = 2_000

/** The output of a stack's tasks, the last ended ones included; the cursor holds a place in each task's own output (L8). */
export async function logPage(
  ports: QueryPorts & { readonly runtime: Pick<Ports['runtime'], 'logs'> },
  name: string,
  selection: LogSelection,
): Promise<LogPage> {
  const from: Record<string, string> = selection.cursor ? decodeCursor(LineCursor, selection.cursor) : {}
  const chosen = await chosenTasks(ports, name, selection)
  const isFirst = selection.cursor === undefined
  const onlyPlaces = isFirst && selection.tail === 0 // the cursor must still tell what was there, or the next page would begin with it
  const tail = onlyPlaces ? 1 : selection.tail
  const read = chosen.map(async ({ id, service, number, runtimeId }) => {
    const of = { runtimeId, service: serviceStream(name, service) }
    const query = from[id]
      ? { after: from[id], limit: PAGE, ...of }
      : { tail: isFirst ? tail : undefined, since: selection.since, limit: PAGE, ...of }
    const lines = await ports.runtime.logs(id, query)
    return lines.map((line: LogLine) => ({ line, service, number }))
  })
  const lines = (await Promise.all(read)).flat()
  for (const { line } of lines) from[line.task] = line.cursor // before they are sorted: a task's clock may go back, its place may not
  lines.sort((a, b) => a.line.at - b.line.at)
  return {
    lines: (onlyPlaces ? [] : lines).map(({ line: { cursor: _, ...line }, service, number }) => ({ ...line, service, number })),
    cursor: encodeCursor(from),
    ended: chosen.every(task => task.ended),
  }
}

async function chosenTasks(ports: QueryPorts, name: string, { services: names, task, revision }: LogSelection) {
  const stack = await stackOrThrow(ports, name)
  const unknown = names?.find(service => !stack.services[service])
  if (unknown)
    throw new CodedError('LS-NOT-FOUND', `${name} has no service ${unknown}`, {
      hint: `Its services: ${Object.keys(stack.services).join(', ')}`,
    })
  const services = Object.entries(await servicesOf(ports, name, stack)).filter(([service]) => !names?.length || names.includes(service))
  const tasks = services.flatMap(([service, s]) => {
    const live = Object.values(s.tasks).map(({ id, number, revision, runtimeId }) => ({
      id,
      number,
      revision,
      runtimeId,
      service,
      ended: false,
    }))
    const over = s.endedTasks
      .filter(other => !s.tasks[other.id])
      .map(({ id, number, revision, runtimeId }) => ({ id, number, revision, runtimeId, service, ended: true }))
    return [...over, ...live]
  })
  const isNamed = (other: (typeof tasks)[number]) =>
    task === undefined || task === other.id || task === `${other.service}.${other.number}` || task === `${other.service}-${other.number}`
  return tasks.filter(other => isNamed(other) && (revision === undefined || other.revision === revision))
}
