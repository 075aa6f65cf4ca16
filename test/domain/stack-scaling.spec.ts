import { describe, expect, it } from 'vitest'
import { evolveStack, type StackEvent, wishedSpec } from '../../shared/domain/stack.ts'
import { policyOf } from '../scaling/given.ts'
import { commitOf, givenStack, type StackStory, spec, stackSpec } from './given.ts'

const small = policyOf({ max: 5 })
const large = policyOf({ max: 50 })
const scaled = (scale = small, image = 'web:1') => spec(image, { scale })
const scaleOf = (story: StackStory) => wishedSpec(story.service('web'))!.scale
const given = () => givenStack().up({ web: scaled() }).settleAll()

describe('a file that changes x-longshore.scale alone', () => {
  it('is a deployment of the same revision: how many there are is no part of what a task runs', () => {
    const story = given().up({ web: scaled(large) })
    expect(story.last).toMatchObject([{ type: 'WishesChanged', deployment: 2 }])
    expect(story.wishes['web']).toEqual({ run: { revision: 1, restarts: 0, stopped: false }, replicas: undefined, scale: large })
    expect(story.runs('web')).toEqual({ revision: 1, outcome: undefined, cause: 'up' })
    expect(scaleOf(story)).toEqual(large)
  })
  it('may take the policy away and bring it', () => {
    const story = given().up({ web: spec('web:1') })
    expect(story.wishes['web']).toMatchObject({ run: { revision: 1 }, scale: null })
    expect(scaleOf(story)).toBeUndefined()
    story.settleAll().up({ web: scaled(large) })
    expect(story.service('web').lastRevision).toBe(1)
    expect(scaleOf(story)).toEqual(large)
  })
  it('is nothing new when it says what the last one said, whatever the revision was made with', () => {
    const story = given()
      .up({ web: scaled(large) })
      .settleAll()
    expect(story.up({ web: scaled(large) }).last).toEqual([{ type: 'NothingChanged' }])
    story.up({ web: scaled(small) })
    expect(story.wishes['web']).not.toHaveProperty('scale')
    expect(scaleOf(story)).toEqual(small)
  })
})

describe('an abort', () => {
  it.each([
    ['of another policy', (story: StackStory) => story.up({ web: scaled(large, 'web:2') })],
    ['of another number', (story: StackStory) => story.up({ web: { spec: scaled(small, 'web:2'), replicas: 4 } })],
    ['of a restart', (story: StackStory) => story.when({ type: 'restart', services: ['web'] })],
  ])('%s does not go back beyond the newest stable deployment', (_, begin) => {
    const story = given()
      .up({ web: scaled(small, 'web:2') })
      .settleAll()
    begin(story)
    expect(story.runs('web')).toMatchObject({ revision: 2, outcome: undefined })
    story.when({ type: 'abort' })
    expect(story.refusal).toMatchObject({ code: 'LS-NOTHING-TO-ROLL-BACK', message: expect.stringContaining('deployment 2') })
    expect(story.runs('web').revision).toBe(2)
  })
})

describe('other deployments leave the policy of the last file', () => {
  const moved = () =>
    given()
      .up({ web: scaled(large, 'web:2') })
      .settleAll()
  it('a rollback to a revision that was scaled otherwise', () => {
    const story = moved().rollback('web')
    expect(story.runs('web').revision).toBe(1)
    expect(scaleOf(story)).toEqual(large)
  })
  it('a rollback by policy', () => {
    const story = given()
      .up({ web: scaled(large, 'web:2') })
      .settleAll('failed')
    expect(story.runs('web')).toMatchObject({ revision: 1, cause: 'rollback' })
    expect(scaleOf(story)).toEqual(large)
  })
  it('stop, start, restart and a pause', () => {
    const story = moved()
    for (const type of ['stop', 'start', 'restart'] as const) expect(scaleOf(story.when({ type, services: ['web'] }))).toEqual(large)
    expect(scaleOf(story.when({ type: 'pause', services: [] }))).toEqual(large)
  })
  it('a file of an earlier image says its own', () => {
    const story = moved().up({ web: scaled(small) })
    expect(story.runs('web').revision).toBe(1)
    expect(scaleOf(story)).toEqual(small)
  })
})

it('L9: what was written when each policy was a revision of its own reads as it was meant', () => {
  const { services } = stackSpec({ web: scaled() })
  const wished = (deployment: number, revision: number, more: object): StackEvent => ({
    type: 'WishesChanged',
    cause: 'up',
    deployment,
    wishes: { web: { run: { revision, restarts: 0, stopped: false }, ...more } },
  })
  const written = [wished(1, 1, { spec: services['web']!.spec }), wished(2, 2, { spec: scaled(large) }), wished(3, 1, {})]
  const story = givenStack()
  const policies = written.map((event, index) => {
    story.state = evolveStack(story.state, commitOf('stack/shop', index + 1, [event]))
    return scaleOf(story)
  })
  expect(policies).toEqual([small, large, small])
})
