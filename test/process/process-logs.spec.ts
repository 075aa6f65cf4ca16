import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogSpool } from '../../shared/adapters/process/log-spool.ts'
import { readLogs } from '../../shared/adapters/process/task-logs.ts'
import type { LogLine } from '../../shared/ports/runtime.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'longshore-logs-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const read = (query: Parameters<typeof readLogs>[2] = {}): Promise<readonly LogLine[]> => readLogs('t', folder, query)
const textsOf = (lines: readonly LogLine[]): readonly string[] => lines.map(line => line.text)

describe('spooled logs', () => {
  it('puts together what comes in pieces, characters of many bytes too', async () => {
    const spool = new LogSpool(folder)
    const bytes = Buffer.from('one ✓\ntwo\nlast')
    for (const byte of bytes) spool.take('o', Buffer.from([byte]))
    expect(textsOf(await read())).toEqual(['one ✓', 'two'])
    spool.end()
    expect(textsOf(await read())).toEqual(['one ✓', 'two', 'last'])
  })

  it('case 35: a line of many megabytes stays one line, with another stream in between', async () => {
    const spool = new LogSpool(folder, 1024 * 1024)
    const piece = 'x'.repeat(700_000)
    for (let index = 0; index < 4; index++) {
      spool.take('o', Buffer.from(piece))
      spool.take('e', Buffer.from(`between ${index}\n`))
    }
    expect(textsOf(await read())).toEqual(['between 0', 'between 1', 'between 2', 'between 3'])
    spool.take('o', Buffer.from('end\nafter\n'))
    spool.end()
    const lines = await read()
    expect(lines.map(line => line.text.length)).toEqual([9, 9, 9, 9, 2_800_003, 5])
    expect(textsOf(await read({ after: lines[3]!.cursor }))[0]).toBe(`${piece.repeat(4)}end`)
    expect(textsOf(await read({ after: lines[4]!.cursor }))).toEqual(['after'])
  })

  it('is bounded by rotation, and a cursor of lines that are gone continues at the oldest that is kept', async () => {
    const spool = new LogSpool(folder, 1_000)
    const cursors: string[] = []
    for (let index = 0; index < 500; index++) {
      spool.take('o', Buffer.from(`line ${index}\n`))
      if (index === 0) cursors.push((await read())[0]!.cursor)
    }
    spool.end()
    expect(readdirSync(folder).length).toBeLessThanOrEqual(4)
    const kept = await read({ after: cursors[0] })
    expect(kept.length).toBeLessThan(150)
    expect(kept.at(-1)!.text).toBe('line 499')
    expect(textsOf(await read({ tail: 60 }))).toEqual(Array.from({ length: 60 }, (_, index) => `line ${440 + index}`))
    expect(textsOf(await read({ after: kept[5]!.cursor, limit: 2 }))).toEqual([kept[6]!.text, kept[7]!.text])
    expect(textsOf(await read({ after: kept.at(-2)!.cursor, tail: 10 }))).toEqual(['line 499'])
  })

  it('leaves a record that is being written for the next reading, and takes made-up cursors without an error', async () => {
    const spool = new LogSpool(folder)
    spool.take('o', Buffer.from('whole\nother\n'))
    spool.end()
    appendFileSync(join(folder, 'log.0.jsonl'), '{"t":1,"s":"o","x":"ha')
    expect(textsOf(await read())).toEqual(['whole', 'other'])
    expect(textsOf(await read({ after: '3' }))).toEqual(['other'])
    for (const after of ['-1', 'x', '1e99', '99999']) expect(await read({ after })).toEqual([])
  })
})
