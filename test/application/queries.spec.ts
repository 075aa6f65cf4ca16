import { beforeEach, describe, expect, it } from 'vitest'
import { conduct } from '../../shared/application/conduct.ts'
import { describeEvent } from '../../shared/application/describe-event.ts'
import { eventPage } from '../../shared/application/events.ts'
import { explain } from '../../shared/application/explain.ts'
import { logPage } from '../../shared/application/logs.ts'
import { history, listStacks, stackStatus } from '../../shared/application/queries.ts'
import { reconcile } from '../../shared/application/reconcile.ts'
import type { ServiceEvent } from '../../shared/domain/service.ts'
import type { StackEvent } from '../../shared/domain/stack.ts'
import type { LogLine } from '../../shared/ports/runtime.ts'
import { dependsOn, fact, spec, wishOf } from '../domain/given.ts'
import { elsewhere, makeWorld, SHOP, settle, up, WEB, type World, web } from './world.ts'

let world: World
beforeEach(() => {
  world = makeWorld()
})
const crashing: World['runtime']['onStart'] = ({ id }) => ({
  id,
  state: 'stopped',
  seen: 1e15,
  exit: { code: 3, reason: 'exited with code 3' },
})

describe('a sentence for every event (invariant 8)', () => {
  const run = { revision: 2, restarts: 0, stopped: false }
  const events: { [T in (ServiceEvent | StackEvent)['type']]: readonly (readonly [(ServiceEvent | StackEvent) & { type: T }, string])[] } =
    {
      WishesChanged: [
        [
          { type: 'WishesChanged', cause: 'up', deployment: 3, wishes: { web: { run }, db: { remove: true } } },
          'deployment 3 asked for by token laptop: web revision 2, db removed',
        ],
        [
          { type: 'WishesChanged', cause: 'rollback', deployment: 3, to: 1, wishes: { web: { run } } },
          'deployment 3 rolled back to deployment 1 by token laptop: web revision 2',
        ],
        [
          { type: 'WishesChanged', cause: 'rollback', deployment: 3, why: 'web: it crashed', wishes: { web: { run } } },
          'deployment 3 rolled back by token laptop: web revision 2 (web: it crashed)',
        ],
        [
          { type: 'WishesChanged', cause: 'stop', deployment: 3, wishes: { web: { run: { ...run, stopped: true } } } },
          'deployment 3 stop asked for by token laptop: web revision 2, stopped',
        ],
      ],
      NothingChanged: [[{ type: 'NothingChanged' }, 'token laptop asked for what is there already']],
      ServiceSettled: [
        [{ type: 'ServiceSettled', service: 'web', stamp: 1, outcome: 'ok', why: 'x' }, 'web is done: x'],
        [{ type: 'ServiceSettled', service: 'web', stamp: 1, outcome: 'failed', why: 'x' }, 'web failed: x'],
      ],
      CommandRefused: [[{ type: 'CommandRefused', code: 'LS-NOT-FOUND', message: 'no' }, 'refused: no (LS-NOT-FOUND)']],
      WishTaken: [
        [{ type: 'WishTaken', wish: wishOf() }, 'revision 1 is wished (deployment 1)'],
        [{ type: 'WishTaken', wish: wishOf({ cause: 'remove' }) }, 'to be removed'],
        [{ type: 'WishTaken', wish: wishOf({ cause: 'rollback' }) }, 'wish goes back to revision 1'],
        [{ type: 'WishTaken', wish: wishOf({ stopped: true }) }, 'revision 1 is wished, stopped (deployment 1)'],
      ],
      ScaleSet: [
        [{ type: 'ScaleSet', replicas: 3, after: 1 }, 'scaled to 3 by token laptop'],
        [
          { type: 'ScaleSet', replicas: 1, after: 1, by: 'demand', why: 'a request came in' },
          'scaled to 1 by the first request (a request came in)',
        ],
      ],
      ScaleAdvised: [
        [
          { type: 'ScaleAdvised', wanted: 5, bounded: 5, why: 'cpu asks for more: 5', inputs: { current: 3, min: 1, max: 9, metrics: [] } },
          'scaling asks for 5: cpu asks for more: 5',
        ],
        [
          { type: 'ScaleAdvised', wanted: 9, bounded: 6, why: 'x', inputs: { current: 3, min: 1, max: 9, metrics: [] } },
          'scaling asks for 9, 6 are to be: x',
        ],
        [
          { type: 'ScaleAdvised', bounded: 3, why: 'held: cpu has no reading', inputs: { current: 3, min: 1, max: 9, metrics: [] } },
          'scaling leaves it at 3: held: cpu has no reading',
        ],
      ],
      TaskProtected: [
        [
          { type: 'TaskProtected', ids: ['a'], until: Date.UTC(2026, 0, 1) },
          'web.7 is kept from scaling in until 2026-01-01T00:00:00.000Z',
        ],
      ],
      StartsIntended: [
        [
          { type: 'StartsIntended', tasks: [{ id: 'a', number: 7 }], revision: 2, restarts: 0, why: 'missing' },
          'start web.7 on revision 2 (missing)',
        ],
      ],
      TaskSeen: [
        [{ type: 'TaskSeen', ...fact('a') }, 'web.7 runs'],
        [{ type: 'TaskSeen', ...fact('a', { state: 'pending' }) }, 'web.7 is being started'],
        [{ type: 'TaskSeen', ...fact('a', { ready: true }) }, 'web.7 answers on its ports'],
        [{ type: 'TaskSeen', ...fact('a', { health: 'healthy' }) }, 'web.7 is healthy'],
        [{ type: 'TaskSeen', ...fact('a', { health: 'unhealthy' }) }, 'web.7 is unhealthy: its health check failed'],
        [
          { type: 'TaskSeen', ...fact('a', { state: 'stopped', exit: { code: 1, reason: 'exited with code 1' } }) },
          'web.7 exited with code 1',
        ],
        [
          { type: 'TaskSeen', ...fact('a', { state: 'refused', refusal: { kind: 'revision', code: 'X', message: 'no image' } }) },
          'web.7 could not start: no image',
        ],
      ],
      TaskAvailable: [[{ type: 'TaskAvailable', id: 'a', asOf: 1 }, 'web.7 is available']],
      DrainStarted: [[{ type: 'DrainStarted', ids: ['a'], why: 'older' }, 'web.7 gets no new requests (older)']],
      DrainOver: [[{ type: 'DrainOver', ids: ['a'], asOf: 1 }, 'web.7 has no request left']],
      StopsIntended: [[{ type: 'StopsIntended', ids: ['a'], why: 'done' }, 'stop web.7 (done)']],
      DeploymentEnded: [
        [{ type: 'DeploymentEnded', stamp: 1, outcome: 'ok', why: 'x' }, 'deployment is done: x'],
        [{ type: 'DeploymentEnded', stamp: 1, outcome: 'failed', why: 'x' }, 'deployment given up: x'],
      ],
      PauseChanged: [
        [{ type: 'PauseChanged', paused: true, services: ['web'] }, 'paused by token laptop: web'],
        [{ type: 'PauseChanged', paused: false, services: ['web', 'db'] }, 'resumed by token laptop: web, db'],
      ],
      ExecAsked: [[{ type: 'ExecAsked', id: 'web-1-aa', program: 'sh' }, 'token laptop ran sh inside of web.7']],
      ClockStepped: [[{ type: 'ClockStepped', lastTick: 1 }, 'the clock stepped, or the host was away: deadlines move along']],
    }
  it.each(Object.values(events).flat() as [ServiceEvent, string][])('$type', (event, sentence) => {
    expect(describeEvent(event, { actor: 'token laptop' }, () => 'web.7')).toBe(sentence)
  })
})

