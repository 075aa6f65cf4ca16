import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Commit } from '../../shared/domain/commit.ts'
import type { EventLog } from '../../shared/ports/event-log.ts'
import { type Fixture, type Make, tamper } from './fixture.ts'

const commit = (version: number, more: Partial<Commit> = {}): Commit => ({
  stream: 'service/shop/web',
  version,
  at: 1_700_000_000_000 + version,
  actor: 'reconcile',
  nonce: `nonce-${version}`,
  events: [{ type: 'Happened', number: version }],
  ...more,
})
const ofBytes = (bytes: number) => [{ type: 'Large', text: 'x'.repeat(bytes) }]
const versions = (commits: readonly Commit[]) => commits.map(found => found.version)

/** What every event log does (L3, T2). */
export function eventLogContract(name: string, make: Make<EventLog>): void {
  describe(`event log: ${name}`, () => {
    let fixture: Fixture<EventLog>
    let log: EventLog
    beforeEach(async () => {
      fixture = await make()
      log = fixture.port
    })
    afterEach(() => fixture.close())

    it('gives back a commit as it was put, with and without what is optional', async () => {
      const full = commit(1, {
        commandId: 'c-1',
        commandHash: 'h-1',
        causedBy: 'stack/shop 7',
        events: [{ type: 'A', deep: { list: [1, null, 'x'] } }, { type: 'B' }],
      })
      expect(await log.put(full)).toBe('stored')
      expect(await log.put(commit(2))).toBe('stored')
      expect(await log.get('service/shop/web', 1)).toEqual(full)
      expect(await log.read('service/shop/web')).toEqual([full, commit(2)])
      expect(Object.keys((await log.get('service/shop/web', 2))!)).not.toContain('commandId')
    })

    it('says of a stream without commits that it has none', async () => {
      expect(await log.get('service/shop/web', 1)).toBeUndefined()
      expect(await log.head('service/shop/web')).toBeUndefined()
      expect(await log.read('service/shop/web')).toEqual([])
      expect(await log.streams()).toEqual([])
    })

    it('L3: refuses a version that is taken, and leaves nothing of the refused commit', async () => {
      await log.put(commit(1))
      expect(await log.put(commit(1, { nonce: 'other', at: 5, events: [{ type: 'Other' }] }))).toBe('refused')
      expect(await log.read('service/shop/web')).toEqual([commit(1)])
      expect(await log.head('service/shop/web')).toEqual({ version: 1, at: commit(1).at })
    })

    it('L3: a repeated put is refused, and the commit that is there shows its own nonce', async () => {
      const mine = commit(1, { nonce: 'mine' })
      expect(await log.put(mine)).toBe('stored')
      expect(await log.put(mine)).toBe('refused')
      expect((await log.get(mine.stream, 1))!.nonce).toBe('mine')
    })

    it('L3: of 50 racing puts of one version exactly one is stored, at every version', async () => {
      for (const version of [1, 2, 3]) {
        const answers = await Promise.all(Array.from({ length: 50 }, (_, racer) => log.put(commit(version, { nonce: `racer-${racer}` }))))
        expect(answers.filter(answer => answer === 'stored')).toHaveLength(1)
        expect((await log.get('service/shop/web', version))!.nonce).toBe(`racer-${answers.indexOf('stored')}`)
      }
      expect(versions(await log.read('service/shop/web'))).toEqual([1, 2, 3])
    })

    it('leaves gaps to the caller: a version is stored because it is free', async () => {
      expect(await log.put(commit(5))).toBe('stored')
      expect(versions(await log.read('service/shop/web'))).toEqual([5])
    })

    it('reads in the order of versions as numbers, whatever order they came in', async () => {
      const wanted = [1, 2, 9, 10, 11, 99, 100, 1_000_000, 2 ** 40]
      await Promise.all([...wanted].reverse().map(version => log.put(commit(version))))
      expect(versions(await log.read('service/shop/web'))).toEqual(wanted)
      expect(await log.head('service/shop/web')).toEqual({ version: 2 ** 40, at: commit(2 ** 40).at })
    })

    it('reads what is above a version, at most so many', async () => {
      for (let version = 1; version <= 12; version++) await log.put(commit(version))
      expect(versions(await log.read('service/shop/web', 9))).toEqual([10, 11, 12])
      expect(versions(await log.read('service/shop/web', 2, 3))).toEqual([3, 4, 5])
      expect(versions(await log.read('service/shop/web', 0, 1))).toEqual([1])
      expect(await log.read('service/shop/web', 12)).toEqual([])
      expect(await log.read('service/shop/web', 0, 0)).toEqual([])
    })

    it('reads on over the megabyte that one answer of the database holds', async () => {
      for (let version = 1; version <= 7; version++) await log.put(commit(version, { events: ofBytes(300_000) }))
      expect(versions(await log.read('service/shop/web'))).toEqual([1, 2, 3, 4, 5, 6, 7])
      expect(versions(await log.read('service/shop/web', 1, 5))).toEqual([2, 3, 4, 5, 6])
    })

    it('keeps every character', async () => {
      const text = `naïve 東京 🚢 \u0000\u0001\u001f\u007f\u2028\ufeff "\\" ${Buffer.from([0, 127, 128, 255]).toString('latin1')} \ud800 end`
      const odd = commit(1, { actor: 'token Jürgen 🚢', events: [{ type: 'Ünïcode', text, '': { __proto__: null, 'a.b#c:d': [text] } }] })
      await log.put(odd)
      expect(await log.get(odd.stream, 1)).toEqual(odd)
      expect((await log.read(odd.stream))[0]).toEqual(odd)
    })

    it('L3: takes a commit that nearly fills an item', async () => {
      expect(await log.put(commit(1, { events: ofBytes(390 * 1024) }))).toBe('stored')
      expect(await log.get('service/shop/web', 1)).toEqual(commit(1, { events: ofBytes(390 * 1024) }))
    })

    it.each([401 * 1024, 5_000_000, 20_000_000])('L3: refuses a commit of %i bytes with LS-SPEC-LIMIT and leaves nothing', async bytes => {
      await expect(log.put(commit(1, { events: ofBytes(bytes) }))).rejects.toMatchObject({ code: 'LS-SPEC-LIMIT' })
      await expect(log.put(commit(1, { events: ofBytes(0), actor: 'é'.repeat(bytes / 2) }))).rejects.toMatchObject({
        code: 'LS-SPEC-LIMIT',
      })
      expect(await log.head('service/shop/web')).toBeUndefined()
      expect(await log.streams()).toEqual([])
      expect(await log.put(commit(1))).toBe('stored')
    })

    it('keeps streams apart whose names begin alike', async () => {
      const names = [
        'service/shop/web',
        'service/shop/web2',
        'service/shop/web/x',
        'service/shop/we',
        'service/shop/web~',
        'Service/shop/web',
      ]
      await Promise.all(names.map((stream, index) => log.put(commit(1, { stream, nonce: `n${index}` }))))
      for (const [index, stream] of names.entries()) expect(await log.read(stream)).toEqual([commit(1, { stream, nonce: `n${index}` })])
    })

    it('T2: lists every stream once, sorted, hundreds of them', async () => {
      const names = Array.from({ length: 300 }, (_, index) => `service/shop/s${index}`)
      await Promise.all(names.map(stream => log.put(commit(1, { stream }))))
      await Promise.all(names.slice(0, 20).flatMap(stream => [log.put(commit(1, { stream })), log.put(commit(2, { stream }))]))
      expect(await log.streams()).toEqual([...names].sort())
    })

    it('shares no memory with its callers', async () => {
      const mine = { ...commit(1), events: [{ type: 'A', list: [1] }] }
      await log.put(mine)
      mine.events[0]!.list.push(2)
      const first = (await log.get(mine.stream, 1)) as typeof mine
      tamper(() => void first.events[0]!.list.push(3))
      expect(((await log.get(mine.stream, 1)) as typeof mine).events[0]!.list).toEqual([1])
    })

    it('has everything still after it was closed and opened again', async () => {
      await log.put(commit(1, { stream: 'stack/shop' }))
      for (let version = 1; version <= 3; version++) await log.put(commit(version))
      const again = await fixture.reopen()
      expect(await again.read('service/shop/web')).toEqual([commit(1), commit(2), commit(3)])
      expect(await again.streams()).toEqual(['service/shop/web', 'stack/shop'])
      expect(await again.put(commit(3, { nonce: 'late' }))).toBe('refused')
      expect(await again.put(commit(4))).toBe('stored')
    })
  })
}
