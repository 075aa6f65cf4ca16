import { describe, expect, it } from 'vitest'
import { isRoutable, type ServiceEvent } from '../../shared/domain/service.ts'
import { decideDrainOver, decideFacts, decideStrays } from '../../shared/domain/service-decide.ts'
import { applyEvent, evolveService } from '../../shared/domain/service-fold.ts'
import { emptySpec } from '../../shared/domain/spec.ts'
import { emptyStack, evolveStack } from '../../shared/domain/stack.ts'
import { commitOf, deepFreeze, fact, givenService, spec } from './given.ts'

const withPort = spec('web', { ports: [{ target: 80, protocol: 'tcp', layer: 'http' }] })
const withCheck = spec('web', {
  healthcheck: { test: ['CMD', 'true'], interval: 1_000, timeout: 1_000, retries: 1, startPeriod: 0 },
})

describe('what makes a task ready', () => {
  it('M7: running, when there is neither a check nor a port', () => {
    const story = givenService().wish().starts(['a']).seen('a', { state: 'pending', seen: 0 })
    expect(story.task('a').readyAt).toBeUndefined()
    expect(story.seen('a', { seen: 1 }, 500).task('a').readyAt).toBe(story.at)
  })

  it('M7: an answer on its ports, when it has some', () => {
    const story = givenService().wish({ spec: withPort }).starts(['a']).seen('a')
    expect(story.task('a').readyAt).toBeUndefined()
    expect(isRoutable(story.task('a'))).toBe(false)
    story.seen('a', { ready: true }, 700) // of the same order as the last fact: says readiness only
    expect(story.task('a').readyAt).toBe(story.at)
    expect(isRoutable(story.task('a'))).toBe(true)
  })

  it('M7: its own health check alone, when it has one', () => {
    const story = givenService().wish({ spec: withCheck }).starts(['a']).seen('a', { health: 'starting', seen: 1 })
    expect(story.seen('a', { ready: true, seen: 2 }).task('a').readyAt).toBeUndefined()
    expect(story.seen('a', { health: 'healthy', seen: 3 }).task('a').readyAt).toBeDefined()
  })

  it('unhealthy takes it off the router at once, and counts as a failure once', () => {
    const story = givenService().wish({ spec: withCheck }).starts(['a']).seen('a', { health: 'healthy' })
    story.seen('a', { health: 'unhealthy', seen: 2 }).seen('a', { health: 'unhealthy', seen: 3 })
    expect(isRoutable(story.task('a'))).toBe(false)
    expect(story.state.deployment).toMatchObject({ failures: 1, lastFailure: 'its health check failed' })
    expect(story.stopped('a').state.deployment!.failures).toBe(1) // that it then died by itself is the same failure
  })

  it('a drained task is not routable, and its end is no failure', () => {
    const story = givenService()
      .wish()
      .starts(['a'])
      .seen('a')
      .happened({ type: 'DrainStarted', ids: ['a'], why: 'older' })
    expect(isRoutable(story.task('a'))).toBe(false)
    story.stopped('a', 137)
    expect(story.state).toMatchObject({ streak: 0, deployment: { failures: 0 }, endedTasks: [{ id: 'a', byItself: false }] })
  })
})

