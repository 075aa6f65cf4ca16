import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FUNCTION_TABLE } from '../../infra/function-table.ts'
import { onService } from '../../shared/application/append.ts'
import { audit } from '../../shared/application/audit.ts'
import { checkHealth } from '../../shared/application/check-health.ts'
import { conduct } from '../../shared/application/conduct.ts'
import { observe } from '../../shared/application/observe.ts'
import { project } from '../../shared/application/project.ts'
import { rebuild } from '../../shared/application/rebuild.ts'
import { reconcile } from '../../shared/application/reconcile.ts'
import { stepClocks } from '../../shared/application/step-clocks.ts'
import { sweep } from '../../shared/application/sweep.ts'
import { wake } from '../../shared/application/wake.ts'
import { canonicalJson } from '../../shared/domain/hash.ts'
import { PROBE_DEFAULTS } from '../../shared/domain/probe.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { fact, spec } from '../domain/given.ts'
import { allCommits, elsewhere, makeWorld, SHOP, settle, typesOf, up, WEB, type World, web } from './world.ts'

let world: World
beforeEach(async () => {
  world = makeWorld()
})
const withPort = spec('web', { ports: [{ target: 80, protocol: 'tcp', layer: 'http' }] })

/** One service that was asked for, up to its intent. */
const begun = async (asked = spec('web')) => {
  await up(world, { web: asked })
  await conduct(world, SHOP)
}
const rowText = async () => canonicalJson(await world.readModel.rows())

describe('project', () => {
  it('L6: duplicates and disorder change nothing', async () => {
    await begun()
    await project(world, WEB)
    const old = elsewhere(world)
    await project(old, WEB) // warm at version 1
    await settle(world)
    const rows = await rowText()
    const stale = { ...old, log: { ...world.log, read: async () => [] } }
    await project(stale, WEB)
    await project(elsewhere(world), WEB)
    expect(await rowText()).toBe(rows)
  })

  it('L6, invariant 1: a rebuild gives the same rows, byte for byte', async () => {
    await up(world, { web: { spec: withPort, replicas: 2 }, db: spec('db') })
    await settle(world)
    const rows = await rowText()
    expect(await rebuild(elsewhere(world))).toEqual({ streams: 3, changed: 0 })
    expect(await rowText()).toBe(rows)
  })

  it('T1: sends a wake only when its write wins and dueAt changed', async () => {
    await begun()
    await project(world, SHOP)
    expect(world.sent).toHaveLength(1)
    expect(world.sent[0]).toMatchObject({ to: 'conduct', stream: SHOP, delayMs: 60_000 })
    await project(world, SHOP)
    await project(elsewhere(world), SHOP)
    expect(world.sent).toHaveLength(1)
    await project(world, WEB) // what can be done now is due now
    expect(world.sent[1]).toMatchObject({ to: 'reconcile', stream: WEB, delayMs: 0 })
    await reconcile(world, WEB)
    await project(world, WEB)
    const toMonitor = world.sent.length
    await observe(world, WEB, [fact([...world.runtime.tasks.keys()][0]!, { seen: 2 })])
    await project(world, WEB)
    expect(world.sent).toHaveLength(toMonitor) // a new version that waits for the same moment
    await settle(world)
    const count = world.sent.length
    await observe(world, WEB, [fact([...world.runtime.tasks.keys()][0]!, { seen: 3 })])
    await project(world, WEB)
    expect(world.sent).toHaveLength(count) // a new version, and nothing is waited for, as before
  })

  it('T1: never delays longer than a queue can wait', async () => {
    await begun()
    await onService(world, WEB, () => [{ type: 'StopsIntended', ids: ['x'], why: 'stray' }], { actor: 't' })
    world.time.now -= 50_000_000
    await project(world, WEB)
    expect(world.sent.every(({ delayMs }) => delayMs <= 900_000 && delayMs >= 0)).toBe(true)
  })

  it('L5: writes a snapshot when the commits since the last are worth one, and folds on from it', async () => {
    for (let n = 0; n < 205; n++) await onService(world, WEB, () => [{ type: 'ScaleSet', replicas: n, after: n }], { actor: 't' })
    await project(world, WEB)
    expect((await world.snapshots.load(WEB))?.version).toBe(205)
    const reads: number[] = []
    const fresh = elsewhere({
      ...world,
      log: {
        ...world.log,
        read: (stream, after = 0, limit) => {
          reads.push(after)
          return world.log.read(stream, after, limit)
        },
      },
    })
    expect(canonicalJson(await web(fresh))).toBe(canonicalJson(await web(world)))
    expect(reads).toEqual([205])
  })
})

