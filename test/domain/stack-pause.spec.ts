import { describe, expect, it } from 'vitest'
import { handOver } from '../../shared/domain/stack-order.ts'
import { dependsOn, givenService, givenStack, spec, T0 } from './given.ts'

const rolling = () =>
  givenStack()
    .up({ web: spec('web:1'), db: spec('db') })
    .settleAll()
    .up({ web: spec('web:2'), db: spec('db') })

describe('holding a deployment', () => {
  it('L2: a pause is a new stamp of the same deployment for what is under way, with who asked and when', () => {
    const story = rolling()
    const settled = story.service('db')
    story.when({ type: 'pause', services: [] })
    expect(story.last).toEqual([{ type: 'PauseChanged', paused: true, services: ['web'] }])
    expect(story.service('web').wish).toMatchObject({
      stamp: story.state.version,
      deployment: 2,
      revision: 2,
      paused: { by: 'token laptop', at: T0 + story.state.version * 1_000 },
    })
    expect(story.service('db')).toEqual(settled)
    expect(story.state.lastDeployment).toBe(2)
    expect(story.state.deployments).toHaveLength(2)
  })

  it('goes on with another stamp, and says when there is nothing to change', () => {
    const story = rolling().when({ type: 'resume', services: [] })
    expect(story.last).toEqual([{ type: 'NothingChanged' }])
    story.when({ type: 'pause', services: ['web'] }).when({ type: 'pause', services: ['web'] })
    expect(story.last).toEqual([{ type: 'NothingChanged' }])
    story.when({ type: 'resume', services: [] })
    expect(story.service('web').wish.paused).toBeUndefined()
    expect(story.service('web').wish.stamp).toBe(story.state.version)
  })

  it('an outcome of the wish before the pause is out of date', () => {
    const story = rolling()
    const { stamp } = story.service('web').wish
    story.when({ type: 'pause', services: [] }).settle('web', 'ok', stamp)
    expect(story.last).toEqual([])
    expect(story.service('web').outcome).toBeUndefined()
  })

  it.each([
    ['pause', 'LS-NOTHING-UNDER-WAY'],
    ['resume', 'LS-NOTHING-UNDER-WAY'],
    ['abort', 'LS-NOTHING-UNDER-WAY'],
  ] as const)('%s is refused where nothing is under way', (type, code) => {
    const story = givenStack().up({ web: spec() }).settleAll()
    story.when(type === 'abort' ? { type } : { type, services: [] })
    expect(story.refusal?.code).toBe(code)
  })

  it('is refused for a service that there is not, and for one that is done', () => {
    expect(rolling().when({ type: 'pause', services: ['none'] }).refusal?.code).toBe('LS-NOT-FOUND')
    expect(rolling().when({ type: 'pause', services: ['db'] }).refusal?.code).toBe('LS-NOTHING-UNDER-WAY')
  })

  it('a removal is not held', () => {
    const story = rolling().down().when({ type: 'pause', services: [] })
    expect(story.refusal?.code).toBe('LS-NOTHING-UNDER-WAY')
  })

  it('ends with the next deployment, and with a removal', () => {
    const story = rolling().when({ type: 'pause', services: [] })
    expect(story.up({ web: spec('web:3'), db: spec('db') }).service('web').wish.paused).toBeUndefined()
    story.when({ type: 'pause', services: [] }).down()
    expect(story.service('web').wish.paused).toBeUndefined()
  })

  it('an abort goes back to the newest stable deployment at once, paused or not', () => {
    const story = rolling().when({ type: 'pause', services: [] }).when({ type: 'abort' })
    expect(story.last).toMatchObject([{ type: 'WishesChanged', cause: 'rollback', deployment: 3, to: 1 }])
    expect(story.runs('web')).toEqual({ revision: 1, outcome: undefined, cause: 'rollback' })
    expect(story.service('web').wish.paused).toBeUndefined()
  })

  it('an abort of the first deployment has nothing to go back to', () => {
    expect(givenStack().up({ web: spec() }).when({ type: 'abort' }).refusal?.code).toBe('LS-NOTHING-TO-ROLL-BACK')
  })

  it('hands the pause to what has begun, and lets nothing begin', () => {
    const story = givenStack()
      .up({ db: spec('db'), web: spec('web', dependsOn('db')) })
      .when({ type: 'pause', services: [] })
    expect(handOver(story.state, 'db', () => ({ isStarted: true, isUnderWay: true }))).toEqual({ now: true })
    expect(handOver(story.state, 'db', () => ({ isStarted: false }))).toEqual({
      waitsFor: `resume: paused by token laptop at ${new Date(story.service('db').wish.paused!.at).toISOString().slice(0, 19)}Z`,
    })
  })

  it('a service counts on where it was when it goes on, but for the time that it was held', () => {
    const paused = { by: 'token laptop', at: T0 }
    const story = givenService().wish({ stamp: 1, deployment: 1 }).starts(['a']).stopped('a')
    const before = story.state.deployment!
    story
      .wish({ stamp: 2, deployment: 1, paused })
      .happened({ type: 'WishTaken', wish: { ...story.state.wish!, stamp: 3, paused: undefined } }, 900_000)
    expect(story.state.deployment).toEqual({ ...before, stamp: 3, progressAt: story.at })
    expect(story.state.streak).toBe(1)
    story.wish({ stamp: 4, deployment: 2 })
    expect(story.state.deployment).toMatchObject({ stamp: 4, failures: 0 })
  })
})