describe('facts that are dropped', () => {
  const story = givenService().wish().starts(['a']).seen('a', { seen: 5 })
  it.each([
    ['E7: of an id that the fold does not know', fact('stranger')],
    ['E6: older than the last', fact('a', { state: 'pending', seen: 4 })],
    ['E6: the same again', fact('a', { seen: 5 })],
    ['E6: a refusal of what runs', fact('a', { state: 'refused', seen: 9 })],
    ['E6: an older end', fact('a', { state: 'stopped', seen: 3 })],
  ])('%s', (_, dropped) => {
    expect(decideFacts(story.state, [dropped])).toEqual([])
    expect(applyEvent(story.state, { type: 'TaskSeen', ...dropped }, { version: 9, at: 9 })).toBe(story.state)
  })

  it('L11: facts of a batch are judged one after the other, and only news are recorded', () => {
    const events = decideFacts(story.state, [fact('a', { seen: 6 }), fact('a', { seen: 6 }), fact('a', { seen: 2 }), fact('b')])
    expect(events).toEqual([{ type: 'TaskSeen', ...fact('a', { seen: 6 }) }])
  })

  it('L5: a finished task leaves the fold, and the last twenty are remembered', () => {
    const many = givenService().wish()
    for (let n = 0; n < 30; n++)
      many
        .starts([`t${n}`])
        .seen(`t${n}`)
        .stopped(`t${n}`)
    expect(many.state.tasks).toEqual({})
    expect(many.state.endedTasks.map(task => task.id)).toEqual(Array.from({ length: 20 }, (_, n) => `t${n + 10}`))
    expect(decideFacts(many.state, [fact('t5', { seen: 1e16 })])).toEqual([])
  })
})

describe('what the platform does to a task', () => {
  const ended = (outside?: true) =>
    givenService()
      .wish()
      .starts(['a'])
      .seen('a')
      .seen('a', { state: 'stopped', seen: 2, exit: { reason: 'Spot took it back', ...(outside && { outside }) } })
  it('an end from outside backs off and is no failure of the revision', () => {
    expect(ended(true).state).toMatchObject({ streak: 1, tasks: {}, deployment: { failures: 0 } })
    expect(ended().state).toMatchObject({ streak: 1, deployment: { failures: 1 } })
  })

  it('an address of its own reaches every port of its spec under its own number', () => {
    const ports = [{ target: 80, protocol: 'tcp' as const, layer: 'http' as const, published: 8080 }]
    const story = givenService().wish({ spec: spec('web', { ports, expose: [{ target: 53, protocol: 'udp' }] }) })
    story.starts(['a']).seen('a', { host: '10.0.0.7' })
    expect(story.task('a').addresses).toEqual({ '80/tcp': { host: '10.0.0.7', port: 80 }, '53/udp': { host: '10.0.0.7', port: 53 } })
    story.seen('a', { seen: 2 })
    expect(story.task('a').addresses).toHaveProperty('80/tcp')
  })
})

describe('refused starts', () => {
  const refused = (kind: 'revision' | 'capacity' | 'throttled') =>
    givenService()
      .wish()
      .starts(['a'])
      .seen('a', { state: 'refused', seen: 1, refusal: { kind, code: 'X', message: 'no such image' } }, 500)

  it('of the revision count for the circuit breaker', () => {
    expect(refused('revision').state).toMatchObject({ streak: 1, deployment: { failures: 1, lastFailure: 'no such image' } })
  })
  it.each(['capacity', 'throttled'] as const)('for %s back off and never count', kind => {
    const { state, at } = refused(kind)
    expect(state).toMatchObject({ streak: 1, failedAt: at, deployment: { failures: 0 } })
  })
  it('are remembered once, and leave the fold when they are looked up', () => {
    const story = refused('revision')
    expect(story.task('a')).toMatchObject({ state: 'refused', refusedAt: story.at })
    story.stopped('a')
    expect(story.state.tasks).toEqual({})
    expect(story.state.endedTasks).toHaveLength(1)
    expect(story.state.deployment!.failures).toBe(1)
  })
})

