import { describe, expect, it } from 'vitest'
import { givenStack, spec } from './given.ts'

/** L2: a command touches what it changes, and nothing else. */
describe('what a command leaves alone', () => {
  it('a file of a service that was removed long ago removes nothing again', () => {
    const story = givenStack()
      .up({ web: spec('web:1'), db: spec('db:1') })
      .settleAll()
      .up({ web: spec('web:1') })
      .settleAll()
    expect(story.up({ web: spec('web:1') }).last).toEqual([{ type: 'NothingChanged' }])
  })

  it('the same file with the same number of replicas changes nothing', () => {
    const file = { web: { spec: spec('web:1'), replicas: 3 } }
    expect(givenStack().up(file).settleAll().up(file).last).toEqual([{ type: 'NothingChanged' }])
  })

  it('stop and start restart nothing that runs', () => {
    const story = givenStack()
      .up({ web: spec('web:1') })
      .settleAll()
    story.when({ type: 'stop', services: [] }).settleAll().when({ type: 'start', services: [] })
    expect(story.service('web').wish).toMatchObject({ restarts: 0, stopped: false })
  })

  it('a rollback of the stack hands over only what it takes back', () => {
    const story = givenStack()
      .up({ web: spec('web:1'), db: spec('db:1') })
      .settleAll()
      .up({ web: spec('web:2'), db: spec('db:1') })
      .settleAll()
    expect(Object.keys(story.rollback().wishes)).toEqual(['web'])
  })

  it('nobody rolls back to a stack that was down', () => {
    const story = givenStack()
      .up({ web: spec('web:1') })
      .settleAll()
      .down()
      .settleAll()
      .up({ web: spec('web:1') })
      .settleAll()
    expect(story.rollback(undefined, 2).refusal).toMatchObject({ code: 'LS-NOTHING-TO-ROLL-BACK' })
  })
})
