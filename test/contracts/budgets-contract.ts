import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Budgets } from '../../shared/ports/budgets.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { Fixture, Make } from './fixture.ts'

const RATE = { burst: 100, perSecond: 20 }

/** What every store of budgets does (T3). `make` is given the clock that the store reads. */
export function budgetsContract(name: string, make: (clock: Clock) => Make<Budgets>): void {
  describe(`budgets: ${name}`, () => {
    let fixture: Fixture<Budgets>
    let budgets: Budgets
    let now: number
    beforeEach(async () => {
      now = 1_800_000_000_000
      fixture = await make({ now: () => now })()
      budgets = fixture.port
    })
    afterEach(() => fixture.close())
    const take = (wanted: number) => budgets.take('launches', wanted, RATE)

    it('T3: gives the burst at once, then so many a second, and never more than the burst however long it rested', async () => {
      expect(await take(70)).toBe(70)
      expect(await take(70)).toBe(30)
      expect(await take(1)).toBe(0)
      now += 1_000
      expect(await take(50)).toBe(20)
      now += 86_400_000
      expect(await take(1_000)).toBe(100)
    })

    it('T3: what was refused is not spent', async () => {
      await take(100)
      for (let asked = 0; asked < 20; asked++) expect(await take(5)).toBe(0)
      now += 250
      expect(await take(5)).toBe(5)
    })

    it('T3: each name has a budget of its own', async () => {
      await take(100)
      expect(await budgets.take('registrations é', 3, { burst: 2, perSecond: 1 })).toBe(2)
      expect(await budgets.take('launches/FARGATE_SPOT', 100, RATE)).toBe(100)
    })

    it('T3: however many ask at once, together they get no more than there is, and what is left can be had', async () => {
      const first = await Promise.all(Array.from({ length: 20 }, () => take(9)))
      let given = first.reduce((sum, some) => sum + some, 0)
      expect(given).toBeLessThanOrEqual(100)
      expect(given).toBeGreaterThan(0)
      for (let asked = 0; asked < 12; asked++) given += await take(9)
      expect(given).toBe(100)
    })

    it('T3: what is spent stays spent after it was closed and opened again', async () => {
      await take(95)
      const again = await fixture.reopen()
      expect(await again.take('launches', 10, RATE)).toBe(5)
    })

    it('T5: a clock that was set back finds the bucket empty, and waits no longer than that', async () => {
      await take(40)
      now -= 3_600_000
      expect(await take(10)).toBe(0)
      now += 500
      expect(await take(100)).toBe(10)
    })
  })
}