describe('wake', () => {
  it('T1: acts when due, drops what is not waited for any more, delays again what is not due', async () => {
    await begun()
    const { at } = await web(world)
    await wake(world, WEB, at)
    expect(await typesOf(world, WEB)).toContain('StartsIntended')
    const version = (await web(world)).version
    world.sent.length = 0
    await wake(world, WEB, at) // its time is over: the fold waits for something later
    expect([(await web(world)).version, world.sent]).toEqual([version, []])
    await wake(world, WEB, world.time.now + 5_000) // the monitor's end
    expect(world.sent).toEqual([{ to: 'reconcile', stream: WEB, dueAt: world.time.now + 5_000, delayMs: 5_000 }])
  })
})

describe('reconcile', () => {
  it('E1, invariant 2: no start without its committed intent, and the request follows from it', async () => {
    await begun()
    const { start } = world.runtime
    world.runtime.start = async request => {
      const intents = (await world.log.read(WEB)).filter(commit => JSON.stringify(commit.events).includes(request.id))
      expect(intents.map(commit => commit.version)).toContain(request.intent)
      return start(request)
    }
    await reconcile(world, WEB)
    expect(world.runtime.started).toHaveLength(1)
  })

  it('E1: reconciles side by side in several processes start a slot once', async () => {
    await begun()
    await Promise.all([reconcile(world, WEB), ...Array.from({ length: 5 }, () => reconcile(elsewhere(world), WEB))])
    expect(new Set(world.runtime.started.map(request => request.id)).size).toBe(1)
    expect(world.runtime.tasks.size).toBe(1)
  })

  it('E2: an unknown outcome is asked again with the same request, when the run that made it must be over', async () => {
    await begun()
    const { start } = world.runtime
    world.runtime.start = async request => {
      await start(request)
      throw new OutcomeUnknown('timeout')
    }
    await reconcile(world, WEB)
    expect(Object.values((await web(world)).tasks)).toMatchObject([{ state: 'intended' }])
    world.runtime.start = start
    world.time.now += 9_999
    await reconcile(elsewhere(world), WEB)
    expect(world.runtime.started).toHaveLength(1)
    world.time.now += 1
    await reconcile(elsewhere(world), WEB)
    expect(world.runtime.started).toHaveLength(2)
    expect(world.runtime.started[1]).toEqual(world.runtime.started[0])
    expect(world.runtime.tasks.size).toBe(1)
  })

  it('E2: after thirty minutes and one timeout it is settled by a lookup, and not found means not running', async () => {
    await begun()
    world.runtime.start = () => Promise.reject(new OutcomeUnknown('lost'))
    await reconcile(world, WEB)
    const [first] = Object.keys((await web(world)).tasks)
    world.time.now += 30 * 60_000 + 9_999
    await reconcile(elsewhere(world), WEB)
    expect((await web(world)).tasks).toHaveProperty(first!)
    world.time.now += 1
    await reconcile(elsewhere(world), WEB)
    expect((await web(world)).tasks).not.toHaveProperty(first!)
    expect((await web(world)).endedTasks).toMatchObject([{ id: first, exit: { reason: expect.stringContaining('gone') } }])
  })

  it('E2: a host that holds the folder’s lock executes at once what was left', async () => {
    await begun()
    world.runtime.start = () => Promise.reject(new OutcomeUnknown('killed'))
    await reconcile(world, WEB)
    const { start } = makeWorld().runtime
    let asked = 0
    world.runtime.start = request => {
      asked++
      return start(request)
    }
    await reconcile({ ...elsewhere(world), setting: { ...world.setting, orphanedBefore: world.time.now } }, WEB)
    expect(asked).toBe(1)
  })

  it('E2: what can take long stands before the intent, and is looked at again', async () => {
    await begun()
    world.runtime.onPrepare = () => ({ waitsFor: 'pulling the image' })
    await reconcile(world, WEB)
    expect(await typesOf(world, WEB)).toEqual(['WishTaken'])
    expect(world.sent.filter(one => one.stream === WEB)).toMatchObject([{ to: 'reconcile', delayMs: 1_000 }])
    await reconcile(elsewhere(world), WEB)
    expect(world.sent.filter(one => one.stream === WEB)).toHaveLength(1) // one chain only (T1)
    world.runtime.onPrepare = () => undefined
    await reconcile(world, WEB)
    expect(await typesOf(world, WEB)).toContain('StartsIntended')
  })

  it('T5: a look from before a clock step is void', async () => {
    await begun()
    await reconcile(world, WEB)
    world.time.now += 5_000
    const { list } = world.runtime
    let looks = 0
    world.runtime.list = async () => {
      if (looks++ === 0) {
        const lastTick = world.time.now
        world.time.now += 3_600_000
        await stepClocks(elsewhere(world), world.time.now, lastTick)
      }
      return list()
    }
    await reconcile(world, WEB)
    expect(looks).toBe(2)
    const types = await typesOf(world, WEB)
    expect(types.indexOf('TaskAvailable')).toBeGreaterThan(types.indexOf('ClockStepped'))
  })

  it('E5: a taken port does not hold up the drains; the message comes again', async () => {
    await begun(withPort)
    await reconcile(world, WEB)
    const { CodedError } = await import('../../shared/domain/errors.ts')
    world.router.refuse = new CodedError('LS-PORT-TAKEN', 'taken')
    await onService(world, WEB, s => [{ type: 'DrainStarted', ids: Object.keys(s.tasks), why: 'x' }], { actor: 't' })
    await expect(reconcile(world, WEB)).rejects.toMatchObject({ code: 'LS-PORT-TAKEN' })
    expect(await typesOf(world, WEB)).toContain('DrainOver')
  })
})

