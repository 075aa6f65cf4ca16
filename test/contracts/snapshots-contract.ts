import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Snapshot, Snapshots } from '../../shared/ports/snapshots.ts'
import { type Fixture, type Make, tamper } from './fixture.ts'

const snapshot = (version: number, more: Partial<Snapshot> = {}): Snapshot => ({
  stream: 'service/shop/web',
  version,
  schema: 1,
  state: { number: version },
  ...more,
})

/** What every store of snapshots does (L5). */
export function snapshotsContract(name: string, make: Make<Snapshots>): void {
  describe(`snapshots: ${name}`, () => {
    let fixture: Fixture<Snapshots>
    let snapshots: Snapshots
    beforeEach(async () => {
      fixture = await make()
      snapshots = fixture.port
    })
    afterEach(() => fixture.close())

    it('gives back the state as it was saved, and none where none is', async () => {
      const full = snapshot(7, { state: { text: 'é 🚢 \u0000', list: [1, null, { deep: true }] } })
      expect(await snapshots.load('service/shop/web')).toBeUndefined()
      await snapshots.save(full)
      expect(await snapshots.load('service/shop/web')).toEqual(full)
      expect(await snapshots.load('service/shop/web2')).toBeUndefined()
    })

    it('L5: moves forward only', async () => {
      for (const version of [5, 9, 7, 8]) await snapshots.save(snapshot(version))
      await snapshots.save(snapshot(9, { state: 'an equal one' }))
      expect(await snapshots.load('service/shop/web')).toEqual(snapshot(9))
    })

    it('L5: a newer schema of the same version replaces it, an older one does not', async () => {
      await snapshots.save(snapshot(9))
      await snapshots.save(snapshot(9, { schema: 2, state: 'second' }))
      await snapshots.save(snapshot(9, { schema: 1, state: 'first' }))
      expect(await snapshots.load('service/shop/web')).toEqual(snapshot(9, { schema: 2, state: 'second' }))
    })

    it('L5: of saves at once the highest version stays', async () => {
      await Promise.all(Array.from({ length: 30 }, (_, index) => snapshots.save(snapshot(((index * 7) % 30) + 1))))
      expect(await snapshots.load('service/shop/web')).toEqual(snapshot(30))
    })

    it('L5: a state of megabytes that does not compress comes back, and is replaced by a small one', async () => {
      const large = snapshot(1, { state: randomBytes(1_500_000).toString('base64') })
      await snapshots.save(large)
      expect(await snapshots.load('service/shop/web')).toEqual(large)
      await snapshots.save(snapshot(2))
      expect(await snapshots.load('service/shop/web')).toEqual(snapshot(2))
    })

    it('shares no memory with its callers', async () => {
      const state = { list: [1] }
      await snapshots.save(snapshot(1, { state }))
      state.list.push(2)
      const first = (await snapshots.load('service/shop/web'))!.state as typeof state
      tamper(() => void first.list.push(3))
      expect((await snapshots.load('service/shop/web'))!.state).toEqual({ list: [1] })
    })

    it('has everything still after it was closed and opened again', async () => {
      await snapshots.save(snapshot(3))
      expect(await (await fixture.reopen()).load('service/shop/web')).toEqual(snapshot(3))
    })
  })
}
