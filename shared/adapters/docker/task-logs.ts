import type { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import type { ContainerInspectInfo } from 'dockerode'
import type { LogLine, LogQuery } from '../../ports/runtime.ts'
import { ifThere } from './engine-errors.ts'
import { numbered, parseCursor, select } from './log-cursor.ts'
import { linesOf, messagesOf, terminalMessagesOf } from './log-frames.ts'

/** Two streams may be stamped in another order than they are written, by no more than a busy machine's pause. */
const DISORDER_S = 2
/** A tail is counted in messages by the engine; so many more are read, to see where the first line begins. */
const MARGIN = 64

/** The lines of a container that is there; undefined when it is not. @throws the engine's error */
export async function engineLogs(docker: Dockerode, id: string, query: LogQuery): Promise<readonly LogLine[] | undefined> {
  const inspected = await ifThere(docker.getContainer(id).inspect())
  if (!inspected) return undefined
  if (query.tail !== undefined && query.after === undefined && query.since === undefined) {
    const asked = query.tail + MARGIN
    const lines = await read(docker, inspected, { tail: String(asked) }, {})
    // Fewer lines than messages asked for: they were all there were, or long ones took several.
    if (lines && lines.length > query.tail) return query.tail === 0 ? [] : lines.slice(-query.tail).slice(0, query.limit)
  }
  return read(docker, inspected, sinceOf(query), query)
}

function sinceOf(query: LogQuery): Record<string, string> {
  const cursor = query.after === undefined ? undefined : parseCursor(query.after)
  if (cursor) return { since: `${Math.max(0, cursor.seconds - DISORDER_S)}.${cursor.nanos}` }
  if (query.since === undefined) return {}
  const milliseconds = Math.max(0, Math.floor(query.since))
  return { since: `${Math.floor(milliseconds / 1_000)}.${String(milliseconds % 1_000).padStart(3, '0')}000000` }
}

async function read(
  docker: Dockerode,
  inspected: ContainerInspectInfo,
  range: Readonly<Record<string, string>>,
  query: LogQuery,
): Promise<readonly LogLine[] | undefined> {
  const stream = await ifThere(openLogs(docker, inspected.Id, range))
  if (!stream) return undefined
  const isOver = !inspected.State.Running && inspected.State.Status !== 'created'
  const messages = inspected.Config.Tty ? terminalMessagesOf(stream) : messagesOf(stream)
  try {
    return await select(numbered(inspected.Name.replace(/^\//, ''), linesOf(messages, isOver)), query)
  } finally {
    stream.destroy()
  }
}

/** As a stream: the client's own `logs` would hold all of it in memory, however few lines are asked for. */
const openLogs = (docker: Dockerode, containerId: string, range: Readonly<Record<string, string>>): Promise<Readable> =>
  new Promise((resolve, reject) => {
    const options = { stdout: true, stderr: true, timestamps: true, follow: false, ...range }
    const statusCodes = { 200: true, 404: 'no such container', 500: 'server error' }
    docker.modem.dial({ path: `/containers/${containerId}/logs?`, method: 'GET', isStream: true, statusCodes, options }, (error, data) =>
      error ? reject(error) : resolve(data as Readable),
    )
  })