describe('sweep', () => {
  const running = async () => {
    await begun()
    await settle(world)
    return [...world.runtime.tasks.keys()][0]!
  }

  it('T2: finds an end that nobody told of, and the service is healed', async () => {
    const id = await running()
    world.runtime.tasks.set(id, {
      ...world.runtime.tasks.get(id)!,
      state: 'stopped',
      seen: 1e15,
      exit: { code: 1, reason: 'exited with code 1' },
    })
    await sweep(world)
    expect((await web(world)).tasks).not.toHaveProperty(id)
    await settle(world)
    expect([...world.runtime.tasks.values()].filter(task => task.state === 'running')).toHaveLength(1)
  })

  it('T2: wakes what the index says is due', async () => {
    await up(world, { web: spec() })
    await project(world, SHOP)
    world.time.now += 60_000
    await sweep(world)
    expect(await typesOf(world, WEB)).toContain('WishTaken')
  })

  it('T2: wakes what no index knows of, since nothing got through to project', async () => {
    await up(world, { web: spec() })
    world.time.now += 60_000
    await sweep(world) // the stack's wish is handed over
    await sweep(world)
    expect([...world.runtime.tasks.values()].filter(task => task.state === 'running')).toHaveLength(1)
    expect(await world.readModel.rows()).toEqual([])
  })

  it('E7: within an hour of a restore (a new epoch) nothing that the log does not name is stopped', async () => {
    const id = await running()
    const setting = { ...world.setting, installation: { ...world.setting.installation, epoch: 2 } }
    const restored = { ...elsewhere(world), setting }
    const stray = { ...world.runtime.tasks.get(id)!, id: 'web-9-0000000000000000', intent: 99 }
    world.runtime.tasks.set(stray.id, stray)
    expect(await sweep(restored)).toEqual({ held: [stray.id] })
    world.time.now += 3_599_000
    expect(await sweep(restored)).toEqual({ held: [stray.id] })
    expect(world.runtime.stopped).toEqual([])
    world.time.now += 2_000
    expect(await sweep(restored)).toEqual({ held: [] })
    expect((await web(restored)).tasks[stray.id]?.stop).toBeDefined()
  })

  it('E7: absence counts only a minute after the last fact', async () => {
    const id = await running()
    const { seenAt } = (await web(world)).tasks[id]!
    world.runtime.tasks.delete(id)
    world.time.now = seenAt + 59_999
    await sweep(world)
    expect((await web(world)).tasks).toHaveProperty(id)
    world.time.now = seenAt + 60_000
    await sweep(world)
    expect((await web(world)).tasks).not.toHaveProperty(id)
  })

  it('E7: absence is settled by a lookup: what the list forgot lives on', async () => {
    const id = await running()
    world.time.now += 120_000
    world.runtime.list = async () => []
    await sweep(world)
    expect((await web(world)).tasks).toHaveProperty(id)
  })

  const stray = (n: number, intent = 1) => ({ id: `stray-${n}`, stream: WEB, intent, state: 'running' as const, seen: 1 })

  it('E7: a listed task of ours that no intent names is stopped', async () => {
    await running()
    world.runtime.tasks.set('stray-1', stray(1))
    expect(await sweep(world)).toEqual({ held: [] })
    expect((await web(world)).tasks['stray-1']).toMatchObject({ stray: true, stop: {} })
    world.time.now += 10_000
    await reconcile(world, WEB)
    expect(world.runtime.stopped).toContain('stray-1')
    expect((await web(world)).tasks).not.toHaveProperty('stray-1')
  })

  it('E7: a task that ended between the listing and the fold is no stray', async () => {
    const id = await running()
    const listed = [...world.runtime.tasks.values()]
    world.runtime.list = async () => {
      await world.runtime.stop(id, { graceMs: 0 })
      await onService(world, WEB, () => [{ type: 'TaskSeen', id, state: 'stopped', seen: 1e15, exit: { reason: 'stopped' } }], {
        actor: 't',
      })
      return listed
    }
    await sweep(world)
    expect((await web(world)).tasks).not.toHaveProperty(id)
  })

  it('E7: more than five whose commit the log lacks are left alone and reported', async () => {
    await running()
    for (let n = 0; n < 6; n++) world.runtime.tasks.set(`stray-${n}`, stray(n, 999))
    expect((await sweep(world)).held).toHaveLength(6)
    expect(world.runtime.stopped).toEqual([])
    world.runtime.tasks.delete('stray-5')
    expect(await sweep(world)).toEqual({ held: [] })
    expect(Object.keys((await web(world)).tasks).filter(id => id.startsWith('stray'))).toHaveLength(5)
  })

  it('E7: tasks of a stream that the log does not know are reported, never stopped', async () => {
    await running()
    world.runtime.tasks.set('other', { id: 'other', stream: 'service/lost/web', intent: 3, state: 'running', seen: 1 })
    expect((await sweep(world)).held).toEqual(['other'])
    expect(world.runtime.stopped).toEqual([])
  })

  it('T4: sweeps and audits that overlap, in several processes, do what one does', async () => {
    const id = await running()
    world.runtime.tasks.set(id, {
      ...world.runtime.tasks.get(id)!,
      state: 'stopped',
      seen: 1e15,
      exit: { code: 1, reason: 'exited with code 1' },
    })
    for (let n = 0; n < 3; n++) world.runtime.tasks.set(`stray-${n}`, stray(n))
    await Promise.all([sweep(world), ...[1, 2, 3].map(() => sweep(elsewhere(world))), audit(elsewhere(world)), audit(elsewhere(world))])
    expect((await typesOf(world, WEB)).filter(type => type === 'StopsIntended')).toHaveLength(1)
    expect((await web(world)).endedTasks).toHaveLength(1)
    world.time.now += 20_000
    await reconcile(world, WEB)
    await settle(world)
    expect([...world.runtime.tasks.values()].filter(task => task.state === 'running')).toHaveLength(1)
    expect(new Set(world.runtime.started.map(request => request.id)).size).toBe(2)
  })

  it('one stream that fails does not keep the others from being looked at', async () => {
    await up(world, { web: spec('a'), zoo: spec('b') })
    await settle(world)
    const dead = [...world.runtime.tasks]
    for (const [id, task] of dead) world.runtime.tasks.set(id, { ...task, state: 'stopped', seen: 1e15 })
    const { apply } = world.router
    world.router.apply = async (stream, version, wanted) => {
      if (stream === WEB) throw new Error('this one fails')
      await apply(stream, version, wanted)
    }
    await expect(sweep(world)).rejects.toThrow('this one fails')
    expect(await typesOf(world, 'service/shop/zoo')).toContain('TaskSeen')
    for (const [id] of dead) expect((await web(world)).tasks).not.toHaveProperty(id)
  })
})

