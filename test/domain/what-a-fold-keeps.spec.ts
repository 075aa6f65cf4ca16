import { describe, expect, it } from 'vitest'
import { decideScaleAsked } from '../../shared/domain/service-decide.ts'
import type { RestartPolicy } from '../../shared/domain/spec.ts'
import { policyOf } from '../scaling/given.ts'
import { givenService, type ServiceStory, spec, T0 } from './given.ts'

const job = (condition: RestartPolicy['condition'] = 'on-failure') => spec('job:1', { restart: { condition } })
const ended = (story: ServiceStory, outcome: 'ok' | 'failed') =>
  story.happened({ type: 'DeploymentEnded', stamp: story.state.wish!.stamp, outcome, why: 'said so' })

describe('what late events name and nobody knows', () => {
  it('E7: no event makes a task but its intent', () => {
    const story = givenService().wish().starts(['a'])
    story.happened([
      { type: 'DrainStarted', ids: ['ghost'], why: 'older' },
      { type: 'DrainOver', ids: ['ghost'], asOf: 1 },
      { type: 'TaskProtected', ids: ['ghost'], until: T0 },
      { type: 'TaskAvailable', id: 'ghost', asOf: 1 },
    ])
    expect(Object.keys(story.state.tasks)).toEqual(['a'])
  })

  it('a drain is over only where one began', () => {
    const story = givenService()
      .wish()
      .starts(['a', 'b'])
      .happened({ type: 'DrainStarted', ids: ['a'], why: 'older' })
    story.happened({ type: 'DrainOver', ids: ['a', 'b'], asOf: 9 })
    expect([story.task('a').drained, story.task('b').drained]).toEqual([true, false])
  })

  it('E7: a stray that is stopped did not end by itself', () => {
    const story = givenService()
      .wish()
      .happened({ type: 'StopsIntended', ids: ['stray'], why: 'no intent names it' })
    expect(story.stopped('stray').state).toMatchObject({ endedTasks: [{ id: 'stray', byItself: false }], streak: 0 })
  })

  it('tasks stand in the order of their intents, whatever happens to them', () => {
    const story = givenService().wish().starts(['c', 'b']).starts(['a'])
    story
      .seen('b', { ready: true })
      .available('b')
      .happened({ type: 'DrainStarted', ids: ['c'], why: 'older' })
      .seen('a')
    story.happened({ type: 'StopsIntended', ids: ['stray', 'c'], why: 'x' }).happened({ type: 'ClockStepped', lastTick: T0 }, 60_000)
    expect(Object.keys(story.state.tasks)).toEqual(['c', 'b', 'a', 'stray'])
    expect(Object.keys(JSON.parse(JSON.stringify(story.state.tasks)))).toEqual(['c', 'b', 'a', 'stray'])
  })
})

describe('what a task is known by', () => {
  it('where it runs and under which name stays known though later facts do not say it', () => {
    const story = givenService().wish().starts(['a']).seen('a', { host: '10.0.0.7', zone: 'eu-1a', runtimeId: 'c1' })
    story.seen('a', { seen: 2 })
    expect(story.task('a')).toMatchObject({ host: '10.0.0.7', zone: 'eu-1a', runtimeId: 'c1' })
    expect(story.stopped('a').state.endedTasks).toMatchObject([{ runtimeId: 'c1' }])
    const early = givenService().wish().starts(['a']).seen('a', { state: 'pending' })
    expect(early.stopped('a').state.endedTasks).toMatchObject([{ wasReady: false }])
    const served = givenService().wish().starts(['a']).seen('a', { ready: true })
    served.seen('a', { state: 'stopped', seen: 9, runtimeId: 'c2', exit: { code: 1, reason: 'x' } })
    expect(served.state.endedTasks).toMatchObject([{ runtimeId: 'c2', wasReady: true }])
  })

  it('it started when it was first seen running, not when it was pending', () => {
    const story = givenService().wish().starts(['a']).seen('a', { state: 'pending' })
    expect(story.task('a').startedAt).toBeUndefined()
    expect(story.seen('a', { seen: 2 }, 5_000).task('a').startedAt).toBe(T0 + 5_000)
    expect(story.seen('a', { seen: 3 }, 5_000).task('a').startedAt).toBe(T0 + 5_000)
  })

  it('health is news though its fact is older, but only of what runs', () => {
    const story = givenService().wish().starts(['a']).seen('a', { seen: 5, health: 'starting' })
    story.seen('a', { seen: 4, state: 'pending', health: 'unhealthy' })
    expect(story.task('a')).toMatchObject({ health: 'starting', seen: 5 })
    expect(story.seen('a', { seen: 4, health: 'unhealthy' }).task('a')).toMatchObject({ health: 'unhealthy', seen: 5, unhealthyAt: T0 })
  })

  it('the last twenty that ended are kept, refused ones too', () => {
    const ids = Array.from({ length: 25 }, (_, index) => `t${index}`)
    const story = givenService().wish().starts(ids)
    for (const id of ids) story.seen(id, { state: 'refused', refusal: { kind: 'capacity', code: 'X', message: 'no capacity' } })
    expect(story.state.endedTasks.map(task => task.id)).toEqual(ids.slice(5))
  })
})

