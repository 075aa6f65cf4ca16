import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fact } from '../../shared/domain/fact.ts'
import type { Service } from '../../shared/domain/service.ts'
import { decideClockStep, decideFacts } from '../../shared/domain/service-decide.ts'
import { evolveService } from '../../shared/domain/service-fold.ts'
import { commitOf, givenService, ServiceStory, spec, T0, wishOf } from './given.ts'

/** The life of one task as its runtime would tell it: each fact is the whole picture at its moment. */
const lifeOf = (id: string) =>
  fc
    .record({
      runs: fc.boolean(),
      health: fc.constantFrom(undefined, ['starting'], ['starting', 'healthy'], ['starting', 'unhealthy']),
      end: fc.constantFrom(undefined, 0, 1, 137),
      refused: fc.boolean(),
    })
    .map(({ runs, health, end, refused }): Fact[] => {
      if (refused) return [{ id, state: 'refused', seen: 1, refusal: { kind: 'revision', code: 'X', message: 'no' } }]
      const addresses = { '80/tcp': { host: '127.0.0.1', port: 40_000 } }
      const facts: Fact[] = [{ id, state: 'pending', seen: 1, runtime: 'docker' }]
      const running = { id, state: 'running', runtime: 'docker', runtimeId: `c-${id}`, addresses } as const
      const checked = health?.map((state, n): Fact => ({ ...running, seen: 2 + n, health: state as 'healthy' }))
      if (runs) facts.push(...(checked ?? [{ ...running, seen: 2 }])) // what has a check says so from its first moment
      if (end !== undefined) facts.push({ id, state: 'stopped', seen: 1e15, exit: { code: end, reason: `exited with code ${end}` } })
      return facts
    })

/** Facts of three tasks, and the same facts repeated and shuffled. */
const shuffledLives = fc
  .tuple(lifeOf('a'), lifeOf('b'), lifeOf('c'))
  .map(lives => lives.flat())
  .chain(facts =>
    fc.record({
      facts: fc.constant(facts),
      shuffled: fc
        .array(fc.constantFrom(...facts), { maxLength: 8 })
        .chain(more => fc.shuffledSubarray([...facts, ...more], { minLength: facts.length + more.length })),
    }),
  )

const started = () => givenService().wish({ replicas: 3 }).starts(['a', 'b', 'c'])

const observe = (story: ServiceStory, facts: readonly Fact[]): Service => {
  for (const one of facts) {
    const events = decideFacts(story.state, [one])
    if (events.length) story.happened(events, 10)
  }
  return story.state
}

/** What counts afterwards: without the moments of commits and without what is told of ended tasks, whose order is that of hearing. */
const meaning = (s: Service) => ({
  tasks: Object.values(s.tasks)
    .map(({ id, state, seen, health, unhealthyAt, runtimeId, addresses, readyAt }) => {
      return {
        id,
        state,
        seen,
        health,
        runtimeId,
        addresses,
        ill: unhealthyAt !== undefined,
        serves: readyAt !== undefined && unhealthyAt === undefined,
      }
    })
    .sort((x, y) => (x.id < y.id ? -1 : 1)),
  ended: s.endedTasks.map(({ id }) => id).sort(),
})

