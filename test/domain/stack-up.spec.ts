import { describe, expect, it } from 'vitest'
import { isGone } from '../../shared/domain/stack.ts'
import { stackDueAt } from '../../shared/domain/stack-due.ts'
import { givenStack, spec, T0 } from './given.ts'

describe('deploying a stack', () => {
  it('names revision 1 of every service in one commit', () => {
    const story = givenStack().up({ web: spec('web:1'), db: { spec: spec('db:1'), replicas: 2 } })
    expect(story.last).toEqual([
      {
        type: 'WishesChanged',
        cause: 'up',
        deployment: 1,
        wishes: {
          web: { run: { revision: 1, restarts: 0, stopped: false }, spec: spec('web:1'), replicas: undefined },
          db: { run: { revision: 1, restarts: 0, stopped: false }, spec: spec('db:1'), replicas: 2 },
        },
      },
    ])
    expect(story.service('web').wish).toMatchObject({ stamp: 1, replicas: 1, replicasBy: 1 })
    expect(story.service('db').wish).toMatchObject({ stamp: 1, replicas: 2 })
  })

  it('gives a changed service the next revision and leaves an equal, settled one alone', () => {
    const story = givenStack()
      .up({ web: spec('web:1'), db: spec('db:1') })
      .settleAll()
    const { stamp } = story.service('db').wish
    story.up({ web: spec('web:2'), db: spec('db:1') })
    expect(Object.keys(story.wishes)).toEqual(['web'])
    expect(story.service('web').wish.revision).toBe(2)
    expect(story.service('db').wish.stamp).toBe(stamp)
  })

  it('answers an equal file that is settled with NothingChanged', () => {
    const story = givenStack().up({ web: spec() }).settleAll().up({ web: spec() })
    expect(story.last).toEqual([{ type: 'NothingChanged' }])
    expect(story.state.lastDeployment).toBe(1)
  })

  it('finds specs equal whatever order their keys were written in', () => {
    const { image, ...rest } = spec('web:1', { environment: { A: '1', B: '2' } })
    const shuffled = { ...rest, environment: { B: '2', A: '1' }, image }
    expect(
      givenStack()
        .up({ web: spec('web:1', { environment: { A: '1', B: '2' } }) })
        .settleAll()
        .up({ web: shuffled }).last,
    ).toEqual([{ type: 'NothingChanged' }])
  })

  it.each(['unsettled', 'failed'] as const)('wishes an equal but %s service anew, under the same revision', kind => {
    const story = givenStack().up({ web: spec() })
    if (kind === 'failed') story.settle('web', 'failed')
    story.up({ web: spec() })
    expect(story.runs('web')).toEqual({ revision: 1, outcome: undefined, cause: 'up' })
    expect(story.service('web').wish.stamp).toBe(story.state.version)
    expect(story.wishes['web']).not.toHaveProperty('spec')
  })

  it('L2: removes a service that is gone from the file', () => {
    const story = givenStack().up({ web: spec(), db: spec() }).settleAll().up({ web: spec() })
    expect(story.wishes).toEqual({ db: { remove: true } })
    expect(story.runs('db')).toMatchObject({ cause: 'remove', outcome: undefined })
  })

  it('brings a removed service back with its revisions counted on', () => {
    const story = givenStack()
      .up({ web: spec(), db: spec('db:1') })
      .settleAll()
      .up({ web: spec() })
      .settleAll()
    story.up({ web: spec(), db: spec('db:2') })
    expect(story.runs('db')).toMatchObject({ revision: 2, cause: 'up' })
  })

  it('reuses the number of an equal spec that was deployed before', () => {
    const story = givenStack()
    for (const image of ['a', 'b', 'c', 'a']) story.up({ web: spec(image) }).settleAll()
    expect(story.runs('web').revision).toBe(1)
    expect(story.service('web').lastRevision).toBe(3)
    story.up({ web: spec('d') })
    expect(story.runs('web').revision).toBe(4)
  })

  it('L2: supersedes a running deployment at a recorded point', () => {
    const story = givenStack()
      .up({ web: spec('a') })
      .settleAll()
    story.up({ web: spec('b') }).up({ web: spec('c') })
    expect(story.state.deployments.map(({ number, outcome }) => ({ number, outcome }))).toEqual([
      { number: 1, outcome: 'ok' },
      { number: 2, outcome: 'superseded' },
      { number: 3, outcome: undefined },
    ])
    expect(story.state.deployments[1]!.endedAt).toBe(story.state.at)
  })

  it('is done when its last service is, and failed when one failed', () => {
    const good = givenStack().up({ web: spec(), db: spec() }).settle('web')
    expect(good.state.deployments.at(-1)!.outcome).toBeUndefined()
    expect(good.settle('db').state.deployments.at(-1)!.outcome).toBe('ok')
    const bad = givenStack().up({ web: spec(), db: spec() }).settle('web', 'failed').settle('db')
    expect(bad.state.deployments.at(-1)!.outcome).toBe('failed')
  })

  it('T1: a stack that deploys is due a minute after its head, a settled one never', () => {
    const story = givenStack()
    expect(stackDueAt(story.state)).toBeUndefined()
    story.up({ web: spec() })
    expect(stackDueAt(story.state)).toBe(T0 + 1_000 + 60_000)
    expect(stackDueAt(story.settleAll().state)).toBeUndefined()
  })
})

