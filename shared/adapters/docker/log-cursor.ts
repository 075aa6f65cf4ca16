import type { LogLine, LogQuery } from '../../ports/runtime.ts'
import type { StampedLine } from './log-frames.ts'

/** `1700000000.000000001.2`: the line's stamp in seconds and nanoseconds, and which of the lines with that stamp it is, from 0. */
export type Cursor = { readonly seconds: number; readonly nanos: string; readonly index: number }

export function parseCursor(text: string): Cursor | undefined {
  const match = /^(\d+)\.(\d{9})\.(\d+)$/.exec(text)
  return match ? { seconds: Number(match[1]), nanos: match[2]!, index: Number(match[3]) } : undefined
}

const keyOf = (stamp: string): string => {
  const [whole = '', fraction = ''] = stamp.replace(/Z$/, '').split('.')
  return `${Math.floor(Date.parse(`${whole}Z`) / 1_000)}.${fraction.padEnd(9, '0').slice(0, 9)}`
}

const momentOf = (key: string): number => Number(key.slice(0, -10)) * 1_000 + Math.floor(Number(key.slice(-9)) / 1e6)

/** Lines as the port has them, in the engine's order. */
export async function* numbered(task: string, lines: AsyncIterable<StampedLine>): AsyncGenerator<LogLine> {
  const counts = new Map<string, number>()
  for await (const { stream, stamp, text } of lines) {
    const key = keyOf(stamp)
    const index = counts.get(key) ?? 0
    counts.set(key, index + 1)
    yield { task, stream, at: momentOf(key), text, cursor: `${key}.${index}` }
  }
}

/**
 * The lines that a query asks for. stdout and stderr are stamped before they are written, so a line may stand after one with a later
 * stamp: what comes after the cursor is what stands after its line. Only where that line is gone (rotated away) its stamp decides.
 */
export async function select(lines: AsyncIterable<LogLine>, query: LogQuery): Promise<readonly LogLine[]> {
  const after = query.after === undefined ? undefined : parseCursor(query.after)
  const later: LogLine[] = []
  let chosen: LogLine[] = []
  let isPast = after === undefined
  for await (const line of lines) {
    if (!isPast && line.cursor === query.after) {
      isPast = true
      continue
    }
    if (query.since !== undefined && line.at < query.since) continue
    if (isPast) chosen.push(line)
    else if (isLater(line.cursor, after!)) later.push(line)
    // Cut now and then, not at each line: memory stays bounded and the cost of a long log in proportion to it.
    if (query.tail !== undefined && chosen.length > 2 * query.tail + SPARE) chosen = newest(chosen, query.tail)
    if (isPast && query.tail === undefined && query.limit !== undefined && chosen.length >= query.limit) break
  }
  const found = isPast ? chosen : later
  const last = query.tail === undefined ? found : newest(found, query.tail)
  return query.limit === undefined ? last : last.slice(0, query.limit)
}

const SPARE = 100
const newest = (lines: LogLine[], count: number): LogLine[] => lines.slice(Math.max(0, lines.length - count))

function isLater(cursor: string, after: Cursor): boolean {
  const { seconds, nanos, index } = parseCursor(cursor)!
  if (seconds !== after.seconds) return seconds > after.seconds
  if (nanos !== after.nanos) return nanos > after.nanos
  return index > after.index
}