describe('facts in any order', () => {
  it('E6: permuted and repeated, they end in the same state', () => {
    fc.assert(
      fc.property(shuffledLives, ({ facts, shuffled }) => {
        expect(meaning(observe(started(), shuffled))).toEqual(meaning(observe(started(), facts)))
      }),
      { numRuns: 500 },
    )
  })

  it('E6: one commit for all or one commit each is the same, and hearing them again says nothing new', () => {
    fc.assert(
      fc.property(shuffledLives, ({ shuffled }) => {
        const batch = started()
        const events = decideFacts(batch.state, shuffled)
        if (events.length) batch.happened(events)
        expect(meaning(batch.state)).toEqual(meaning(observe(started(), shuffled)))
        expect(decideFacts(batch.state, shuffled)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('E6: an end that is heard of first is the last word', () => {
    const story = started().stopped('a', 3)
    expect(observe(story, [{ id: 'a', state: 'running', seen: 7 }]).tasks).not.toHaveProperty('a')
  })
})

/** Every moment that something is counted from, by name. */
function momentsOf(s: Service): Record<string, number> {
  const moments: Record<string, number | undefined> = {
    failedAt: s.failedAt,
    progressAt: s.deployment?.progressAt,
    startedAt: s.deployment?.startedAt,
  }
  for (const task of Object.values(s.tasks)) {
    const { intent, seenAt, startedAt, readyAt, unhealthyAt, refusedAt, drain, stop } = task
    Object.entries({ intent: intent.at, seenAt, startedAt, readyAt, unhealthyAt, refusedAt, drain: drain?.at, stop: stop?.at }).forEach(
      ([name, at]) => {
        moments[`${task.id}.${name}`] = at
      },
    )
  }
  return Object.fromEntries(Object.entries(moments).filter(([, at]) => at !== undefined)) as Record<string, number>
}

/** A service in which each kind of moment stands. */
const eventful = () =>
  givenService()
    .wish({ replicas: 6 })
    .starts(['a', 'b', 'c', 'd', 'e'])
    .seen('a', {}, 1_000)
    .seen('b', { health: 'healthy' }, 1_000)
    .seen('b', { health: 'unhealthy', seen: 2 }, 1_000)
    .seen('c', { state: 'refused', refusal: { kind: 'revision', code: 'X', message: 'no' } }, 1_000)
    .happened({ type: 'DrainStarted', ids: ['b'], why: 'unhealthy' }, 1_000)
    .happened({ type: 'StopsIntended', ids: ['b'], why: 'drained' }, 1_000)
    .seen('d', {}, 1_000)

const step = (story: ServiceStory, now: number, lastTick: number): boolean => {
  const events = decideClockStep(story.state, now, lastTick)
  if (events.length) {
    story.at = now
    story.happened(events)
  }
  return events.length > 0
}

describe('clocks that step', () => {
  const away = fc.integer({ min: 30_001, max: 40_000_000 })
  const ticked = fc.integer({ min: 0, max: 200_000 })

  it('T5: every moment moves by the time away, from the later of head and last tick', () => {
    fc.assert(
      fc.property(away, ticked, (by, since) => {
        const story = eventful()
        const before = momentsOf(story.state)
        const lastTick = story.at + since
        expect(step(story, lastTick + by, lastTick)).toBe(true)
        expect(momentsOf(story.state)).toEqual(Object.fromEntries(Object.entries(before).map(([name, at]) => [name, at + by])))
        expect(story.state.stepped).toBe(story.state.version)
      }),
    )
  })

  it('T5: saying it twice steps once', () => {
    fc.assert(
      fc.property(away, fc.integer({ min: 0, max: 30_000 }), (by, later) => {
        const story = eventful()
        const lastTick = story.at
        step(story, lastTick + by, lastTick)
        const after = momentsOf(story.state)
        expect(step(story, lastTick + by + later, lastTick)).toBe(false)
        const forced = new ServiceStory(story.state, lastTick + by).happened({ type: 'ClockStepped', lastTick })
        expect(momentsOf(forced.state)).toEqual(after)
      }),
    )
  })

  it('T5: a clock set back takes the deadlines back with it', () => {
    const story = eventful()
    const before = momentsOf(story.state)
    const head = story.at
    expect(step(story, head - 3_600_000, head)).toBe(true)
    expect(momentsOf(story.state)).toEqual(Object.fromEntries(Object.entries(before).map(([name, at]) => [name, at - 3_600_000])))
  })

  it('T5: is counted to the commit, not to when it was decided', () => {
    const story = eventful()
    const before = momentsOf(story.state)
    const lastTick = story.at
    const events = decideClockStep(story.state, lastTick + 60_000, lastTick)
    story.at = lastTick + 90_000 // it froze before the put
    story.happened(events)
    expect(momentsOf(story.state)['failedAt']).toBe(before['failedAt']! + 90_000)
  })

  it('T5: a tick in time, a clock back by less than a minute, or a service that never was: nothing', () => {
    const story = eventful()
    expect(decideClockStep(story.state, story.at + 30_000, story.at)).toEqual([])
    expect(decideClockStep(story.state, story.at - 60_000, story.at)).toEqual([])
    expect(decideClockStep(givenService().state, T0, 0)).toEqual([])
  })

  it('T5: a host that starts knows no last tick; the event is the same when it comes back from the log', () => {
    const story = eventful()
    const events = decideClockStep(story.state, story.at + 600_000, Number.NEGATIVE_INFINITY)
    const commit = commitOf('service/shop/web', story.state.version + 1, events, { at: story.at + 600_000 })
    expect(evolveService(story.state, JSON.parse(JSON.stringify(commit)))).toEqual(evolveService(story.state, commit))
    expect(momentsOf(evolveService(story.state, commit))['failedAt']).toBe(story.state.failedAt + 600_000)
  })

  it('what is recorded after a step is not moved by it', () => {
    const story = eventful()
    step(story, story.at + 100_000, story.at)
    story.happened({ type: 'WishTaken', wish: wishOf({ stamp: 2, revision: 2, spec: spec('2') }) }, 1_000)
    expect(story.state.deployment!.progressAt).toBe(story.at)
  })
})