describe('what is stable', () => {
  it.each([
    ['a good deployment', 'up', 'ok', 2],
    ['a failed one leaves what was', 'up', 'failed', 1],
  ] as const)('%s', (_, cause, outcome, stable) => {
    const story = ended(givenService().wish(), 'ok').wish({ stamp: 2, deployment: 2, revision: 2, cause })
    expect(ended(story, outcome).state.stable).toBe(stable)
  })

  it('case 19: a life that was taken down has nothing stable any more, however its removal ends', () => {
    const story = ended(givenService().wish(), 'ok')
    expect(story.wish({ stamp: 2, deployment: 2, cause: 'remove' }).state.stable).toBeUndefined()
    expect(ended(story, 'ok').state.stable).toBeUndefined()
  })

  it('M7: only tasks that are wished are successes of a deployment', () => {
    const story = givenService().wish().starts(['old']).wish({ stamp: 2, deployment: 2, revision: 2 }).starts(['new'])
    expect(story.available('old').state.deployment).toMatchObject({ successes: 0, most: 0 })
    expect(story.available('new').state.deployment).toMatchObject({ successes: 1, most: 1 })
    const settled = ended(givenService().wish().starts(['a']), 'ok').available('a')
    expect(settled.state.deployment).toBeUndefined()
  })
})

describe('what ran to completion', () => {
  const done = () => ended(givenService().wish({ spec: job() }).starts(['a']).seen('a').stopped('a', 0), 'ok')
  it.each([
    ['is not run again by a file that changes its scale alone', { stamp: 2, deployment: 2 }, 1],
    ['is run again by a new revision', { stamp: 2, deployment: 2, revision: 2 }, 0],
    ['is run again by a restart', { stamp: 2, deployment: 2, restarts: 1 }, 0],
  ])('%s', (_, wish, ok) => expect(done().wish({ spec: job(), ...wish }).state.finished).toEqual({ ok, failed: 0 }))

  it('is run again after a deployment that failed', () => {
    const failed = ended(
      givenService()
        .wish({ spec: job('none'), replicas: 2 })
        .starts(['a', 'b'])
        .stopped('a', 0)
        .stopped('b', 1),
      'failed',
    )
    expect(failed.state.finished).toEqual({ ok: 1, failed: 1 })
    expect(failed.wish({ stamp: 2, deployment: 2, spec: job('none') }).state.finished).toEqual({ ok: 0, failed: 0 })
  })
})

describe('L2: hand-overs', () => {
  it('a person may scale as far as any schedule goes', () => {
    const schedule = { cron: '0 8 * * *', timeZone: 'UTC', duration: 3_600_000 }
    const schedules = [
      { ...schedule, min: 1 },
      { ...schedule, cron: '0 12 * * *', max: 12 },
      { ...schedule, cron: '0 16 * * *', min: 4, max: 6 },
    ]
    const { state } = givenService().wish({ spec: spec('app:1', { scale: policyOf({ min: 2, max: 8, schedules }) }), replicas: 3 })
    const isTaken = (replicas: number) => 'events' in decideScaleAsked(state, replicas, 1)
    expect([0, 1, 12, 13].map(isTaken)).toEqual([false, true, true, false])
  })
})
