import { describe, expect, it } from 'vitest'
import type { LogLine } from '../../shared/ports/runtime.ts'
import { eventually } from './eventually.ts'
import { ended, freshRequest, hasPrinted, type RuntimeHarness } from './runtime-harness.ts'

const LONG = 'x'.repeat(40_000)

export function logsContract(given: () => RuntimeHarness): void {
  const printed = async (prints: string, errors = ''): Promise<string> => {
    const { runtime, programs } = given()
    const request = freshRequest(given(), programs.exits({ code: 0, afterMs: 0, prints, errors }))
    await runtime.start(request)
    await ended(runtime, request.id)
    return request.id
  }

  describe('logs', () => {
    it('case 35: keeps a last line without a newline', async () => {
      const id = await printed('hello\nworld')
      const lines = await eventually('both lines', async () => {
        const found = await given().runtime.logs(id, {})
        return found.length >= 2 && found
      })
      expect(lines.map(line => line.text)).toEqual(['hello', 'world'])
      expect(lines.every(line => line.task === id && line.stream === 'stdout' && Math.abs(line.at - Date.now()) < 60_000)).toBe(true)
    })

    it('case 35: gives a line of 40,000 letters whole, to a follower too', async () => {
      const { runtime, programs } = given()
      const request = freshRequest(given(), programs.exits({ code: 0, afterMs: 500, prints: `before\n${LONG}\nafter` }))
      await runtime.start(request)
      const followed: LogLine[] = []
      await eventually('the follower has all three', async () => {
        followed.push(...(await runtime.logs(request.id, { after: followed.at(-1)?.cursor })))
        return followed.length >= 3
      })
      await ended(runtime, request.id)
      expect(followed.map(line => line.text.length)).toEqual([6, 40_000, 5])
      expect((await runtime.logs(request.id, {})).map(line => line.text)).toEqual(['before', LONG, 'after'])
    })

    it('keeps empty lines, carriage returns inside a line and characters of many bytes', async () => {
      const id = await printed('a\n\nb\rc\n✓ 漢字 🚢\n')
      await hasPrinted(given().runtime, id, '✓ 漢字 🚢')
      expect((await given().runtime.logs(id, {})).map(line => line.text)).toEqual(['a', '', 'b\rc', '✓ 漢字 🚢'])
    })

    it('tells stdout and stderr apart', async () => {
      const id = await printed('good\n', 'bad\n')
      const lines = await eventually('both lines', async () => {
        const found = await given().runtime.logs(id, {})
        return found.length >= 2 && found
      })
      expect(lines.map(line => `${line.stream} ${line.text}`).sort()).toEqual(['stderr bad', 'stdout good'])
    })

    it('reads on after a cursor without repeating or losing a line, at most `limit` at once', async () => {
      const numbers = Array.from({ length: 250 }, (_, index) => `line ${index + 1}`)
      const id = await printed(`${numbers.join('\n')}\n`)
      await hasPrinted(given().runtime, id, 'line 250')
      const read: LogLine[] = []
      for (;;) {
        const page = await given().runtime.logs(id, { after: read.at(-1)?.cursor, limit: 100 })
        expect(page.length).toBeLessThanOrEqual(100)
        if (!page.length) break
        read.push(...page)
      }
      expect(read.map(line => line.text)).toEqual(numbers)
      expect(new Set(read.map(line => line.cursor)).size).toBe(250)
    })

    it('gives only the last lines when told, and those since a moment', async () => {
      const id = await printed('1\n2\n3\n4\n')
      await hasPrinted(given().runtime, id, '4')
      const { runtime } = given()
      expect((await runtime.logs(id, { tail: 2 })).map(line => line.text)).toEqual(['3', '4'])
      expect((await runtime.logs(id, { tail: 0 })).map(line => line.text)).toEqual([])
      expect(await runtime.logs(id, { since: Date.now() + 60_000 })).toEqual([])
      expect((await runtime.logs(id, { since: Date.now() - 60_000 })).length).toBe(4)
    })

    it('follows a task that runs', async () => {
      const { runtime, programs } = given()
      const request = freshRequest(given(), programs.ticker())
      await runtime.start(request)
      const read: LogLine[] = []
      await eventually('ten ticks', async () => {
        read.push(...(await runtime.logs(request.id, { after: read.at(-1)?.cursor })))
        return read.length >= 10
      })
      await runtime.stop(request.id, { graceMs: 5_000 })
      expect(read.map(line => line.text)).toEqual(read.map((_, index) => `tick ${index + 1}`))
    })

    it('has no lines for a task that never was', async () => {
      expect(await given().runtime.logs('web-1-0000000000000000', {})).toEqual([])
    })
  })
}
