import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inOrder } from '../../shared/application/causal-order.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import { commitOf } from '../domain/given.ts'

const commit = (stream: string, version: number, at: number, causedBy?: string): Commit => commitOf(stream, version, [], { at, causedBy })
const names = (commits: readonly Commit[]) => commits.map(({ stream, version }) => `${stream} ${version}`)

describe('the order of events of several streams', () => {
  it('is by time, and within a millisecond no effect stands before its cause, whatever the names of the streams', () => {
    const asked = commit('stack/shop', 3, 10)
    const taken = commit('service/shop/web', 7, 10, 'stack/shop 3')
    const planned = commit('service/shop/web', 8, 10, 'service/shop/web 7')
    const settled = commit('stack/shop', 4, 10, 'service/shop/web 8')
    const early = commit('service/shop/zoo', 1, 9)
    const wanted = names([early, asked, taken, planned, settled])
    expect(names(inOrder([settled, planned, taken, asked, early]))).toEqual(wanted)
  })

  it('keeps every commit and the order of each stream, even where causes are told that cannot be', () => {
    const any = fc.record({
      stream: fc.constantFrom('a', 'b', 'c'),
      at: fc.nat(2),
      cause: fc.option(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(6))),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 15 }), items => {
        const heads: Record<string, { version: number; at: number }> = {}
        const commits = items.map(({ stream, at, cause }) => {
          const head = heads[stream] ?? { version: 0, at: 0 }
          heads[stream] = { version: head.version + 1, at: Math.max(head.at, at) }
          return commit(stream, heads[stream].version, heads[stream].at, cause ? cause.join(' ') : undefined)
        })
        const ordered = inOrder(commits)
        expect(names(ordered).sort()).toEqual(names(commits).sort())
        for (const stream of ['a', 'b', 'c']) {
          const versions = ordered.filter(one => one.stream === stream).map(({ version }) => version)
          expect(versions).toEqual([...versions].sort((a, b) => a - b))
        }
      }),
    )
  })
})