describe('audit', () => {
  it('T2: acts where the row is behind its head, or was never written', async () => {
    await begun()
    await audit(world)
    expect(await typesOf(world, WEB)).toContain('StartsIntended')
    expect(await world.readModel.row(SHOP)).toBeDefined()
  })

  it('T2: leaves alone what is settled and up to date; at a host’s start it looks at what is waited for too', async () => {
    await begun()
    await reconcile(world, WEB)
    await project(world, WEB)
    await project(world, SHOP)
    const appliedBefore = world.router.sets.size
    world.router.sets.clear()
    await audit(world)
    expect(world.router.sets.size).toBe(0)
    await audit(world, { everything: true })
    expect(world.router.sets.size).toBe(appliedBefore)
  })

  it('L10: frees claims over ten minutes old that their owner’s fold does not name', async () => {
    await up(world, { web: spec('a', { ports: [{ published: 80, target: 80, protocol: 'tcp', layer: 'http' }] }) })
    await settle(world)
    await world.claims.take('port/81/tcp', SHOP, world.time.now)
    await world.claims.take('port/82/tcp', 'stack/never', world.time.now)
    world.time.now += 599_999
    await audit(world)
    expect((await world.claims.list()).map(claim => claim.name)).toEqual(['port/80/tcp', 'port/81/tcp', 'port/82/tcp'])
    world.time.now += 1
    await audit(world)
    expect((await world.claims.list()).map(claim => claim.name)).toEqual(['port/80/tcp'])
  })

  it('L10: frees nothing while a deployment is under way', async () => {
    await up(world, { web: spec('a') })
    await world.claims.take('port/81/tcp', SHOP, world.time.now)
    world.time.now += 3_600_000
    world.runtime.onPrepare = () => ({ waitsFor: 'the image' })
    await audit(world)
    expect(await world.claims.list()).toHaveLength(1)
  })
})