describe('restart conditions', () => {
  const ended = (condition: 'any' | 'on-failure' | 'none', code: number) =>
    givenService()
      .wish({ spec: spec('job', { restart: { condition } }), replicas: 2 })
      .starts(['a'])
      .seen('a')
      .stopped('a', code).state

  it.each([
    ['any', 0, { ok: 0, failed: 0 }, 1],
    ['any', 1, { ok: 0, failed: 0 }, 1],
    ['on-failure', 0, { ok: 1, failed: 0 }, 0],
    ['on-failure', 1, { ok: 0, failed: 0 }, 1],
    ['none', 0, { ok: 1, failed: 0 }, 0],
    ['none', 1, { ok: 0, failed: 1 }, 1],
  ] as const)('%s, exit code %i', (condition, code, finished, failures) => {
    const state = ended(condition, code)
    expect(state.finished).toEqual(finished)
    expect(state.deployment!.failures).toBe(failures)
    expect(state.streak).toBe(failures)
  })

  it('a task of an older revision finishes nothing for good', () => {
    const story = givenService()
      .wish({ spec: spec('job', { restart: { condition: 'none' } }) })
      .starts(['a'])
      .seen('a')
    story.wish({ stamp: 2, revision: 2, spec: spec('job:2', { restart: { condition: 'none' } }) }).stopped('a', 0)
    expect(story.state.finished).toEqual({ ok: 0, failed: 0 })
    expect(story.state.deployment!.failures).toBe(0)
  })

  it('a new wish lets finished tasks run again, the same one judged anew does not', () => {
    const job = spec('job', { restart: { condition: 'on-failure' } })
    const story = givenService().wish({ spec: job }).starts(['a']).seen('a').stopped('a', 0)
    story.happened({ type: 'DeploymentEnded', stamp: 1, outcome: 'ok', why: 'ran' })
    expect(story.wish({ stamp: 2, spec: job }).state.finished.ok).toBe(1)
    expect(story.wish({ stamp: 3, spec: job, restarts: 1 }).state.finished.ok).toBe(0)
  })
})

describe('failures in a row', () => {
  it('grow with each failure, whatever its kind', () => {
    const story = givenService().wish()
    for (const id of ['a', 'b', 'c']) story.starts([id]).seen(id).stopped(id, 1, 100)
    expect(story.state).toMatchObject({ streak: 3, failedAt: story.at })
  })

  it.each([
    [9_999, undefined, 3],
    [10_000, undefined, 1],
    [59_000, 60_000, 3],
    [60_000, 60_000, 1],
  ])('begin anew after a task that served for %i ms (restart window %s)', (served, window, streak) => {
    const story = givenService().wish({ spec: spec('web', { restart: { condition: 'any', window } }) })
    for (const id of ['a', 'b']) story.starts([id]).seen(id).stopped(id)
    expect(story.starts(['c']).seen('c').stopped('c', 1, served).state.streak).toBe(streak)
  })

  it('are over when a task was found available', () => {
    const story = givenService().wish().starts(['a']).seen('a').stopped('a').starts(['b']).seen('b').available('b', 5_000)
    expect(story.state.streak).toBe(0)
  })
})

describe('available tasks', () => {
  it('M7: the progress deadline moves only on a new maximum', () => {
    const story = givenService().wish({ replicas: 2 }).starts(['a', 'b']).seen('a').seen('b')
    const first = story.available('a', 2_000).at
    expect(story.state.deployment).toMatchObject({ most: 1, progressAt: first, successes: 1 })
    story.stopped('a').starts(['c']).seen('c').available('c', 9_000)
    expect(story.state.deployment).toMatchObject({ most: 1, progressAt: first, successes: 2 })
    story.available('b', 1_000)
    expect(story.state.deployment).toMatchObject({ most: 2, progressAt: story.at })
  })
})

