import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ReadModel, Row } from '../../shared/ports/read-model.ts'
import { type Fixture, type Make, tamper } from './fixture.ts'

const row = (stream: string, version: number, more: Partial<Row> = {}): Row => ({
  stream,
  schema: 1,
  version,
  view: { number: version },
  ...more,
})
const streams = (rows: readonly Row[]) => rows.map(found => found.stream)

/** What every read model does (L6, T1). */
export function readModelContract(name: string, make: Make<ReadModel>): void {
  describe(`read model: ${name}`, () => {
    let fixture: Fixture<ReadModel>
    let model: ReadModel
    beforeEach(async () => {
      fixture = await make()
      model = fixture.port
    })
    afterEach(() => fixture.close())

    it('gives back a row as it was written, and none where none is', async () => {
      const full = row('service/shop/web', 3, {
        dueAt: 1_700_000_000_000,
        view: { tasks: [{ id: 'a' }], text: 'é 🚢 \u0000', none: null },
      })
      expect(await model.row('service/shop/web')).toBeUndefined()
      expect(await model.rows()).toEqual([])
      expect(await model.write(full)).toEqual({ won: true })
      expect(await model.row('service/shop/web')).toEqual(full)
      expect(await model.rows()).toEqual([full])
    })

    it('L6: a higher version wins and tells what was there before', async () => {
      await model.write(row('a', 1, { dueAt: 5 }))
      expect(await model.write(row('a', 2))).toEqual({ won: true, before: row('a', 1, { dueAt: 5 }) })
      expect(await model.row('a')).toEqual(row('a', 2))
    })

    it('L6: an equal or older version loses, tells what is there, and changes nothing', async () => {
      await model.write(row('a', 2))
      for (const late of [row('a', 2, { view: 'other', dueAt: 1 }), row('a', 1, { dueAt: 1 })]) {
        expect(await model.write(late)).toEqual({ won: false, before: row('a', 2) })
        expect(await model.row('a')).toEqual(row('a', 2))
        expect(await model.due(10, 10)).toEqual([])
      }
    })

    it('L6: a newer row schema wins at any version, an older one never', async () => {
      await model.write(row('a', 9))
      expect((await model.write(row('a', 4, { schema: 2 }))).won).toBe(true)
      expect((await model.write(row('a', 30, { schema: 1 }))).won).toBe(false)
      expect((await model.write(row('a', 10, { schema: 2 }))).won).toBe(true)
      expect(await model.row('a')).toEqual(row('a', 10, { schema: 2 }))
    })

    it('L6: of 50 racing writes of one version one wins, and the highest version stays, whatever the order', async () => {
      const equal = await Promise.all(Array.from({ length: 50 }, (_, racer) => model.write(row('a', 1, { view: racer }))))
      expect(equal.filter(({ won }) => won)).toHaveLength(1)
      expect((await model.row('a'))!.view).toBe(equal.findIndex(({ won }) => won))
      const shuffled = Array.from({ length: 40 }, (_, index) => ((index * 17) % 40) + 2)
      await Promise.all(shuffled.map(version => model.write(row('a', version, { dueAt: version }))))
      expect(await model.row('a')).toEqual(row('a', 41, { dueAt: 41 }))
      expect(await model.due(100, 100)).toEqual([row('a', 41, { dueAt: 41 })])
    })

    it('lists a thousand rows of more than a megabyte, sorted', async () => {
      const wanted = Array.from({ length: 1_000 }, (_, index) => row(`service/shop/s${index}`, 1, { view: { text: 'x'.repeat(2_000) } }))
      await inGroups(wanted, written => model.write(written))
      const found = await model.rows()
      expect(streams(found)).toEqual(streams(wanted).sort())
      expect(found.find(({ stream }) => stream === 'service/shop/s77')).toEqual(wanted[77])
    })

    it('T1: tells what is due, earliest first, at most so many', async () => {
      const dueAts: Record<string, number | undefined> = {
        late: 3_000,
        first: 5,
        never: undefined,
        second: 40,
        third: 1_000,
        big: 1_700_000_000_000,
      }
      for (const [stream, dueAt] of Object.entries(dueAts)) await model.write(row(stream, 1, { dueAt }))
      expect(streams(await model.due(1_000, 10))).toEqual(['first', 'second', 'third'])
      expect(streams(await model.due(1_000, 2))).toEqual(['first', 'second'])
      expect(streams(await model.due(1_700_000_000_000, 10))).toEqual(['first', 'second', 'third', 'late', 'big'])
      expect(await model.due(4, 10)).toEqual([])
      expect(await model.due(1_000, 1)).toEqual([row('first', 1, { dueAt: 5 })])
    })

    it('T1: hundreds of due rows come whole and in order', async () => {
      const wanted = Array.from({ length: 250 }, (_, index) => row(`s${index}`, 1, { dueAt: 10_000 - index }))
      await inGroups(wanted, written => model.write(written))
      expect(streams(await model.due(10_000, 1_000))).toEqual(streams([...wanted].reverse()))
      expect(streams(await model.due(10_000, 120))).toEqual(streams([...wanted].reverse()).slice(0, 120))
    })

    it('T1: a row whose moment moved is due at the new one only, and not at all without one', async () => {
      await model.write(row('a', 1, { dueAt: 10 }))
      await model.write(row('a', 2, { dueAt: 50 }))
      expect(await model.due(20, 10)).toEqual([])
      expect(streams(await model.due(50, 10))).toEqual(['a'])
      await model.write(row('a', 3))
      expect(await model.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([])
      expect(await model.row('a')).toEqual(row('a', 3))
    })

    it('T1: of the runs that wait for one moment one wins the look', async () => {
      const won = await Promise.all(Array.from({ length: 50 }, () => model.claimLook('a', 1_000, 6_000)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await model.claimLook('b', 1_000, 6_000)).toBe(true)
    })

    it('T1: a look is won again when the last one is over, or was claimed before the clock went back', async () => {
      expect(await model.claimLook('a', 1_000, 6_000)).toBe(true)
      expect(await model.claimLook('a', 5_999, 10_999)).toBe(false) // that one looks at 6,000
      expect(await model.claimLook('a', 6_000, 11_000)).toBe(true)
      expect(await model.claimLook('a', 100, 5_100)).toBe(true) // 11,000 was claimed before the clock went back
      expect(await model.claimLook('a', 200, 5_100)).toBe(false)
    })

    it('T5: beats tell since when there was no long silence, are no rows, and go with a drop', async () => {
      expect(await model.attendedSince(5_000, 1_000)).toBe(5_000)
      await model.beat(5_000, 1_000)
      await model.beat(6_000, 1_000)
      expect(await model.attendedSince(7_000, 1_000)).toBe(5_000)
      expect(await model.attendedSince(7_001, 1_000)).toBe(7_001)
      await model.beat(9_000, 1_000)
      expect(await model.attendedSince(9_500, 1_000)).toBe(9_000)
      expect(await model.attendedSince(2_000, 1_000), 'the clock was set back').toBe(2_000)
      expect(await model.rows()).toEqual([])
      await model.drop()
      expect(await model.attendedSince(9_500, 1_000)).toBe(9_500)
    })

    it('T1: looks are no rows', async () => {
      await model.claimLook('a', 1_000, 6_000)
      expect(await model.rows()).toEqual([])
      expect(await model.row('a')).toBeUndefined()
      expect(await model.write(row('a', 1))).toEqual({ won: true })
      expect(await model.claimLook('a', 1_500, 6_000)).toBe(false)
    })

    it('invariant 1: dropped and written again, it has the same bytes, however the views were built', async () => {
      const forth = [row('a', 2, { dueAt: 7, view: { x: 1, y: { p: 1, q: [1, { m: 1, n: 2 }] } } }), row('b', 1, { scaled: true })]
      const back = [
        row('b', 1, { scaled: true }),
        { view: { y: { q: [1, { n: 2, m: 1 }], p: 1 }, x: 1 }, dueAt: 7, version: 2, schema: 1, stream: 'a' },
      ]
      for (const written of forth) await model.write(written)
      const before = JSON.stringify([await model.rows(), await model.due(10, 10)])
      await model.claimLook('a', 1, 2)
      await model.drop()
      expect(await model.rows()).toEqual([])
      expect(await model.due(10, 10)).toEqual([])
      expect(await model.claimLook('a', 1, 2)).toBe(true)
      for (const written of back) await model.write(written)
      expect(JSON.stringify([await model.rows(), await model.due(10, 10)])).toBe(before)
    })

    it('drops hundreds of rows and looks, and may be dropped when it is empty', async () => {
      await model.drop()
      await inGroups(
        Array.from({ length: 120 }, (_, index) => row(`s${index}`, 1, { dueAt: 1 })),
        written => model.write(written),
      )
      for (let index = 0; index < 20; index++) await model.claimLook(`s${index}`, 1, 2)
      await model.drop()
      expect(await model.rows()).toEqual([])
      expect(await model.due(10, 1_000)).toEqual([])
    })

    it('shares no memory with its callers', async () => {
      const view = { list: [1] }
      await model.write(row('a', 1, { view }))
      view.list.push(2)
      const first = (await model.row('a'))!.view as typeof view
      tamper(() => void first.list.push(3))
      expect((await model.row('a'))!.view).toEqual({ list: [1] })
    })

    it('has everything still after it was closed and opened again', async () => {
      await model.write(row('a', 1, { dueAt: 5, view: { x: 1 } }))
      const again = await fixture.reopen()
      expect(await again.rows()).toEqual([row('a', 1, { dueAt: 5, view: { x: 1 } })])
      expect(streams(await again.due(5, 10))).toEqual(['a'])
    })
  })
}

async function inGroups<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < all.length; start += 50) await Promise.all(all.slice(start, start + 50).map(act))
}
