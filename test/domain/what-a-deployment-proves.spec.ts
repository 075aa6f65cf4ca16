import { describe, expect, it } from 'vitest'
import { dependsOn, givenService, givenStack, spec } from './given.ts'

describe('what a deployment proves', () => {
  it('nothing about a revision of which no task ran, so that no rollback goes there', () => {
    const service = givenService().wish({ stamp: 1, revision: 1, replicas: 0 }).happened({
      type: 'DeploymentEnded',
      stamp: 1,
      outcome: 'ok',
      why: 'nothing to run',
    })
    expect(service.state.stable).toBeUndefined()
    expect(service.state.ended).toMatchObject({ outcome: 'ok', provesNothing: true })
    const stack = givenStack()
      .up({ web: spec('good') })
      .settleAll()
      .up({ web: { spec: spec('never ran'), replicas: 0 } })
    const { stamp } = stack.service('web').wish
    stack.when({ type: 'settle', service: 'web', stamp, outcome: 'ok', why: 'nothing to run', provesNothing: true })
    expect(stack.service('web')).toMatchObject({ outcome: 'ok', stables: [1] })
    stack.up({ web: { spec: spec('bad'), replicas: 2 } }).settle('web', 'failed')
    expect(stack.runs('web')).toMatchObject({ revision: 1, cause: 'rollback' })
  })

  it('of a deployment that failed is kept which service failed by itself, and why, whether it is rolled back or stays', () => {
    const both = { web: spec('web', dependsOn('db')), db: spec('db') }
    const story = givenStack().up(both).settle('db', 'failed', undefined, 'it crashed').settle('web', 'failed', undefined, 'db failed')
    const last = () => story.state.deployments.findLast(({ cause }) => cause === 'up')
    expect(last()).toMatchObject({ outcome: 'failed', failed: 'db: it crashed' })
    story.up({ ...both, db: spec('mended') }).settleAll()
    expect(last()).toMatchObject({ outcome: 'ok' })
    expect(last()).not.toHaveProperty('failed')
    story.up({ ...both, db: spec('bad') }).settle('db', 'failed', undefined, 'no disk')
    expect(story.state.deployments.at(-1)).toMatchObject({ cause: 'rollback' })
    expect(last()).toMatchObject({ outcome: 'failed', failed: 'db: no disk' })
  })

  it('a revision is proven by the deployment by which it first ended well, whichever named it first', () => {
    const story = givenStack()
      .up({ web: spec('a') })
      .settle('web', 'failed')
      .when({ type: 'restart', services: ['web'] })
    const proven = () => story.service('web').revisions[1]!.proven
    expect(proven()).toBeUndefined()
    story.settle('web')
    const first = proven()
    expect(first).toMatchObject({ deployment: 2 })
    story.when({ type: 'restart', services: ['web'] }).settle('web')
    expect(proven()).toEqual(first)
  })

  it('a deployment is judged by what it changed: a service that stands failed from an earlier one does not fail it', () => {
    const story = givenStack()
      .up({ web: spec('web'), db: spec('db') })
      .settle('web', 'failed')
      .settle('db')
    expect(story.state.deployments.at(-1)).toMatchObject({ number: 1, outcome: 'failed' })
    story.when({ type: 'restart', services: ['db'] }).settle('db')
    expect(story.state.deployments.at(-1)).toMatchObject({ number: 2, changed: ['db'], outcome: 'ok' })
    expect(story.service('web').outcome).toBe('failed')
  })

  it('a file that names no number of replicas means one in a new life, and the rollback of a removal brings the former number back', () => {
    const gone = () =>
      givenStack()
        .up({ web: { spec: spec(), replicas: 5 } })
        .settleAll()
        .down()
        .settleAll()
    expect(gone().up({ web: spec() }).service('web').wish.replicas).toBe(1)
    expect(
      gone()
        .up({ web: { spec: spec(), replicas: 3 } })
        .service('web').wish.replicas,
    ).toBe(3)
    expect(gone().rollback().service('web').wish.replicas).toBe(5)
  })
})
