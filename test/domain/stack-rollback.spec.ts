import { describe, expect, it } from 'vitest'
import { evolveStack, type StackEvent } from '../../shared/domain/stack.ts'
import { commitOf, givenStack, type StackStory, spec } from './given.ts'

const goodRevisions = (count: number): StackStory => {
  const story = givenStack()
  for (let number = 1; number <= count; number++) story.up({ web: spec(`v${number}`) }).settleAll()
  return story
}

describe('rolling back by policy', () => {
  it('L2: the failed outcome and the rollback stand in one commit', () => {
    const story = givenStack()
      .up({ web: spec('a') })
      .settleAll()
      .up({ web: spec('b') })
      .settle('web', 'failed')
    expect(story.last.map(event => event.type)).toEqual(['ServiceSettled', 'WishesChanged'])
    expect(story.last[1]).toMatchObject({
      cause: 'rollback',
      deployment: 3,
      why: 'web: said so',
      wishes: { web: { run: { revision: 1 } } },
    })
    expect(story.runs('web')).toEqual({ revision: 1, outcome: undefined, cause: 'rollback' })
    expect(story.state.deployments.map(past => past.outcome)).toEqual(['ok', 'failed', undefined])
    expect(story.settleAll().state.deployments.at(-1)!.outcome).toBe('ok')
  })

  it.each([
    ['pause', false],
    ['continue', false],
    ['rollback', true],
    [undefined, true],
  ] as const)('failure_action %s: rolls back %s', (failureAction, rollsBack) => {
    const story = givenStack()
      .up({ web: spec('a') })
      .settleAll()
      .up({ web: spec('b', { update: { failureAction } }) })
      .settle('web', 'failed')
    expect(story.runs('web')).toEqual(rollsBack ? { revision: 1, cause: 'rollback' } : { revision: 2, outcome: 'failed', cause: 'up' })
  })

  it('L2: a rollback that fails stops and asks', () => {
    const story = givenStack()
      .up({ web: spec('a') })
      .settleAll()
      .up({ web: spec('b') })
      .settleAll('failed')
    expect(story.runs('web').cause).toBe('rollback')
    story.settle('web', 'failed')
    expect(story.last.map(event => event.type)).toEqual(['ServiceSettled'])
    expect(story.runs('web')).toEqual({ revision: 1, outcome: 'failed', cause: 'rollback' })
  })

  it('never goes back to an equal spec, and not at all when nothing was ever stable', () => {
    const first = givenStack()
      .up({ web: spec('a') })
      .settle('web', 'failed')
    expect(first.last.map(event => event.type)).toEqual(['ServiceSettled'])
    const same = givenStack()
      .up({ web: spec('a') })
      .settleAll()
      .up({ web: { spec: spec('a'), replicas: 4 } })
      .settle('web', 'failed')
    expect(same.last.map(event => event.type)).toEqual(['ServiceSettled'])
  })

  it('M1: a rollback never changes the scale', () => {
    const story = givenStack()
      .up({ web: { spec: spec('a'), replicas: 2 } })
      .settleAll()
      .up({ web: { spec: spec('b'), replicas: 6 } })
    const { replicas, replicasBy } = story.service('web').wish
    story.settle('web', 'failed')
    expect(story.service('web').wish).toMatchObject({ revision: 1, replicas, replicasBy })
  })

  it.each(['rollback', 'restart', 'stop'] as const)('a failed %s rolls nothing back', type => {
    const story = goodRevisions(3)
    if (type === 'rollback') story.rollback('web')
    else story.when({ type, services: [] })
    expect(story.settle('web', 'failed').last.map(event => event.type)).toEqual(['ServiceSettled'])
  })

  it('L2: an outcome of an older stamp, of an unknown service or said twice does nothing', () => {
    const story = givenStack().up({ web: spec('a') })
    const stale = story.service('web').wish.stamp
    story.up({ web: spec('b') })
    for (const again of [
      () => story.settle('web', 'failed', stale),
      () => story.settle('web', 'ok', stale + 9),
      () => story.settle('nope', 'ok', 1),
    ]) {
      expect(again().last).toEqual([])
    }
    const { stamp } = story.service('web').wish
    story.settle('web')
    expect(story.settle('web', 'failed', stamp).last).toEqual([])
    expect(story.runs('web').outcome).toBe('ok')
  })

  it('L2: a stale outcome that reached the log all the same is ignored by the fold', () => {
    const { state } = givenStack()
      .up({ web: spec('a') })
      .up({ web: spec('b') })
    const stale: StackEvent = { type: 'ServiceSettled', service: 'web', stamp: 1, outcome: 'ok', why: 'late' }
    expect(evolveStack(state, commitOf('stack/shop', 3, [stale])).services).toEqual(state.services)
  })

  it.each([9, 10, 11, 99, 100, 101, 255, 256, 300])('field case 19: after %i good revisions a bad one goes back to the newest', count => {
    const story = goodRevisions(count)
      .up({ web: spec('bad') })
      .settle('web', 'failed')
    expect(story.runs('web')).toEqual({ revision: count, cause: 'rollback' })
    expect(story.service('web').revisions[count]!.spec.image).toBe(`v${count}`)
    expect(Object.keys(story.service('web').revisions).length).toBeLessThanOrEqual(110)
  })

  it('field case 19: after down and up again, back to the re-applied one and never to the former life', () => {
    const story = goodRevisions(300)
      .down()
      .settleAll()
      .up({ web: spec('again') })
    expect(story.runs('web').revision).toBe(301)
    story
      .settleAll()
      .up({ web: spec('bad') })
      .settle('web', 'failed')
    expect(story.runs('web')).toEqual({ revision: 301, cause: 'rollback' })
  })

  it('field case 19: a first revision of a new life that fails has nothing to go back to', () => {
    const story = goodRevisions(3)
      .down()
      .settleAll()
      .up({ web: spec('bad') })
      .settle('web', 'failed')
    expect(story.last.map(event => event.type)).toEqual(['ServiceSettled'])
    expect(story.rollback('web').refusal?.code).toBe('LS-NOTHING-TO-ROLL-BACK')
    expect(story.rollback().refusal?.code).toBe('LS-NOTHING-TO-ROLL-BACK')
  })

  it('field case 19: asking for a rollback of the stack stays in this life too', () => {
    const story = goodRevisions(3)
      .down()
      .settleAll()
      .up({ web: spec('again') })
      .settleAll()
    expect(story.rollback().refusal?.code).toBe('LS-NOTHING-TO-ROLL-BACK')
    story
      .up({ web: spec('more') })
      .settleAll()
      .rollback()
    expect(story.runs('web').revision).toBe(4)
  })

  it('a stack that is down comes back as it was by a rollback', () => {
    const story = goodRevisions(3).down().settleAll().rollback()
    expect(story.runs('web')).toMatchObject({ revision: 3, cause: 'rollback' })
  })
})

