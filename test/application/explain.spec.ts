import { beforeEach, describe, expect, it } from 'vitest'
import { onService } from '../../shared/application/append.ts'
import { conduct } from '../../shared/application/conduct.ts'
import { explain } from '../../shared/application/explain.ts'
import { protect } from '../../shared/application/protect.ts'
import { reconcile } from '../../shared/application/reconcile.ts'
import type { Fact } from '../../shared/domain/fact.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { fact, spec } from '../domain/given.ts'
import { asker, makeWorld, SHOP, settle, up, WEB, type World, web } from './world.ts'

/** Invariant 8, as somebody reads it who is woken at night: what is so now, why, and what to do. */

let world: World
beforeEach(() => {
  world = makeWorld()
})
const deployed = async (replicas = 2, more: Partial<ServiceSpec> = {}) => {
  await up(world, { web: { spec: spec('a', more), replicas } })
  await settle(world)
}
const begun = async (more: Partial<ServiceSpec> = {}) => {
  await up(world, { web: { spec: spec('a', more), replicas: 2 } })
  await conduct(world, SHOP)
  await reconcile(world, WEB)
}
const seen = (id: string, more: Partial<Fact>) =>
  onService(world, WEB, () => [{ type: 'TaskSeen', ...fact(id, { seen: 1e15, ...more }) }], { actor: 'observe' })
const running = async () => Object.values((await web(world)).tasks).find(task => task.state === 'running')!
/** One running task ends by itself a moment later. */
const dies = async (reason: string, code = 1) => {
  const { id } = await running()
  world.time.now += 1_000
  world.runtime.tasks.delete(id)
  await seen(id, { state: 'stopped', exit: { code, reason } })
}
const told = async (subject = 'web') => {
  const { sentence, waitsFor } = await explain(world, 'shop', subject)
  return { sentence, waitsFor }
}

describe('why pending', () => {
  it('its image is being pulled, or something else is waited for before the start', async () => {
    world.runtime.onPrepare = () => ({ waitsFor: 'pulling a' })
    await begun()
    expect((await told()).waitsFor).toEqual([
      'about to start 2 tasks; where that lasts, its image is being pulled or the launch budget is used up',
    ])
  })
  it('there is no room for it, in the words of who refused', async () => {
    world.runtime.onStart = ({ id }) => ({
      id,
      state: 'refused',
      seen: 1,
      refusal: { kind: 'capacity', code: 'capacity', message: 'RESOURCE:MEMORY' },
    })
    await begun()
    const { sentence, waitsFor } = await told()
    expect(waitsFor).toEqual(['backing off after 2 failures in a row, next start in 1 s; the last: RESOURCE:MEMORY'])
    expect(sentence).toContain('web.2 could not start: RESOURCE:MEMORY (2 failures in a row).')
  })
  it('it does not answer, and on which port', async () => {
    world.answering.all = false
    await begun({ ports: [{ target: 80, protocol: 'tcp', layer: 'http' }] })
    expect((await told()).waitsFor).toEqual([
      'task 1 runs and does not answer on port 80 yet',
      'task 2 runs and does not answer on port 80 yet',
    ])
    expect((await told('web.1')).waitsFor).toEqual(['runs and does not answer on port 80 yet'])
  })
  it('its health check has not passed', async () => {
    await begun({ healthcheck: { test: ['CMD', 'ok'], interval: 5_000, timeout: 5_000, retries: 3, startPeriod: 0 } })
    await seen((await running()).id, { health: 'starting' })
    expect((await told()).waitsFor[0]).toBe('task 1 runs and is not ready yet (health starting)')
  })
})

