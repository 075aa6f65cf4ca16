import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { RouteTable } from '../../shared/adapters/proxy/route-table.ts'
import { closeAll, STREAM, startRouter } from './servers.ts'

afterEach(closeAll)

const target = (id: string) => ({ id, addresses: { '3000/tcp': { host: '127.0.0.1', port: 1 } } })
const set = (...ids: string[]) => ({ fronts: [], targets: ids.map(target) })

describe('E4: versions', () => {
  test('an older set is ignored, an equal one is applied again, streams do not touch each other', async () => {
    const router = startRouter()
    await router.apply(STREAM, 5, set('a'))
    await router.apply(STREAM, 4, set('b'))
    expect(await router.targets(STREAM, [])).toEqual(['a'])
    await router.apply(STREAM, 5, set('c'))
    expect(await router.targets(STREAM, [])).toEqual(['c'])
    await router.apply('service/shop/db', 1, set('d'))
    expect(await router.targets(STREAM, [])).toEqual(['c'])
    await router.apply(STREAM, 6, set())
    await router.apply(STREAM, 5, set('a'))
    expect(await router.targets(STREAM, [])).toEqual([])
    expect(await router.targets('service/shop/never', [])).toEqual([])
  })

  test('in any order of applies the set of the highest version is the one that gets requests', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'))
    const applies = fc.array(fc.record({ version: fc.integer({ min: 1, max: 6 }), ids }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(applies, list => {
        const table = new RouteTable({ rateWindowMs: 30_000 })
        for (const { version, ids: wanted } of list) table.apply(STREAM, version, set(...wanted))
        const highest = Math.max(...list.map(({ version }) => version))
        const expected = list.findLast(({ version }) => version === highest)!.ids
        const picked = new Set(expected.map(() => table.pick(STREAM, '3000/tcp')?.id))
        return table.pick(STREAM, '3000/tcp')?.isPresent !== false && [...picked].sort().join() === [...expected].sort().join()
      }),
    )
  })

  test('E5: whatever is opened, ended and applied, ids are the present ones and those with something open', () => {
    const step = fc.oneof(
      fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 0 }).map(ids => ({ ids })),
      fc.constant('open' as const),
      fc.nat().map(end => ({ end })),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), steps => {
        const table = new RouteTable({ rateWindowMs: 30_000 })
        const leases: { id: string; end(): void }[] = []
        let present: readonly string[] = []
        let version = 0
        for (const one of steps) {
          if (one === 'open') {
            const lease = table.pick(STREAM, '3000/tcp')
            if (lease && !present.includes(lease.id)) return false
            if (!lease && present.length > 0) return false
            if (lease) leases.push(lease)
          } else if ('ids' in one) {
            present = one.ids
            table.apply(STREAM, ++version, set(...present))
          } else if (leases.length > 0) {
            const [lease] = leases.splice(one.end % leases.length, 1)
            lease!.end()
            lease!.end()
          }
          const expected = new Set([...present, ...leases.map(({ id }) => id)])
          if ([...expected].sort().join() !== [...table.ids(STREAM)].sort().join()) return false
        }
        return true
      }),
      { numRuns: 500 },
    )
  })

  test('a target that comes back is the same one, with what it still has open', () => {
    const table = new RouteTable({ rateWindowMs: 30_000 })
    table.apply(STREAM, 1, set('a'))
    const lease = table.pick(STREAM, '3000/tcp')!
    table.apply(STREAM, 2, set())
    expect(lease.isPresent).toBe(false)
    table.apply(STREAM, 3, set('a', 'b'))
    expect(lease.isPresent).toBe(true)
    expect(table.pick(STREAM, '3000/tcp')?.id).toBe('b')
  })
})