describe('explain', () => {
  it('says what runs and since when it is so', async () => {
    await up(world, { web: { spec: spec('a'), replicas: 2 } })
    await settle(world)
    expect((await explain(world, 'shop', 'web')).sentence).toBe(
      'web runs revision 1 as wished by deployment 1: 2 of 2 tasks are available.',
    )
  })

  it('tells why a newer revision was given up, each line with the commit that says so', async () => {
    await up(world, { web: spec('a') })
    await settle(world)
    world.runtime.onStart = crashing
    await up(world, { web: spec('bad') })
    world.time.now += 1_000
    await settle(world)
    const { sentence, evidence } = await explain(world, 'shop', 'web')
    expect(sentence).toMatch(
      /^web runs revision 1: a newer one was tried and given up, since .*exited with code 3\. Deployment 3 rolled it back\.$/,
    )
    for (const { stream, version } of evidence) expect(await world.log.get(stream, version)).toBeDefined()
    expect(evidence.map(line => line.at)).toEqual(evidence.map(line => line.at).sort((x, y) => x - y))
  })

  it('says what a service waits for', async () => {
    world.runtime.onPrepare = asked => (asked.image === 'db' ? { waitsFor: 'the image' } : undefined)
    await up(world, { web: spec('web', dependsOn('db')), db: spec('db') })
    await conduct(world, SHOP)
    expect(await explain(world, 'shop', 'web')).toMatchObject({
      sentence: 'web is moving to revision 1 (deployment 1).',
      waitsFor: ['waits for db to be available'],
    })
  })

  it('knows a task by id, by web.1 and by its container’s name, ended ones too', async () => {
    await up(world, { web: spec('a') })
    await settle(world)
    const [id] = world.runtime.tasks.keys()
    const answers = await Promise.all([id!, 'web.1', 'shop-web-1'].map(subject => explain(world, 'shop', subject)))
    expect(answers.map(answer => answer.sentence)).toEqual(Array(3).fill('web.1 is available, on revision 1.'))
    expect(answers[0]!.evidence.map(line => line.text)).toEqual([
      'start web.1 on revision 1 (1 of 1 missing)',
      'web.1 runs',
      'web.1 is available',
    ])
  })

  it('refuses what is not there, naming what is', async () => {
    await up(world, { web: spec() })
    await expect(explain(world, 'shop', 'nope')).rejects.toMatchObject({ code: 'LS-NOT-FOUND', hint: 'Its services: web' })
    await expect(explain(world, 'nope', 'web')).rejects.toMatchObject({ code: 'LS-NOT-FOUND' })
  })
})