describe('why not rolling', () => {
  it('the new revision dies, of what, and when it is tried again', async () => {
    world.runtime.onStart = ({ id }) => ({ id, state: 'stopped', seen: 1e15, exit: { code: 3, reason: 'exited with code 3' } })
    await begun()
    const { sentence, waitsFor } = await told()
    expect(sentence).toMatch(/^web is moving to revision 1 \(deployment 1\)\. The last trouble, at .*Z: web\.2 exited with code 3/)
    expect(waitsFor).toEqual(['backing off after 2 failures in a row, next start in 1 s; the last: exited with code 3'])
  })
  it('it was given up, and what to do', async () => {
    world.runtime.onStart = ({ id }) => ({ id, state: 'stopped', seen: 1e15, exit: { code: 3, reason: 'exited with code 3' } })
    await begun()
    await settle(world)
    expect((await told()).sentence).toMatch(
      /^web failed on revision 1: .* failed before one was available \(limit 3\): exited with code 3\. It stays so until you deploy a mended version\./,
    )
  })
})

describe('why replaced, and what is so now', () => {
  it('what was done long ago is not told as if it were so now', async () => {
    await deployed()
    await dies('killed: out of memory (limit 64 MiB)', 137)
    expect((await told()).sentence).toMatch(
      /^web runs revision 1 as wished by deployment 1: 1 of 2 tasks are available\. The last trouble, at .*Z: web\.1 killed: out of memory \(limit 64 MiB\)\.$/,
    )
    expect((await told('web.1')).sentence).toBe('web.1 killed: out of memory (limit 64 MiB).')
  })
  it('what was made good is told for ten minutes, and no longer', async () => {
    await deployed()
    await dies('exited with code 9', 9)
    await reconcile(world, WEB)
    expect((await told()).sentence).toMatch(/2 of 2 tasks are available\. The last trouble, at .*: web\.1 exited with code 9\.$/)
    world.time.now += 600_000
    expect((await told()).sentence).toBe('web runs revision 1 as wished by deployment 1: 2 of 2 tasks are available.')
  })
  it('a crash loop says how often, of what, and when it is tried again', async () => {
    await deployed(1)
    for (let death = 0; death < 4; death++) {
      await dies('killed: out of memory (limit 64 MiB)', 137)
      if (death === 3) break
      world.time.now += 3_000
      await reconcile(world, WEB)
    }
    const { sentence, waitsFor } = await told()
    expect(sentence).toContain('0 of 1 tasks are available')
    expect(sentence).toContain('(4 failures in a row)')
    expect(waitsFor).toEqual(['crash loop: 4 failures in 12 s, next start in 4 s; the last: killed: out of memory (limit 64 MiB)'])
  })
  it('a restart policy that allows no more says what begins anew', async () => {
    await deployed(1, { restart: { condition: 'on-failure', maxAttempts: 1 } })
    for (let death = 0; death < 2; death++) {
      await dies('exited with code 1')
      world.time.now += 10_000
      await reconcile(world, WEB)
    }
    expect((await told()).waitsFor).toEqual([
      'given up after 1 restart: its restart policy allows no more; a restart or a deployment begins anew',
    ])
  })
  it('an unhealthy task, while it leaves and to whoever asks for the service', async () => {
    await deployed()
    await seen((await running()).id, { health: 'unhealthy' })
    expect((await told()).sentence).toMatch(
      /1 of 2 tasks are available\. The last trouble, at .*: web\.1 is unhealthy: its health check failed\.$/,
    )
    await reconcile(world, WEB)
    expect((await told('web.1')).sentence).toBe('web.1 is draining, on revision 1: unhealthy: its health check failed.')
  })
})

describe('why not scaled', () => {
  it('who is protected stays, and until when', async () => {
    await deployed(3)
    await protect(world, 'shop', 'web', { tasks: [2, 3], seconds: 600 }, asker())
    await onService(world, WEB, () => [{ type: 'ScaleSet', replicas: 1, after: 1 }], { actor: 'token laptop' })
    await settle(world)
    const until = new Date(world.time.now + 600_000).toISOString().slice(0, 13)
    const { sentence, waitsFor } = await told()
    expect(sentence).toBe('web runs revision 1 as wished by deployment 1: 2 tasks run, 1 desired.')
    expect(waitsFor).toHaveLength(2)
    expect(waitsFor[0]).toMatch(new RegExp(`^task 2 is protected from scaling in until ${until}.*Z$`))
  })
})
