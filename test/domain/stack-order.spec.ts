import { describe, expect, it } from 'vitest'
import { handOver, type Progress } from '../../shared/domain/stack-order.ts'
import { dependsOn, givenStack, type StackStory, spec } from './given.ts'

const nowhere: Progress = { isStarted: false }
const handed = (story: StackStory, name: string, progress: Progress = nowhere) => handOver(story.state, name, () => progress)

const pair = (condition: Parameters<typeof dependsOn>[1], required = true) =>
  givenStack().up({ db: spec('db'), web: spec('web', dependsOn('db', condition, required)) })

describe('the order in which services are deployed (L1)', () => {
  it('L1: what depends on nothing goes first', () => {
    const story = pair('service_healthy')
    expect(handed(story, 'db')).toEqual({ now: true })
    expect(handed(story, 'web')).toEqual({ waitsFor: 'db to be available' })
  })

  it.each([
    ['service_started', false, { waitsFor: 'db to be started' }],
    ['service_started', true, { now: true }],
    ['service_healthy', true, { waitsFor: 'db to be available' }],
    ['service_completed_successfully', true, { waitsFor: 'db to be completed' }],
  ] as const)('%s, dependency started %s', (condition, started, answer) => {
    expect(handed(pair(condition), 'web', { isStarted: started })).toEqual(answer)
  })

  it.each(['service_started', 'service_healthy'] as const)('%s: goes on when the dependency is done', condition => {
    expect(handed(pair(condition).settle('db'), 'web')).toEqual({ now: true })
  })

  it('service_completed_successfully: goes on when every task ran to its end, not when one has run long enough to be available', () => {
    const story = pair('service_completed_successfully').settle('db')
    expect(handed(story, 'web', { isStarted: true })).toEqual({ waitsFor: 'db to be completed' })
    expect(handed(story, 'web', { isStarted: false, completed: 'ok' })).toEqual({ now: true })
    const failed = { isStarted: false, completed: 'failed' } as const
    expect(handed(story, 'web', failed)).toEqual({ failed: 'db, which it depends on, did not complete' })
    const optional = pair('service_completed_successfully', false).settle('db')
    expect(handed(optional, 'web', failed)).toEqual({ now: true })
  })

  it('L1: what a dependency did under its last wish says nothing of the present one', () => {
    const failed = { isStarted: false, completed: 'failed' } as const
    expect(handed(pair('service_completed_successfully'), 'web', failed)).toEqual({ waitsFor: 'db to be completed' })
    expect(handed(pair('service_healthy').settle('db'), 'web', failed), 'only where it is to complete').toEqual({ now: true })
  })

  it('field case 9: a dependency that failed fails what requires it', () => {
    const story = pair('service_healthy').settle('db', 'failed', undefined, 'exited with code 1')
    expect(handed(story, 'web')).toEqual({ failed: 'db, which it depends on, failed' })
  })

  it('a service that began when its dependency was started is not failed by what becomes of that later', () => {
    const story = pair('service_started').settle('db', 'failed')
    expect(handed(story, 'web', { isStarted: false, isUnderWay: true })).toEqual({ now: true })
    expect(handed(story, 'web', { isStarted: false, isUnderWay: false })).toEqual({ failed: 'db, which it depends on, failed' })
  })

  it('goes on without a dependency that is not required', () => {
    expect(handed(pair('service_healthy', false).settle('db', 'failed'), 'web')).toEqual({ now: true })
  })

  it('waits for a dependency that is rolled back', () => {
    const story = givenStack()
      .up({ db: spec('1'), web: spec('1', dependsOn('db')) })
      .settleAll()
    story.up({ db: spec('2'), web: spec('2', dependsOn('db')) }).settle('db', 'failed')
    expect(handed(story, 'web')).toEqual({ waitsFor: 'db to be available' })
    expect(handed(story.settle('db'), 'web')).toEqual({ now: true })
  })

  it('does not wait for what is not in the stack, or removed from it', () => {
    expect(handed(givenStack().up({ web: spec('web', dependsOn('elsewhere')) }), 'web')).toEqual({ now: true })
    const story = pair('service_healthy')
      .settleAll()
      .up({ web: spec('web:2', dependsOn('db')) })
    expect(handed(story, 'web')).toEqual({ now: true })
  })

  it('does not wait in order to stop', () => {
    const story = pair('service_healthy').settleAll().when({ type: 'stop', services: [] })
    expect(handed(story, 'web')).toEqual({ now: true })
  })

  it('removes last, dependents before what they depend on', () => {
    const story = pair('service_healthy').settleAll().down()
    expect(handed(story, 'db')).toEqual({ waitsFor: 'web to be removed' })
    expect(handed(story, 'web')).toEqual({ now: true })
    expect(handed(story.settle('web'), 'db')).toEqual({ now: true })
  })

  it('removes what is gone from the file after the rest is done', () => {
    const story = givenStack()
      .up({ web: spec('1'), old: spec('1') })
      .settleAll()
      .up({ web: spec('2') })
    expect(handed(story, 'old')).toEqual({ waitsFor: 'web to be done' })
    expect(handed(story.settle('web'), 'old')).toEqual({ now: true })
  })

  it('never waits in a circle when a chain is taken down', () => {
    const story = givenStack()
      .up({ a: spec('a'), b: spec('b', dependsOn('a')), c: spec('c', dependsOn('b')) })
      .settleAll()
      .down()
    const order: string[] = []
    for (let round = 0; round < 3; round++) {
      const next = Object.keys(story.state.services).find(
        name => story.service(name).outcome === undefined && 'now' in handed(story, name),
      )!
      order.push(next)
      story.settle(next)
    }
    expect(order).toEqual(['c', 'b', 'a'])
  })
})
