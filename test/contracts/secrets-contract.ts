import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Secrets } from '../../shared/ports/secrets.ts'
import type { Fixture, Make } from './fixture.ts'

/** What every secret store does (M3). */
export function secretsContract(name: string, make: Make<Secrets>): void {
  describe(`secrets: ${name}`, () => {
    let fixture: Fixture<Secrets>
    let secrets: Secrets
    beforeEach(async () => {
      fixture = await make()
      secrets = fixture.port
    })
    afterEach(() => fixture.close())

    it('M3: gives back each version of a value', async () => {
      const odd = 'pä$$ "w\u0000rd"\n🚢'
      expect(await secrets.get('shop', 'db', 1)).toBeUndefined()
      expect((await secrets.put('shop', 'db', odd)).version).toBe(1)
      expect((await secrets.put('shop', 'db', '')).version).toBe(2)
      expect(await secrets.get('shop', 'db', 1)).toBe(odd)
      expect(await secrets.get('shop', 'db', 2)).toBe('')
      expect(await secrets.get('shop', 'db', 3)).toBeUndefined()
    })

    it('M3: the value of the newest version is that version again; an earlier value is a new one', async () => {
      const first = await secrets.put('shop', 'db', 'a')
      expect(await secrets.put('shop', 'db', 'a')).toEqual(first)
      await secrets.put('shop', 'db', 'b')
      expect(await secrets.put('shop', 'db', 'a')).toEqual({ version: 3, hash: first.hash })
    })

    it('M3: a preview answers what a put would, and stores nothing', async () => {
      const preview = await secrets.preview('shop', 'db', 'a')
      expect(await secrets.get('shop', 'db', 1)).toBeUndefined()
      expect(await secrets.put('shop', 'db', 'a')).toEqual(preview)
      expect(await secrets.preview('shop', 'db', 'a')).toEqual(preview)
      const next = await secrets.preview('shop', 'db', 'b')
      expect(next.version).toBe(2)
      expect(await secrets.get('shop', 'db', 2)).toBeUndefined()
      expect(await secrets.put('shop', 'db', 'b')).toEqual(next)
    })

    it('M3: the hash tells equal values of one secret, and neither the value nor where else it is used', async () => {
      const hash = async (stack: string, secret: string, value: string) => (await secrets.put(stack, secret, value)).hash
      const hashes = [
        await hash('shop', 'db', 'a'),
        await hash('shop', 'db', 'b'),
        await hash('shop', 'mail', 'a'),
        await hash('blog', 'db', 'a'),
      ]
      expect(new Set(hashes).size).toBe(4)
      for (const one of hashes) expect(one).toMatch(/^[0-9a-f]{64}$/)
    })

    it('keeps stacks and names apart, however they are spelt', async () => {
      const places = [
        ['a', 'b/c'],
        ['a/b', 'c'],
        ['__proto__', 'constructor'],
        ['a', '__proto__'],
        ['a b', 'c'],
      ] as const
      for (const [index, [stack, secret]] of places.entries()) expect((await secrets.put(stack, secret, `value ${index}`)).version).toBe(1)
      for (const [index, [stack, secret]] of places.entries()) expect(await secrets.get(stack, secret, 1)).toBe(`value ${index}`)
    })

    it('loses none of many puts at once', async () => {
      const versions = await Promise.all(Array.from({ length: 20 }, (_, index) => secrets.put('shop', 'db', `value ${index}`)))
      expect(versions.map(({ version }) => version).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
      for (const [index, { version }] of versions.entries()) expect(await secrets.get('shop', 'db', version)).toBe(`value ${index}`)
      const same = await Promise.all(Array.from({ length: 10 }, () => secrets.put('shop', 'mail', 'same')))
      expect(new Set(same.map(({ version }) => version))).toEqual(new Set([1]))
    })

    it('forgets one stack only, and never lets an old number mean a new value', async () => {
      await secrets.put('shop', 'db', 'a')
      await secrets.put('blog', 'db', 'b')
      await secrets.forget('shop')
      await secrets.forget('nobody')
      expect(await secrets.get('shop', 'db', 1)).toBeUndefined()
      expect(await secrets.get('blog', 'db', 1)).toBe('b')
      expect((await secrets.put('shop', 'db', 'a')).version).toBe(2)
      expect(await secrets.get('shop', 'db', 1)).toBeUndefined()
    })

    it('has everything still after it was closed and opened again', async () => {
      const first = await secrets.put('shop', 'db', 'a')
      const again = await fixture.reopen()
      expect(await again.get('shop', 'db', 1)).toBe('a')
      expect(await again.put('shop', 'db', 'a')).toEqual(first)
    })
  })
}