describe('check-health', () => {
  it('M7: tries the ports of what runs and is not ready, and records readiness once', async () => {
    await begun(withPort)
    await reconcile(world, WEB)
    await checkHealth(world, WEB)
    expect(Object.values((await web(world)).tasks)[0]!.readyAt).toBe(world.time.now)
    await checkHealth(world, WEB)
    expect(world.probes.count).toBe(1)
  })

  it('T2: a lost message costs a minute: the sweep tells of services that wait or are probed, and of no others', async () => {
    const looks = () => world.sent.filter(one => one.to === 'check-health').map(one => one.stream)
    await begun(withPort)
    await reconcile(world, WEB)
    world.sent.length = 0
    await sweep(world)
    expect(looks()).toEqual([WEB])
    await settle(world)
    world.sent.length = 0
    await sweep(world)
    expect(looks(), 'ready, and not probed').toEqual([])
    const tcp = { ...PROBE_DEFAULTS, tcp: { port: 80 } }
    await up(world, { web: spec('probed', { ...withPort, probes: { liveness: tcp } }) })
    await settle(world)
    world.sent.length = 0
    await sweep(world)
    expect(looks(), 'probed for its life').toEqual([WEB])
  })

  it('nobody reads all rows for it: however many services rest, none is looked at', async () => {
    await up(world, Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`s${index}`, spec(`s${index}`)])))
    await settle(world)
    const rows = vi.spyOn(world.readModel, 'rows')
    world.sent.length = 0
    await sweep(world)
    expect([rows.mock.calls.length, world.sent.filter(one => one.to === 'check-health').length]).toEqual([0, 0])
    expect(FUNCTION_TABLE.find(({ name }) => name === 'check-health')!.triggers.map(({ kind }) => kind)).not.toContain('schedule')
  })

  it('T1: duplicates of a look that finds nothing keep one chain of messages', async () => {
    await begun(withPort)
    await reconcile(world, WEB)
    world.answering.all = false
    await Promise.all(Array.from({ length: 5 }, () => checkHealth(elsewhere(world), WEB)))
    expect(world.sent.filter(one => one.to === 'check-health')).toEqual([
      { to: 'check-health', stream: WEB, dueAt: world.time.now + 1_000, delayMs: 1_000 },
    ])
    world.time.now += 1_000
    await Promise.all(Array.from({ length: 5 }, () => checkHealth(elsewhere(world), WEB)))
    expect(world.sent.filter(one => one.to === 'check-health')).toHaveLength(2)
  })

  it('does not ask what has a health check of its own, or leaves', async () => {
    const checked = { ...withPort, healthcheck: { test: ['CMD', 'true'], interval: 1, timeout: 1, retries: 1, startPeriod: 0 } }
    await begun(checked)
    await reconcile(world, WEB)
    await checkHealth(world, WEB)
    expect(world.probes.count).toBe(0)
  })

  it('a task whose address is not known yet is not ready', async () => {
    world.runtime.onStart = ({ id }) => ({ id, state: 'running', seen: 1 })
    await begun(withPort)
    await reconcile(world, WEB)
    await checkHealth(world, WEB)
    expect(Object.values((await web(world)).tasks)[0]!.readyAt).toBeUndefined()
    expect(world.sent.some(one => one.to === 'check-health')).toBe(true)
  })
})

