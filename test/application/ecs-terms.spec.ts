import { beforeEach, describe, expect, it } from 'vitest'
import { onService } from '../../shared/application/append.ts'
import { checkHealth, isWatched } from '../../shared/application/check-health.ts'
import { conduct } from '../../shared/application/conduct.ts'
import { foldService } from '../../shared/application/folds.ts'
import { logPage } from '../../shared/application/logs.ts'
import { reconcile } from '../../shared/application/reconcile.ts'
import { inRotation } from '../../shared/application/rotation.ts'
import { sweep } from '../../shared/application/sweep.ts'
import { AWS } from '../../shared/reconcile/policy.ts'
import { spec } from '../domain/given.ts'
import { makeWorld, SHOP, settle, typesOf, up, WEB, type World, web } from './world.ts'

/** What the handlers do where looks lag and launches are rationed, as on ECS. */

let world: World
beforeEach(() => {
  world = makeWorld({ setting: { installation: { id: 'test', epoch: 1 }, limits: AWS, orphanedBefore: 0 } })
})

describe('a stop where looks lag', () => {
  const stopped = async () => {
    await up(world, { web: spec('web') })
    await settle(world)
    const [id] = Object.keys((await web(world)).tasks)
    world.time.now += 1_000
    world.runtime.lookup = async () => undefined
    await onService(world, WEB, () => [{ type: 'StopsIntended', ids: [id!], why: 'a test' }], { actor: 'test' })
    return id!
  }

  it('E7: what a look misses a moment after its last fact is not taken for gone, and the stop is asked again', async () => {
    const id = await stopped()
    world.time.now += 10_000
    const { version } = await web(world)
    const seenAt = (await web(world)).tasks[id]!.seenAt
    await reconcile({ ...world, setting: { ...world.setting, orphanedBefore: world.time.now } }, WEB)
    expect(world.runtime.stopped).toContain(id)
    expect((await web(world)).tasks).toHaveProperty(id)
    expect((await web(world)).version).toBeGreaterThanOrEqual(version)
    world.time.now = seenAt + AWS.looksLag + AWS.timeout + 60_000
    await reconcile(world, WEB)
    expect(world.runtime.stopped.filter(other => other === id).length).toBeGreaterThan(1)
    expect((await web(world)).tasks).not.toHaveProperty(id)
  })

  it('names the task as its facts did, so that no search is needed', async () => {
    const asked: unknown[] = []
    world.runtime.onStart = ({ id }) => ({ id, state: 'running', seen: 1, runtimeId: 'arn:task/1' })
    const id = await stopped()
    world.runtime.stop = async (task, options) => void asked.push([task, options.runtimeId])
    await reconcile({ ...world, setting: { ...world.setting, orphanedBefore: world.time.now } }, WEB)
    expect(asked).toEqual([[id, 'arn:task/1']])
  })
})

describe('a launch budget', () => {
  it('T3: as many start as it grants, the rest is asked for again a moment later', async () => {
    await up(world, { web: { spec: spec('web'), replicas: 10 } })
    await conduct(world, SHOP)
    const asked: unknown[] = []
    world.runtime.prepare = async (_, start) => {
      asked.push(start)
      return { waitsFor: 'the launch budget', starts: 3 }
    }
    await reconcile(world, WEB)
    expect(asked).toEqual([{ stream: WEB, count: 10 }])
    expect(world.runtime.started.map(request => request.number).sort()).toEqual([1, 2, 3])
    expect(world.sent.filter(one => one.stream === WEB)).toMatchObject([{ to: 'reconcile', delayMs: 1_000 }])
  })

  it('T3: a grant of nothing starts nothing', async () => {
    await up(world, { web: spec('web') })
    await conduct(world, SHOP)
    world.runtime.prepare = async () => ({ waitsFor: 'the launch budget', starts: 0 })
    await reconcile(world, WEB)
    expect(await typesOf(world, WEB)).toEqual(['WishTaken'])
  })
})

