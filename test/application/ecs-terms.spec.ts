import { beforeEach, describe, expect, it } from 'vitest'
import { onService } from '../../shared/application/append.ts'
import { conduct } from '../../shared/application/conduct.ts'
import { logPage } from '../../shared/application/logs.ts'
import { reconcile } from '../../shared/application/reconcile.ts'
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
