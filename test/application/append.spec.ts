import { beforeEach, describe, expect, it } from 'vitest'
import { Contended, onService, onStack } from '../../shared/application/append.ts'
import { foldService, SERVICE } from '../../shared/application/folds.ts'
import { scale } from '../../shared/application/scale.ts'
import type { ServiceEvent } from '../../shared/domain/service.ts'
import { decideStack } from '../../shared/domain/stack-decide.ts'
import type { EventLog } from '../../shared/ports/event-log.ts'
import { spec } from '../domain/given.ts'
import { asker, elsewhere, makeWorld, SHOP, settle, shop, typesOf, up, WEB, type World, web } from './world.ts'

const set = (replicas: number): readonly ServiceEvent[] => [{ type: 'ScaleSet', replicas, after: 0 }]
const by = { actor: 'tester' }

let world: World
beforeEach(() => {
  world = makeWorld()
})
const withLog = (change: (log: EventLog) => Partial<EventLog>) => ({ ...world, log: { ...world.log, ...change(world.log) } })

describe('appending', () => {
  it('L3: a put whose answer was lost is known by its nonce, and happens once', async () => {
    const lossy = withLog(log => ({
      put: async commit => {
        await log.put(commit)
        return log.put(commit) // the client repeats what succeeded
      },
    }))
    const appended = await onService(lossy, WEB, () => set(3), by)
    expect(appended).toMatchObject({ appended: true, version: 1 })
    expect(await typesOf(world, WEB)).toEqual(['ScaleSet'])
  })

  it('L3: the same events put by somebody else are not taken for one’s own', async () => {
    let first = true
    const raced = withLog(log => ({
      put: async commit => {
        if (first) await log.put({ ...commit, nonce: 'another' })
        first = false
        return log.put(commit)
      },
    }))
    expect(await onService(raced, WEB, s => (s.scale.replicas === 3 ? [] : set(3)), by)).toMatchObject({ appended: false, version: 1 })
    expect(await typesOf(world, WEB)).toEqual(['ScaleSet'])
  })

  it('L4: racing appends all succeed, each deciding on what it follows', async () => {
    const processes = Array.from({ length: 8 }, () => elsewhere(world))
    await Promise.all(processes.map(one => onService(one, WEB, s => set(s.scale.replicas + 1), by)))
    expect((await foldService(world, WEB)).scale.replicas).toBe(8)
    expect((await world.log.read(WEB)).map(commit => commit.version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('L4: a lost race reads only the newer commits', async () => {
    await onService(world, WEB, () => set(1), by)
    await onService(elsewhere(world), WEB, () => set(2), by)
    const reads: number[] = []
    const counting = withLog(log => ({
      read: (stream, after = 0, limit) => {
        reads.push(after)
        return log.read(stream, after, limit)
      },
    }))
    await onService(counting, WEB, s => set(s.scale.replicas + 1), by)
    expect(reads.every(after => after >= 1)).toBe(true)
    expect((await web(world)).scale.replicas).toBe(3)
  })

  it('L4: gives up after ten lost races', async () => {
    let puts = 0
    const contended = withLog(log => ({
      put: async commit => {
        puts++
        await log.put({ ...commit, nonce: `other-${puts}`, events: set(puts) })
        return 'refused'
      },
    }))
    await expect(onService(contended, WEB, () => set(99), by)).rejects.toBeInstanceOf(Contended)
    expect(puts).toBe(10)
    expect((await world.log.read(WEB)).some(commit => JSON.stringify(commit).includes('99'))).toBe(false)
  })

  it('a decision that needs no commit is made on the newest state, however warm the fold', async () => {
    await onService(world, WEB, () => set(1), by)
    await onService(elsewhere(world), WEB, () => set(5), by)
    const seen: number[] = []
    await onService(
      world,
      WEB,
      s => {
        seen.push(s.scale.replicas)
        return []
      },
      by,
    )
    expect(seen.at(-1)).toBe(5)
  })

  it('a failing put leaves the fold as it was', async () => {
    await onService(world, WEB, () => set(1), by)
    const broken = withLog(() => ({ put: () => Promise.reject(new Error('disk full')) }))
    await expect(onService(broken, WEB, () => set(9), by)).rejects.toThrow('disk full')
    expect((await web(world)).scale.replicas).toBe(1)
    await expect(onService(world, WEB, () => set(2), by)).resolves.toMatchObject({ version: 2 })
  })

  it('L5: folds from a snapshot and the later commits, and anew when its schema is unknown', async () => {
    await onService(world, WEB, () => set(1), by)
    const state = await web(world)
    await world.snapshots.save({ stream: WEB, version: 1, schema: SERVICE.schema, state: { ...state, scale: { replicas: 77, after: 0 } } })
    expect((await web(elsewhere(world))).scale.replicas).toBe(77)
    await world.snapshots.save({ stream: WEB, version: 2, schema: 99, state: { version: 2, nonsense: true } })
    expect((await web(elsewhere(world))).scale.replicas).toBe(1)
  })
})

describe('commands', () => {
  const command = (id: string, replicas: number) => ({ actor: 'token laptop', command: { id, body: { replicas } } })

  it('L4: the same key and body gives the first answer, and appends nothing', async () => {
    const first = await onService(world, WEB, () => set(3), command('key-1', 3))
    await onService(world, WEB, () => set(4), command('key-2', 4))
    const again = await onService(elsewhere(world), WEB, () => set(3), command('key-1', 3))
    expect([first.version, again.version, again.appended]).toEqual([1, 1, false])
    expect((await web(world)).scale.replicas).toBe(4)
  })

  it('L4: the same key at the same time is one command', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => onService(elsewhere(world), WEB, () => set(3), command('key-1', 3))))
    expect(answers.map(answer => answer.version)).toEqual([1, 1, 1, 1, 1])
    expect(answers.filter(answer => answer.appended)).toHaveLength(1)
  })

  it('L4: another body under the same key is refused', async () => {
    await onService(world, WEB, () => set(3), command('key-1', 3))
    await expect(onService(world, WEB, () => set(4), command('key-1', 4))).rejects.toMatchObject({ code: 'LS-KEY-REUSED', status: 422 })
  })

  it('L4: a refusal is remembered: what became possible since stays refused under that key', async () => {
    const back = (key: string) =>
      onStack(world, SHOP, stack => decideStack(stack, { type: 'rollback' }), {
        actor: 'x',
        command: { id: key, body: { type: 'rollback' } },
      })
    await up(world, { web: spec('1') })
    await settle(world)
    expect((await back('key-back')).refusal?.code).toBe('LS-NOTHING-TO-ROLL-BACK')
    await up(world, { web: spec('2') })
    await settle(world)
    expect(await back('key-back')).toMatchObject({ appended: false, refusal: { code: 'LS-NOTHING-TO-ROLL-BACK' } })
    expect((await back('key-other')).refusal).toBeUndefined()
    expect((await shop(world)).services['web']!.wish.revision).toBe(1)
  })

  it('L4: is told apart by its key among the last thousand', async () => {
    for (let n = 0; n < 1_001; n++) await onService(world, WEB, () => set(n), command(`key-${n}`, n))
    expect((await onService(world, WEB, () => set(1), command('key-1', 1))).version).toBe(2)
    expect((await onService(world, WEB, () => set(0), command('key-0', 0))).version).toBe(1_002) // forgotten: the thousand and first back
  })

  it('M1: a scale carries the stack version that it read', async () => {
    await up(world, { web: spec() })
    await scale(world, 'shop', 'web', 4, asker())
    await settle(world)
    expect((await web(world)).scale).toEqual({ replicas: 4, after: 1 })
    expect(world.runtime.tasks.size).toBe(4)
  })

  it.each([
    ['an unknown stack', 'nope', 'web'],
    ['an unknown service', 'shop', 'nope'],
  ])('a scale of %s is refused', async (_, stack, service) => {
    await up(world, { web: spec() })
    await expect(scale(world, stack, service, 2, asker())).rejects.toMatchObject({ code: 'LS-NOT-FOUND' })
  })

  it('a scale in a stack that is down says that it is down, and names no service that is gone', async () => {
    await up(world, { web: spec(), db: spec('db') })
    await settle(world)
    await onStack(world, SHOP, stack => decideStack(stack, { type: 'remove' }), { actor: 'token laptop' })
    await expect(scale(world, 'shop', 'web', 2, asker())).rejects.toMatchObject({ hint: 'shop is down; longshore up brings it back.' })
    await up(world, { db: spec('db') })
    await expect(scale(world, 'shop', 'web', 2, asker())).rejects.toMatchObject({ hint: 'Its services: db' })
  })
})
