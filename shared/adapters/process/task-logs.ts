import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogLine, LogQuery } from '../../ports/runtime.ts'
import { type LogRecord, segmentBase, segmentName } from './log-spool.ts'

/** `next`: offset of the byte after the record. */
type Placed = { readonly record: LogRecord; readonly next: number }

async function segments(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .map(segmentBase)
    .filter(base => base !== undefined)
    .sort((a, b) => a - b)
}

/** A cursor that was made up may point into the middle of a record. */
function parse(text: string): LogRecord | undefined {
  try {
    return JSON.parse(text) as LogRecord
  } catch {
    return undefined
  }
}

/** Whole records of one segment from an offset on; a record that is still being written is left for the next reading. */
async function records(folder: string, base: number, from: number): Promise<readonly Placed[]> {
  const file = await open(join(folder, segmentName(base)), 'r').catch(() => undefined)
  if (!file) return []
  const bytes = await file.readFile().finally(() => file.close())
  const found: Placed[] = []
  let start = Math.max(0, from - base)
  for (let end = bytes.indexOf(10, start); end !== -1; end = bytes.indexOf(10, start)) {
    const record = parse(bytes.toString('utf8', start, end))
    if (record) found.push({ record, next: base + end + 1 })
    start = end + 1
  }
  return found
}

/** The parts of a long line that stand before its last record. */
async function beginning(folder: string, bases: readonly number[], last: Placed): Promise<string> {
  const from = last.record.from!
  const parts: string[] = []
  for (const [index, base] of bases.entries()) {
    if (base >= last.next || (bases[index + 1] ?? Number.POSITIVE_INFINITY) <= from) continue
    for (const placed of await records(folder, base, from))
      if (placed.next < last.next && placed.record.p && placed.record.s === last.record.s) parts.push(placed.record.x)
  }
  return parts.join('')
}

async function line(task: string, folder: string, bases: readonly number[], placed: Placed): Promise<LogLine> {
  const { record, next } = placed
  const text = record.from === undefined ? record.x : (await beginning(folder, bases, placed)) + record.x
  return { task, stream: record.s === 'o' ? 'stdout' : 'stderr', at: record.t, text, cursor: String(next) }
}

/**
 * Lines of a task's folder, while it runs and afterwards. `tail` is taken of what the other conditions leave, `limit` then cuts from the
 * front. A cursor that rotation has overtaken continues at the oldest line that is kept.
 */
export async function readLogs(task: string, folder: string, query: LogQuery): Promise<readonly LogLine[]> {
  const after = query.after === undefined ? 0 : Number(query.after)
  if (!Number.isSafeInteger(after) || after < 0) return []
  const bases = await segments(folder)
  const wanted: Placed[] = []
  const begin = Math.max(
    0,
    bases.findLastIndex(base => base <= after),
  )
  const enough = (): boolean =>
    (query.tail !== undefined && wanted.length >= query.tail) ||
    (query.tail === undefined && query.limit !== undefined && wanted.length >= query.limit)
  // A tail is read from the end, all else from the front: neither reads the whole log for a few lines.
  const order = query.tail === undefined ? bases.slice(begin) : bases.slice(begin).reverse()
  for (const base of order) {
    const found = (await records(folder, base, after)).filter(({ record }) => !record.p && record.t >= (query.since ?? 0))
    if (query.tail === undefined) wanted.push(...found)
    else wanted.unshift(...found)
    if (enough()) break
  }
  const tailed = query.tail === undefined ? wanted : wanted.slice(Math.max(0, wanted.length - query.tail))
  return await Promise.all(tailed.slice(0, query.limit).map(placed => line(task, folder, bases, placed)))
}