describe('specs in the fold', () => {
  it('L5: only those that a wish, a rollback or a living task still needs', () => {
    const story = givenService()
      .wish({ spec: spec('1') })
      .starts(['a'])
      .seen('a')
    story.happened({ type: 'DeploymentEnded', stamp: 1, outcome: 'ok', why: 'ok' })
    story
      .wish({ stamp: 2, revision: 2, spec: spec('2') })
      .starts(['b'])
      .seen('b')
      .wish({ stamp: 3, revision: 3, spec: spec('3') })
    expect(Object.keys(story.state.specs)).toEqual(['1', '2', '3'])
    story.happened({ type: 'DrainStarted', ids: ['b'], why: 'older' }).stopped('b', 0)
    expect(Object.keys(story.state.specs)).toEqual(['1', '3'])
    story.happened({ type: 'DeploymentEnded', stamp: 3, outcome: 'ok', why: 'ok' })
    expect(Object.keys(story.state.specs)).toEqual(['1', '3']) // task a still runs revision 1
    expect(Object.keys(story.happened({ type: 'DrainStarted', ids: ['a'], why: 'older' }).stopped('a').state.specs)).toEqual(['3'])
  })
})

describe('leaving', () => {
  it('E5: a look begun before the drain says nothing about it', () => {
    const story = givenService()
      .wish()
      .starts(['a'])
      .seen('a')
      .happened({ type: 'DrainStarted', ids: ['a'], why: 'older' })
    const { version } = story.state
    expect(decideDrainOver(story.state, ['a'], version - 1)).toEqual([])
    expect(decideDrainOver(story.state, ['a', 'unknown'], version)).toEqual([{ type: 'DrainOver', ids: ['a'], asOf: version }])
    story.happened({ type: 'DrainOver', ids: ['a'], asOf: version })
    expect(decideDrainOver(story.state, ['a'], version + 1)).toEqual([])
  })

  it('keeps the first drain and the first stop intent', () => {
    const story = givenService()
      .wish()
      .starts(['a'])
      .seen('a')
      .happened({ type: 'DrainStarted', ids: ['a'], why: 'first' })
    const { drain } = story.task('a')
    story.happened({ type: 'DrainStarted', ids: ['a'], why: 'second' }, 1_000)
    expect(story.task('a').drain).toEqual(drain)
    const { stop } = story.happened({ type: 'StopsIntended', ids: ['a'], why: 'x' }, 1_000).task('a')
    expect(story.happened({ type: 'StopsIntended', ids: ['a'], why: 'y' }, 1_000).task('a').stop).toEqual(stop)
  })

  it('E7: a stray enters the fold by its stop intent, counts for nothing, and leaves by its end', () => {
    const story = givenService().wish()
    const [event] = decideStrays(story.state, ['stray-1', 'stray-2'])
    story.happened(event!)
    expect(story.task('stray-1')).toMatchObject({ stray: true, stop: { version: 2 } })
    expect(decideStrays(story.state, ['stray-1'])).toEqual([])
    expect(story.stopped('stray-1').state).toMatchObject({ streak: 0, deployment: { failures: 0 } })
  })
})

describe('events of a newer release', () => {
  const unknown = { type: 'FromTheFuture' } as unknown as ServiceEvent
  it('L9: stop the fold of a service and of a stack instead of being skipped', () => {
    expect(() => evolveService(givenService().state, commitOf('service/shop/web', 1, [unknown]))).toThrow(/FromTheFuture.*newer release/)
    expect(() => evolveStack(emptyStack, commitOf('stack/shop', 1, [unknown as never]))).toThrow(/FromTheFuture.*newer release/)
  })
})

describe('folding', () => {
  it('invariant 6: changes no input', () => {
    const story = givenService().wish({ spec: emptySpec })
    for (const step of [
      () => story.starts(['a', 'b']),
      () => story.seen('a'),
      () => story.available('a'),
      () => story.happened({ type: 'DrainStarted', ids: ['a'], why: 'x' }),
      () => story.happened({ type: 'ClockStepped', lastTick: 0 }, 100_000),
      () => story.stopped('b'),
      () => story.happened({ type: 'StopsIntended', ids: ['a', 'z'], why: 'x' }),
      () => story.happened({ type: 'DeploymentEnded', stamp: 1, outcome: 'ok', why: 'x' }),
    ]) {
      deepFreeze(story.state)
      step()
    }
    expect(story.state.version).toBe(9)
  })
})