describe('health that nobody tells', () => {
  const check = { test: ['CMD', 'ok'], interval: 5_000, timeout: 5_000, retries: 3, startPeriod: 0 }
  const begun = async () => {
    await up(world, { web: spec('web', { healthcheck: check }) })
    await conduct(world, SHOP)
    await reconcile(world, WEB)
    const [id] = Object.keys((await web(world)).tasks)
    return id!
  }
  const feels = (id: string, health: 'healthy' | 'unhealthy') => world.runtime.tasks.set(id, { ...world.runtime.tasks.get(id)!, health })

  it('T3: is asked for while a task becomes ready, each 5 s, and no longer', async () => {
    const id = await begun()
    const isAskedFor = async () => isWatched(await web(world), world.setting.limits)
    expect(await isAskedFor()).toBe(true)
    await checkHealth(world, WEB)
    expect((await web(world)).tasks[id]!.readyAt).toBeUndefined()
    expect(world.sent.filter(one => one.to === 'check-health')).toMatchObject([{ stream: WEB, delayMs: 5_000 }])
    world.time.now += 5_000
    feels(id, 'healthy')
    await checkHealth(world, WEB)
    expect((await web(world)).tasks[id]!.readyAt).toBe(world.time.now)
    expect(await isAskedFor()).toBe(false)
    world.runtime.list = () => Promise.reject(new Error('not asked again'))
    await checkHealth(world, WEB)
    expect(world.sent.filter(one => one.to === 'check-health')).toHaveLength(1)
  })

  it('T2: of a task that is ready is found by the sweep', async () => {
    const id = await begun()
    feels(id, 'healthy')
    await checkHealth(world, WEB)
    feels(id, 'unhealthy')
    await sweep(world)
    expect((await web(world)).tasks[id]?.unhealthyAt ?? (await web(world)).endedTasks.find(task => task.id === id)).toBeDefined()
  })
})

describe('a sweep of more services than it may list', () => {
  const names = Array.from({ length: 7 }, (_, n) => `s${n}`)
  it('T2: lists them in rotation, each once in as many minutes as it takes, and finds what events missed', async () => {
    world = makeWorld({ setting: { installation: { id: 'test', epoch: 1 }, limits: { ...AWS, mostListed: 3 }, orphanedBefore: 0 } })
    await up(world, Object.fromEntries(names.map(name => [name, spec(name)])))
    await settle(world)
    const listed: (string | undefined)[] = []
    const { list } = world.runtime
    world.runtime.list = async stream => {
      listed.push(stream)
      return list(stream)
    }
    for (let minute = 0; minute < 3; minute++) {
      await sweep(world)
      expect(listed.length).toBeLessThanOrEqual(3 * (minute + 1))
      world.time.now += 60_000
    }
    expect(listed.sort()).toEqual(names.map(name => `service/shop/${name}`))
    for (const [id, task] of world.runtime.tasks)
      world.runtime.tasks.set(id, { ...task, state: 'stopped', seen: 1e15, exit: { reason: 'lost' } })
    for (let minute = 0; minute < 3; minute++) {
      await sweep(world)
      world.time.now += 60_000
    }
    for (const name of names)
      expect((await foldService(world, `service/shop/${name}`)).endedTasks).toMatchObject([{ exit: { reason: 'lost' } }])
  })

  it('T2: as many as it may list are listed whole, which also finds tasks that no stream names', async () => {
    await up(world, { web: spec('web') })
    await settle(world)
    world.runtime.tasks.set('x', { id: 'x', state: 'running', seen: 1, stream: 'service/nobody/x', intent: 1 })
    expect(await sweep(world)).toEqual({ held: ['x'] })
  })

  it('every stream has its minute, however many there are', () => {
    for (const count of [0, 1, 149, 150, 151, 5_000]) {
      const streams = Array.from({ length: count }, (_, n) => `s${n}`)
      const rounds = Math.max(1, Math.ceil(count / 150))
      const met = Array.from({ length: rounds }, (_, minute) => [...inRotation(streams, 150, minute * 60_000)])
      expect(met.flat().sort()).toEqual([...streams].sort())
      expect(Math.max(...met.map(round => round.length))).toBeLessThanOrEqual(150)
    }
  })
})

describe('logs', () => {
  it('are asked for by the name that the runtime gave the task, after its end too', async () => {
    world.runtime.onStart = ({ id }) => ({ id, state: 'running', seen: 1, runtimeId: 'arn:task/1' })
    await up(world, { web: spec('web') })
    await settle(world)
    const asked: (string | undefined)[] = []
    world.runtime.logs = async (_, query) => {
      asked.push(query.runtimeId)
      return []
    }
    await logPage(world, 'shop', {})
    const [id] = Object.keys((await web(world)).tasks)
    await onService(world, WEB, () => [{ type: 'TaskSeen', id: id!, state: 'stopped', seen: 9, exit: { reason: 'x' } }], { actor: 'test' })
    await logPage(world, 'shop', {})
    expect(asked).toEqual(['arn:task/1', 'arn:task/1'])
  })
})
