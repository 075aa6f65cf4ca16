import { describe, expect, it } from 'vitest'
import { remember } from '../../shared/domain/commit.ts'
import { hashOf } from '../../shared/domain/hash.ts'
import { emptyService } from '../../shared/domain/service.ts'
import { decideWish } from '../../shared/domain/service-decide.ts'
import { taskId } from '../../shared/domain/task-id.ts'
import { commitOf, givenService, wishOf } from './given.ts'

describe('what a stream remembers of commands', () => {
  const keyed = (version: number, events: readonly { type: string }[] = [{ type: 'A' }]) =>
    commitOf('stack/shop', version, events, { commandId: `key-${version}`, commandHash: `hash-${version}` })

  it('L4: the id, the hash of the body and the version that answered', () => {
    expect(remember([], keyed(3))).toEqual([{ id: 'key-3', hash: 'hash-3', version: 3, refusal: undefined }])
  })

  it('L4: a refusal too, so that a late repetition cannot be accepted', () => {
    const refused = { type: 'CommandRefused', code: 'LS-NOT-FOUND', message: 'no' }
    expect(remember([], keyed(1, [refused]))[0]!.refusal).toEqual({ code: 'LS-NOT-FOUND', message: 'no' })
  })

  it('L4: the last 1,000, oldest forgotten first', () => {
    let answered = remember([], keyed(1))
    for (let version = 2; version <= 1_500; version++) answered = remember(answered, keyed(version))
    expect(answered).toHaveLength(1_000)
    expect([answered[0]!.id, answered.at(-1)!.id]).toEqual(['key-501', 'key-1500'])
  })

  it('nothing of commits that no command led to', () => {
    expect(remember([], commitOf('stack/shop', 1, [{ type: 'A' }]))).toEqual([])
  })
})

describe('taking wishes', () => {
  it('L2: only a stamp above the last taken', () => {
    const story = givenService().wish({ stamp: 5 })
    expect(decideWish(story.state, wishOf({ stamp: 5 }))).toEqual([])
    expect(decideWish(story.state, wishOf({ stamp: 4, revision: 9 }))).toEqual([])
    expect(decideWish(story.state, wishOf({ stamp: 6 }))).toHaveLength(1)
    expect(decideWish(emptyService, wishOf({ stamp: 1 }))).toHaveLength(1)
  })

  it.each([
    ['the first file', [], { replicas: 3, by: 1 }, 3],
    ['a number changed in the file after a scale', [{ scale: 7, after: 1 }], { replicas: 4, by: 2 }, 4],
    ['an unchanged number keeps the scale', [{ scale: 7, after: 1 }], { replicas: 3, by: 1 }, 7],
    ['a scale right after up -d is not undone by the late hand-over', [{ scale: 7, after: 2 }], { replicas: 4, by: 2 }, 7],
    ['nor by the next, unrelated deploy', [{ scale: 7, after: 2 }, { wish: { replicas: 4, by: 2 } }], { replicas: 4, by: 2 }, 7],
    ['a later change of the file wins', [{ scale: 7, after: 2 }, { wish: { replicas: 4, by: 2 } }], { replicas: 5, by: 4 }, 5],
    [
      'a scale that read an older stack never lowers the version',
      [{ wish: { replicas: 4, by: 6 } }, { scale: 2, after: 3 }],
      { replicas: 9, by: 5 },
      2,
    ],
  ] as const)('M1: %s', (_, before, wish, wanted) => {
    const story = givenService().wish({ stamp: 1, replicas: 3, replicasBy: 1 })
    let stamp = 1
    for (const step of before) {
      if ('scale' in step) story.happened({ type: 'ScaleSet', replicas: step.scale, after: step.after })
      else story.wish({ stamp: ++stamp, replicas: step.wish.replicas, replicasBy: step.wish.by })
    }
    story.wish({ stamp: ++stamp, replicas: wish.replicas, replicasBy: wish.by })
    expect(story.state.scale.replicas).toBe(wanted)
  })

  it('begins a deployment with no failures and no backoff', () => {
    const story = givenService().wish().starts(['a']).stopped('a').wish({ stamp: 2, revision: 2 })
    expect(story.state).toMatchObject({ streak: 0, deployment: { stamp: 2, failures: 0, successes: 0, most: 0, progressAt: story.at } })
    expect(story.state.ended).toBeUndefined()
  })
})

describe('task ids', () => {
  const installation = { id: 'home', epoch: 1 }

  it('E1: are at most 36 characters, and readable', () => {
    const id = taskId(installation, 'service/shop/a-very-long-service-name_indeed', 123_456, 99, 1_234_567)
    expect(id).toMatch(/^averylongser-234567-[0-9a-f]{16}$/)
    expect(id.length).toBeLessThanOrEqual(36)
    expect(taskId(installation, 'service/shop/---', 1, 0, 1)).toMatch(/^task-1-/)
  })

  it('E1: differ by installation, epoch, stream, version and index, and by nothing else', () => {
    const of = (id: string, epoch: number, stream: string, version: number, index: number) =>
      taskId({ id, epoch }, stream, version, index, 1).split('-')[2]
    const ids = [
      of('a', 1, 's/x', 1, 0),
      of('b', 1, 's/x', 1, 0),
      of('a', 2, 's/x', 1, 0),
      of('a', 1, 's/y', 1, 0),
      of('a', 1, 's/x', 2, 0),
      of('a', 1, 's/x', 1, 1),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    expect(of('a', 1, 's/x', 1, 0)).toBe(ids[0])
  })

  it('equal values have equal hashes, in whatever order they were built', () => {
    expect(hashOf({ b: [1, { d: 1, c: undefined }], a: 'x' })).toBe(hashOf({ a: 'x', b: [1, { d: 1 }] }))
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]))
  })
})
