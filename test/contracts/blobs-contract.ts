import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Blobs } from '../../shared/ports/blobs.ts'
import { type Fixture, type Make, tamper } from './fixture.ts'

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

/** What every blob store does. */
export function blobsContract(name: string, make: Make<Blobs>): void {
  describe(`blobs: ${name}`, () => {
    let fixture: Fixture<Blobs>
    let blobs: Blobs
    beforeEach(async () => {
      fixture = await make()
      blobs = fixture.port
    })
    afterEach(() => fixture.close())

    it.each([0, 1, 70_000, 3_000_000])('names %i bytes by their SHA-256 and gives them back', async bytes => {
      const content = new Uint8Array(randomBytes(bytes))
      const hash = await blobs.put(content)
      expect(hash).toBe(sha256(content))
      expect(Buffer.compare((await blobs.get(hash))!, content)).toBe(0)
    })

    it('takes the same content again, and many times at once', async () => {
      const content = new Uint8Array(randomBytes(10_000))
      const hashes = await Promise.all(Array.from({ length: 20 }, () => blobs.put(content)))
      expect(new Set([...hashes, await blobs.put(content)])).toEqual(new Set([sha256(content)]))
      expect(Buffer.compare((await blobs.get(hashes[0]!))!, content)).toBe(0)
    })

    it.each(['0'.repeat(64), '', '..', '../../etc/passwd', 'A'.repeat(64), `${'0'.repeat(63)}/`])('has nothing under %j', async hash => {
      expect(await blobs.get(hash)).toBeUndefined()
    })

    it('shares no memory with its callers', async () => {
      const content = Uint8Array.of(1, 2, 3)
      const hash = await blobs.put(content)
      content[0] = 9
      const first = (await blobs.get(hash))!
      tamper(() => void (first[1] = 9))
      expect([...(await blobs.get(hash))!]).toEqual([1, 2, 3])
    })

    it('has everything still after it was closed and opened again', async () => {
      const hash = await blobs.put(Uint8Array.of(1, 2, 3))
      expect([...(await (await fixture.reopen()).get(hash))!]).toEqual([1, 2, 3])
    })
  })
}