describe('clock steps', () => {
  it('T5: are recorded once on every service, settled ones too, and on no stack', async () => {
    await up(world, { web: spec('a'), db: spec('b') })
    await settle(world)
    const lastTick = world.time.now
    world.time.now += 28_800_000
    await stepClocks(world, world.time.now, lastTick)
    await stepClocks(elsewhere(world), world.time.now, lastTick)
    const steps = (await allCommits(world)).filter(commit => commit.events.some(event => event.type === 'ClockStepped'))
    expect(steps.map(commit => commit.stream).sort()).toEqual(['service/shop/db', WEB])
  })

  it('T5: a night’s sleep in the middle of a rollout rolls nothing back', async () => {
    await begun(withPort)
    await reconcile(world, WEB)
    const lastTick = world.time.now
    world.time.now += 8 * 3_600_000
    await stepClocks(world, world.time.now, lastTick)
    await reconcile(world, WEB)
    expect((await web(world)).deployment).toBeDefined()
    await checkHealth(world, WEB)
    await settle(world)
    expect((await web(world)).ended?.outcome).toBe('ok')
  })
})

describe('observe', () => {
  it('L11: one commit for a batch, none where nothing is new', async () => {
    await begun()
    await reconcile(world, WEB)
    const [id] = world.runtime.tasks.keys()
    const { version } = await web(world)
    await observe(world, WEB, [fact(id!, { seen: 2 }), fact(id!, { seen: 3 }), fact(id!, { seen: 3 })])
    expect((await web(world)).version).toBe(version + 1)
    await observe(elsewhere(world), WEB, [fact(id!, { seen: 2 }), fact('unknown')])
    expect((await web(world)).version).toBe(version + 1)
  })
})