describe('taking a stack down', () => {
  it('removes every service, keeps the volumes unless told', () => {
    const story = givenStack().up({ web: spec(), db: spec() }).settleAll().down()
    expect(story.wishes).toEqual({ web: { remove: true }, db: { remove: true } })
    expect(story.state.removesVolumes).toBe(false)
    expect(isGone(story.state)).toBe(false)
    expect(isGone(story.settleAll().state)).toBe(true)
  })

  it('remembers that the volumes go too, until the next deployment', () => {
    const story = givenStack().up({ web: spec() }).settleAll().when({ type: 'remove', volumes: true })
    expect(story.state.removesVolumes).toBe(true)
    expect(story.settleAll().up({ web: spec() }).state.removesVolumes).toBe(false)
  })

  it.each([
    ['a stack that never was', givenStack()],
    ['a stack that is down', givenStack().up({ web: spec() }).settleAll().down().settleAll()],
  ])('refuses %s', (_, story) => {
    expect(story.down().refusal).toMatchObject({ code: 'LS-NOT-FOUND' })
  })

  it.each(['open', 'failed'] as const)('may be asked again while a removal is %s', kind => {
    const story = givenStack().up({ web: spec() }).settleAll().down()
    const { stamp } = story.service('web').wish
    if (kind === 'failed') story.settle('web', 'failed')
    story.down()
    expect(story.refusal).toBeUndefined()
    expect(story.service('web').wish.stamp).toBeGreaterThan(stamp)
  })

  it('L2: down then up goes on with the same numbers, in a new life', () => {
    const story = givenStack()
    for (const image of ['a', 'b', 'c']) story.up({ web: spec(image) }).settleAll()
    story
      .down()
      .settleAll()
      .up({ web: spec('d') })
    expect(story.runs('web').revision).toBe(4)
    expect(story.state.lastDeployment).toBe(5)
    expect(story.service('web').stables).toEqual([])
    expect(story.state.version).toBe(9)
  })

  it('M1: a scale of the former life does not outlive down', () => {
    const story = givenStack()
      .up({ web: { spec: spec(), replicas: 5 } })
      .settleAll()
      .down()
      .settleAll()
    story.up({ web: { spec: spec(), replicas: 5 } })
    expect(story.service('web').wish.replicasBy).toBe(story.state.version)
  })
})

describe('restart, stop and start', () => {
  it('counts a restart on every service, or on those named', () => {
    const story = givenStack().up({ web: spec(), db: spec() }).settleAll()
    story.when({ type: 'restart', services: ['db'] })
    expect([story.service('web').wish.restarts, story.service('db').wish.restarts]).toEqual([0, 1])
    story.settleAll().when({ type: 'restart', services: [] })
    expect([story.service('web').wish.restarts, story.service('db').wish.restarts]).toEqual([1, 2])
  })

  it('stops what runs and starts what is stopped; twice changes nothing', () => {
    const story = givenStack().up({ web: spec() }).settleAll()
    story.when({ type: 'start', services: [] })
    expect(story.last).toEqual([{ type: 'NothingChanged' }])
    story.when({ type: 'stop', services: [] }).settleAll()
    expect(story.service('web').wish).toMatchObject({ stopped: true, revision: 1, replicas: 1 })
    story.when({ type: 'stop', services: ['web'] })
    expect(story.last).toEqual([{ type: 'NothingChanged' }])
    story.when({ type: 'start', services: ['web'] })
    expect(story.service('web').wish.stopped).toBe(false)
  })

  it('a file deployed to a stopped service starts it', () => {
    const story = givenStack().up({ web: spec() }).settleAll().when({ type: 'stop', services: [] }).settleAll().up({ web: spec() })
    expect(story.service('web').wish).toMatchObject({ stopped: false, revision: 1 })
  })

  it('names the services there are when one is unknown', () => {
    const story = givenStack()
      .up({ web: spec() })
      .settleAll()
      .when({ type: 'stop', services: ['web', 'nope'] })
    expect(story.refusal).toEqual({ code: 'LS-NOT-FOUND', message: 'there is no service nope; this stack has web' })
    expect(story.service('web').wish.stopped).toBe(false)
  })
})