describe('a stack’s state', () => {
  it('L6: reads its own writes, before anything was projected', async () => {
    await up(world, { web: spec() })
    expect(await stackStatus(elsewhere(world), 'shop')).toMatchObject({
      version: 1,
      settled: false,
      services: [{ service: 'web', waitsFor: ['about to begin'] }],
    })
    expect(await listStacks(world)).toEqual([])
  })

  it('as it was at a moment', async () => {
    await up(world, { web: spec('a') })
    await settle(world)
    const then = world.time.now
    world.time.now += 10_000
    await up(world, { web: spec('b') })
    await settle(world)
    expect((await stackStatus(world, 'shop', then)).services[0]).toMatchObject({ revision: 1, image: 'a', outcome: 'ok', available: 1 })
    expect((await stackStatus(world, 'shop')).services[0]).toMatchObject({ revision: 2, image: 'b' })
  })

  it.each([undefined, 5])('of a stack that never was is not found, at %s', async at => {
    await expect(stackStatus(world, 'nope', at)).rejects.toMatchObject({ code: 'LS-NOT-FOUND' })
  })

  it('lists stacks from rows, and those taken down no more', async () => {
    await up(world, { web: { spec: spec('a'), replicas: 2 } })
    await settle(world)
    expect(await listStacks(world)).toEqual([{ stack: 'shop', deployment: 1, outcome: 'ok', services: 1, available: 2, desired: 2 }])
    await up(world, {})
    await settle(world)
    expect(await listStacks(world)).toEqual([])
  })

  it('keeps deployments and revisions, newest first', async () => {
    for (const image of ['a', 'b']) {
      await up(world, { web: spec(image) })
      await settle(world)
    }
    const { deployments, revisions } = await history(world, 'shop')
    expect(deployments.map(past => [past.number, past.outcome, past.actor])).toEqual([
      [2, 'ok', 'token laptop'],
      [1, 'ok', 'token laptop'],
    ])
    expect(revisions.map(({ revision, stable, current }) => [revision, stable, current])).toEqual([
      [2, true, true],
      [1, true, false],
    ])
    await expect(history(world, 'shop', 'nope')).rejects.toMatchObject({ code: 'LS-NOT-FOUND' })
  })
})

describe('following events', () => {
  it('L8: page by page, each event once and no version left out, whatever the page size', async () => {
    await up(world, { web: { spec: spec('a'), replicas: 2 }, db: spec('b') })
    await settle(world)
    const all = (await eventPage(world, 'shop', undefined, 1_000)).events
    for (const size of [1, 2, 3, 7]) {
      const read: (typeof all)[number][] = []
      let cursor: string | undefined
      for (let page = 0; page < 200; page++) {
        const next = await eventPage(world, 'shop', cursor, size)
        read.push(...next.events)
        cursor = next.cursor
        if (next.events.length === 0) break
      }
      const names = (events: typeof all) =>
        events.map(event => `${event.stream} ${event.version} ${event.type} ${JSON.stringify(event.data)}`).sort()
      expect(names(read)).toEqual(names(all))
    }
  })

  it('L8: from now on only what comes', async () => {
    await up(world, { web: spec('a') })
    const { cursor, events } = await eventPage(world, 'shop', 'now', 100)
    expect(events).toEqual([])
    await conduct(world, SHOP)
    expect((await eventPage(world, 'shop', cursor, 100)).events.map(event => event.type)).toEqual(['WishTaken'])
  })

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  it.each(['%%%', encoded(null), encoded('x'), encoded([1]), encoded({ 'stack/shop': 'x' }), encoded({ 'stack/shop': -1 })])(
    'refuses the cursor %s',
    async cursor => {
      await up(world, { web: spec('a') })
      await expect(eventPage(world, 'shop', cursor, 100)).rejects.toMatchObject({ code: 'LS-REQUEST-INVALID' })
    },
  )
  it.each(['%%%', encoded(null), encoded('x'), encoded({ task: 1 })])('refuses the log cursor %s', async cursor => {
    await up(world, { web: spec('a') })
    await expect(logPage(world, 'shop', { cursor })).rejects.toMatchObject({ code: 'LS-REQUEST-INVALID' })
  })
})