describe('rolling back when asked', () => {
  it('of one service: the newest stable revision that differs, or the one named', () => {
    expect(goodRevisions(4).rollback('web').runs('web').revision).toBe(3)
    expect(goodRevisions(4).rollback('web', 1).runs('web').revision).toBe(1)
  })

  it('leaves the other services alone when one is named', () => {
    const story = givenStack()
      .up({ web: spec('a'), db: spec('a') })
      .settleAll()
      .up({ web: spec('b'), db: spec('b') })
      .settleAll()
    expect(Object.keys(story.rollback('web').wishes)).toEqual(['web'])
  })

  it('of the stack: everything as it was when the last different deployment was over', () => {
    const story = givenStack()
      .up({ web: spec('a'), old: spec('o') })
      .settleAll()
      .up({ web: spec('b'), fresh: spec('f') })
      .settleAll()
      .rollback()
    expect(story.last).toMatchObject([{ cause: 'rollback', to: 1, deployment: 3 }])
    expect(story.wishes).toEqual({
      web: { run: { revision: 1, restarts: 0, stopped: false } },
      old: { run: { revision: 1, restarts: 0, stopped: false } },
      fresh: { remove: true },
    })
  })

  it('of the stack to a deployment by its number', () => {
    const story = goodRevisions(4).rollback(undefined, 2)
    expect(story.runs('web').revision).toBe(2)
    expect(story.state.deployments.at(-1)).toMatchObject({ number: 5, to: 2, cause: 'rollback' })
  })

  it('skips failed and equal deployments', () => {
    const story = givenStack()
      .up({ web: spec('a') })
      .settleAll()
      .up({ web: spec('bad') })
      .settleAll('failed')
      .settleAll()
    expect(story.runs('web').revision).toBe(1)
    expect(story.rollback().refusal?.code).toBe('LS-NOTHING-TO-ROLL-BACK')
  })

  it.each<[string, () => StackStory, string]>([
    ['one service with one revision', () => goodRevisions(1).rollback('web'), 'LS-NOTHING-TO-ROLL-BACK'],
    ['a stack with one deployment', () => goodRevisions(1).rollback(), 'LS-NOTHING-TO-ROLL-BACK'],
    ['to where it is', () => goodRevisions(2).rollback('web', 2), 'LS-NOTHING-TO-ROLL-BACK'],
    ['to the deployment that it is as after', () => goodRevisions(2).rollback(undefined, 2), 'LS-NOTHING-TO-ROLL-BACK'],
    ['to a revision that never was', () => goodRevisions(2).rollback('web', 9), 'LS-NOT-FOUND'],
    ['to a deployment that never was', () => goodRevisions(2).rollback(undefined, 9), 'LS-NOT-FOUND'],
    ['an unknown service', () => goodRevisions(2).rollback('nope'), 'LS-NOT-FOUND'],
    ['a removed service', () => goodRevisions(2).down().settleAll().rollback('web'), 'LS-NOT-FOUND'],
    ['a stack without anything', () => givenStack().rollback(), 'LS-NOTHING-TO-ROLL-BACK'],
  ])('refuses %s', (_, act, code) => {
    const story = act()
    expect(story.refusal?.code).toBe(code)
    expect(story.last).toEqual([])
  })

  it('keeps a stopped service stopped', () => {
    const story = goodRevisions(2).when({ type: 'stop', services: [] }).settleAll().rollback('web')
    expect(story.service('web').wish).toMatchObject({ revision: 1, stopped: true })
  })
})
