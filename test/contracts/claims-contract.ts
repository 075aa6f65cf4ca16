import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Claims } from '../../shared/ports/claims.ts'
import type { Fixture, Make } from './fixture.ts'

/** What every store of claims does (L10). */
export function claimsContract(name: string, make: Make<Claims>): void {
  describe(`claims: ${name}`, () => {
    let fixture: Fixture<Claims>
    let claims: Claims
    beforeEach(async () => {
      fixture = await make()
      claims = fixture.port
    })
    afterEach(() => fixture.close())

    it('L10: the first owner has it, the next is told whose it is', async () => {
      expect(await claims.take('port/80', 'service/shop/web', 1)).toEqual({ taken: true })
      expect(await claims.take('port/80', 'service/blog/web', 2)).toEqual({ taken: false, owner: 'service/shop/web' })
      expect(await claims.take('port/81', 'service/blog/web', 3)).toEqual({ taken: true })
      expect(await claims.list()).toEqual([
        { name: 'port/80', owner: 'service/shop/web', at: 1 },
        { name: 'port/81', owner: 'service/blog/web', at: 3 },
      ])
    })

    it('L10: says who has it, and nobody of what was never taken or was released', async () => {
      await claims.take('port/80', 'service/shop/web', 1)
      await claims.take('port/81', 'service/shop/web', 1)
      await claims.release('port/81', 'service/shop/web')
      expect(await Promise.all(['port/80', 'port/81', 'port/82'].map(name => claims.owner(name)))).toEqual([
        'service/shop/web',
        undefined,
        undefined,
      ])
    })

    it('L10: taking what one owns succeeds, and makes it younger', async () => {
      await claims.take('port/80', 'service/shop/web', 1)
      expect(await claims.take('port/80', 'service/shop/web', 9)).toEqual({ taken: true })
      expect(await claims.list()).toEqual([{ name: 'port/80', owner: 'service/shop/web', at: 9 }])
    })

    it('L10: of 50 that ask at once exactly one has it, and all others are told the same owner', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, racer) => claims.take('port/80', `service/s${racer}/web`, racer)))
      const winner = answers.findIndex(answer => answer.taken)
      expect(answers.filter(answer => answer.taken)).toHaveLength(1)
      expect(new Set(answers.map(answer => (answer.taken ? `service/s${winner}/web` : answer.owner)))).toEqual(
        new Set([`service/s${winner}/web`]),
      )
    })

    it('L10: released by its owner it is free; by anybody else, or twice, nothing happens', async () => {
      await claims.take('shop.example/api é', 'a', 1)
      await claims.release('shop.example/api é', 'b')
      await claims.release('never taken', 'a')
      expect(await claims.take('shop.example/api é', 'b', 2)).toEqual({ taken: false, owner: 'a' })
      await claims.release('shop.example/api é', 'a')
      await claims.release('shop.example/api é', 'a')
      expect(await claims.list()).toEqual([])
      expect(await claims.take('shop.example/api é', 'b', 3)).toEqual({ taken: true })
      await claims.release('shop.example/api é', 'a')
      expect(await claims.list()).toEqual([{ name: 'shop.example/api é', owner: 'b', at: 3 }])
    })

    it('L10: while it changes hands nobody has it twice', async () => {
      let holders = 0
      const passOn = async (owner: string) => {
        for (let turn = 0; turn < 8; turn++) {
          if (!(await claims.take('port/80', owner, turn)).taken) continue
          expect(++holders).toBe(1)
          holders--
          await claims.release('port/80', owner)
        }
      }
      await Promise.all(Array.from({ length: 6 }, (_, index) => passOn(`owner-${index}`)))
      expect(await claims.list()).toEqual([])
    })

    it('has everything still after it was closed and opened again', async () => {
      await claims.take('port/80', 'a', 1)
      await claims.take('port/81', 'a', 1)
      await claims.release('port/81', 'a')
      const again = await fixture.reopen()
      expect(await again.list()).toEqual([{ name: 'port/80', owner: 'a', at: 1 }])
      expect(await again.take('port/80', 'b', 2)).toEqual({ taken: false, owner: 'a' })
    })
  })
}