describe('logs', () => {
  const say = (task: string, number: number, at = number): LogLine => ({
    task,
    stream: 'stdout',
    at,
    text: `${task} ${number}`,
    cursor: `c${number}`,
  })
  const two = async (): Promise<readonly string[]> => {
    await up(world, { web: { spec: spec('a'), replicas: 2 } })
    await settle(world)
    return [...world.runtime.tasks.keys()]
  }

  it('L8: the cursor holds a place in each task’s own output', async () => {
    const [a, b] = await two()
    world.runtime.lines = [say(a!, 1), say(b!, 2), say(a!, 3)]
    const first = await logPage(world, 'shop', {})
    expect(first.lines.map(line => [line.service, line.number, line.text])).toEqual([
      ['web', 1, `${a} 1`],
      ['web', 2, `${b} 2`],
      ['web', 1, `${a} 3`],
    ])
    expect(first.lines[0]).not.toHaveProperty('cursor')
    world.runtime.lines.push(say(b!, 4), say(a!, 5))
    const next = await logPage(world, 'shop', { cursor: first.cursor })
    expect(next.lines.map(line => line.text)).toEqual([`${b} 4`, `${a} 5`])
    expect((await logPage(world, 'shop', { cursor: next.cursor })).lines).toEqual([])
  })

  it('L8: the place is the last line read, though its clock was set back', async () => {
    const [a] = await two()
    world.runtime.lines = [say(a!, 1, 900), say(a!, 2, 100)]
    const first = await logPage(world, 'shop', {})
    expect((await logPage(world, 'shop', { cursor: first.cursor })).lines).toEqual([])
  })

  it('takes the tail of each task on the first page only', async () => {
    const [a] = await two()
    world.runtime.lines = [1, 2, 3].map(n => say(a!, n))
    const first = await logPage(world, 'shop', { tail: 1 })
    expect(first.lines.map(line => line.at)).toEqual([3])
    world.runtime.lines.push(say(a!, 4), say(a!, 5))
    expect((await logPage(world, 'shop', { tail: 1, cursor: first.cursor })).lines.map(line => line.at)).toEqual([4, 5])
  })

  it('L8: a follower who was told `tail 0` gets what comes, and nothing older', async () => {
    const [a] = await two()
    world.runtime.lines = [say(a!, 1)]
    const first = await logPage(world, 'shop', { tail: 0 })
    expect(first.lines).toEqual([])
    world.runtime.lines.push(say(a!, 2))
    expect((await logPage(world, 'shop', { tail: 0, cursor: first.cursor })).lines.map(line => line.at)).toEqual([2])
  })

  it('of an ended task too, and says when nothing will come any more', async () => {
    world.runtime.onStart = crashing
    await up(world, { job: spec('a', { restart: { condition: 'none' } }) })
    await conduct(world, SHOP)
    await reconcile(world, 'service/shop/job')
    const id = (await world.log.read('service/shop/job'))
      .flatMap(commit => commit.events as ServiceEvent[])
      .find(event => event.type === 'StartsIntended')!.tasks[0]!.id
    world.runtime.lines = [say(id, 1)]
    expect(await logPage(world, 'shop', { services: ['job'] })).toMatchObject({ lines: [{ service: 'job', number: 1 }], ended: true })
    expect((await web(world)).version).toBe(0)
  })

  it('of one task or revision; an unknown service is refused', async () => {
    const [a] = await two()
    world.runtime.lines = [say(a!, 1)]
    expect((await logPage(world, 'shop', { task: 'web.2' })).lines).toEqual([])
    expect((await logPage(world, 'shop', { task: 'web-1', revision: 1 })).lines).toHaveLength(1)
    expect((await logPage(world, 'shop', { revision: 2 })).lines).toEqual([])
    await expect(logPage(world, 'shop', { services: ['nope'] })).rejects.toMatchObject({ code: 'LS-NOT-FOUND' })
    expect(WEB).toBe('service/shop/web')
  })
})
