import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExecOpen, frame, readFrames } from '../../shared/api/exec.ts'

async function* cut(bytes: Buffer, at: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0
  for (const to of [...at, bytes.length]) {
    yield bytes.subarray(from, Math.max(from, to))
    from = Math.max(from, to)
  }
}

async function gather<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const one of source) all.push(one)
  return all
}

describe('frames of exec', () => {
  it('come out as they went in, however the connection cuts them', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ type: fc.nat(7), payload: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 8 }),
        fc.array(fc.nat(300), { maxLength: 12 }),
        async (sent, cuts) => {
          const bytes = Buffer.concat(sent.map(({ type, payload }) => frame(type, payload)))
          const at = cuts.map(place => Math.min(place, bytes.length)).sort((a, b) => a - b)
          const got = await gather(readFrames(cut(bytes, at)))
          expect(got.map(({ type, payload }) => ({ type, payload: Uint8Array.from(payload) }))).toEqual(
            sent.map(({ type, payload }) => ({ type, payload: Uint8Array.from(payload) })),
          )
        },
      ),
    ))

  it('that would take a gigabyte are refused', async () => {
    const header = Buffer.from([0, 0, 0, 0, 0x40, 0, 0, 0])
    await expect(gather(readFrames(cut(header, [])))).rejects.toThrow(RangeError)
  })

  it.each([
    [{ subject: 'web', command: [] }],
    [{ subject: '', command: ['sh'] }],
    [{ subject: 'web', command: ['sh'], environment: { 'A=B': 'c' } }],
    [{ subject: 'web', command: ['sh'], terminal: { columns: 0, rows: 1 } }],
    [{ subject: 'web', command: ['sh'], more: 1 }],
  ])('the opening %j is refused', open => {
    expect(ExecOpen.safeParse(open).success).toBe(false)
  })
})
