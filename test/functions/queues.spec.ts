import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { audit } from '../../functions/audit.ts'
import { checkHealth } from '../../functions/check-health.ts'
import { conduct } from '../../functions/conduct.ts'
import { observe } from '../../functions/observe.ts'
import { project } from '../../functions/project.ts'
import { onQueue } from '../../functions/queue-trigger.ts'
import { reconcile } from '../../functions/reconcile.ts'
import { relay } from '../../functions/relay.ts'
import { sweep } from '../../functions/sweep.ts'
import { Folds } from '../../shared/application/folds.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import type { Pointer } from '../../shared/ports/bus.ts'
import { makeWorld, SHOP, typesOf, up, WEB, type World, web } from '../application/world.ts'
import { spec, T0 } from '../domain/given.ts'
import { taskEvent } from '../ecs/task-event.ts'
import { call, type Failures, failed, fixture, message, pointer, wakeFor } from './invoke.ts'

/** The log as the newer release's code reads it, which knows the event: here it is one that this code knows. */
const upgraded = (log: World['log']): World['log'] => {
  const known = (commit: Commit): Commit => ({
    ...commit,
    events: commit.events.map(event =>
      (event as { readonly type: string }).type === 'FromTheFuture' ? { type: 'ClockStepped', lastTick: T0 } : event,
    ),
  })
  return {
    put: commit => log.put(commit),
    head: stream => log.head(stream),
    streams: () => log.streams(),
    get: async (stream, version) => (await log.read(stream, version - 1, 1)).map(known)[0],
    read: async (stream, after, limit) => (await log.read(stream, after, limit)).map(known),
  }
}

let world: World
const said: string[] = []
beforeEach(() => {
  world = makeWorld()
  said.length = 0
  vi.spyOn(console, 'error').mockImplementation(line => void said.push(String(line)))
})
afterEach(() => vi.restoreAllMocks())

describe('a batch of a queue', () => {
  const batch = async (records: readonly unknown[], run: (message: { stream: string; dueAt?: number }) => Promise<void>) =>
    failed(await call<Failures>(onQueue(run), { Records: records }))

  it('L11: runs once per stream', async () => {
    const runs: string[] = []
    const answer = await batch([pointer('1', WEB), pointer('2', SHOP), pointer('3', WEB)], async ({ stream }) => void runs.push(stream))
    expect([answer, runs.sort()]).toEqual([[], [WEB, SHOP]])
  })

  it('only the messages of a stream that failed come again', async () => {
    const answer = await batch([pointer('1', WEB), pointer('2', SHOP), pointer('3', WEB)], async ({ stream }) => {
      if (stream === WEB) throw new Error('throttled')
    })
    expect(answer).toEqual(['1', '3'])
    expect(said.join()).toContain('throttled')
  })

  it.each(['not json', '{}', 'null', '{"detail":{}}', '"text"', '{"wake":null}'])('a poison message fails alone: %s', async body => {
    const runs: string[] = []
    expect(await batch([pointer('1', WEB), message('2', body), pointer('3', SHOP)], async ({ stream }) => void runs.push(stream))).toEqual([
      '2',
    ])
    expect(runs.sort()).toEqual([WEB, SHOP])
  })

  it('T1: a wake tells its moment, unless a pointer of the same stream is in the batch', async () => {
    const seen: unknown[] = []
    await batch([wakeFor('1', WEB, 7), wakeFor('2', SHOP, 8), pointer('3', SHOP)], async given => void seen.push(given))
    expect(seen).toEqual([{ stream: WEB, dueAt: 7 }, { stream: SHOP }])
  })

  it('of nothing is nothing', async () => {
    expect(await batch([], () => Promise.reject(new Error('never')))).toEqual([])
  })
})

describe('functions behind queues', () => {
  it('conduct, reconcile and project carry a deployment through', async () => {
    await up(world, { web: spec() })
    expect(failed(await call(conduct(world), { Records: [pointer('1', SHOP)] }))).toEqual([])
    expect(failed(await call(reconcile(world), { Records: [pointer('1', WEB)] }))).toEqual([])
    expect(failed(await call(project(world), { Records: [pointer('1', WEB), pointer('2', SHOP)] }))).toEqual([])
    expect(await typesOf(world, WEB)).toEqual(['WishTaken', 'StartsIntended', 'TaskSeen'])
    expect((await world.readModel.rows()).map(row => row.stream)).toEqual([WEB, SHOP])
  })

  it('T1: a wake whose moment is over is dropped', async () => {
    await up(world, { web: spec() })
    await call(conduct(world), { Records: [wakeFor('1', SHOP, T0 + 1)] })
    expect(await world.log.streams()).toEqual([SHOP])
    expect(world.sent).toEqual([])
    await call(conduct(world), { Records: [wakeFor('1', SHOP, T0 + 60_000)] })
    expect(world.sent).toHaveLength(1)
  })

  it('L9: an event of a newer release fails its stream and goes back to the queue', async () => {
    await world.log.put({ stream: WEB, version: 1, at: T0, actor: 'x', nonce: 'n', events: [{ type: 'FromTheFuture' }] })
    expect(failed(await call(reconcile(world), { Records: [pointer('1', WEB)] }))).toEqual(['1'])
    expect(failed(await call(project(world), { Records: [pointer('1', WEB)] }))).toEqual(['1'])
    expect(said.join()).toContain('FromTheFuture')
  })

  it('L9: an older project stops at an event of a newer release and goes on from there once it is upgraded; other streams go on meanwhile', async () => {
    await up(world, { web: spec() })
    await call(conduct(world), { Records: [pointer('1', SHOP)] })
    const newer = (version: number, type: string) =>
      world.log.put({ stream: WEB, version, at: T0, actor: 'x', nonce: `n${version}`, events: [{ type } as never] })
    await newer(2, 'FromTheFuture')
    const records = [pointer('1', WEB), pointer('2', SHOP)]
    for (const _delivery of [1, 2, 3]) {
      expect(failed(await call(project(world), { Records: records }))).toEqual(['1'])
      expect((await world.readModel.rows()).map(row => row.stream)).toEqual([SHOP]) // no row that leaves the event out
    }
    const known = { ...world, folds: new Folds(), log: upgraded(world.log) }
    expect(failed(await call(project(known), { Records: [pointer('1', WEB)] }))).toEqual([])
    expect((await world.readModel.rows()).map(row => [row.stream, row.version])).toEqual([
      [WEB, 2],
      [SHOP, 1],
    ])
  })

  it('T5: while the clock is not to be read, the message comes again', async () => {
    const { ClockStepping } = await import('../../shared/ports/clock.ts')
    await up(world, { web: spec() })
    const stepping = {
      ...world,
      clock: {
        now: () => {
          throw new ClockStepping('step')
        },
      },
    } // prettier-ignore
    expect(failed(await call(conduct(stepping), { Records: [pointer('1', SHOP)] }))).toEqual(['1'])
  })

  it('E6: observe knows ECS’ own events by their source, whatever comes first; others’ tasks are let pass', async () => {
    await up(world, { web: { spec: spec(), replicas: 1 } })
    await call(conduct(world), { Records: [pointer('1', SHOP)] })
    world.runtime.start = () => new Promise(() => {})
    void call(reconcile(world), { Records: [pointer('1', WEB)] })
    await vi.waitFor(async () => expect(Object.keys((await web(world)).tasks)).toHaveLength(1))
    const [id] = Object.keys((await web(world)).tasks)
    const event = (detail: object) => JSON.stringify(taskEvent({ startedBy: id, ...detail }))
    const records = [
      message('1', event({ version: 4 })),
      message('2', event({ version: 2, lastStatus: 'PENDING' })),
      message('3', event({ group: 'family:other' })),
      message('4', event({ group: 'service/nobody/knows' })),
      message('5', event({ version: 'x' })),
    ]
    expect(failed(await call(observe(world), { Records: records }))).toEqual(['5'])
    expect((await web(world)).tasks[id!]).toMatchObject({ state: 'running', seen: 4, runtime: 'ecs' })
    await call(observe(world), { Records: [message('1', event({ version: 7, lastStatus: 'STOPPED', stopCode: 'SpotInterruption' }))] })
    expect((await web(world)).tasks).not.toHaveProperty(id!)
    expect(await world.log.streams()).not.toContain('service/nobody/knows')
  })

  it('L11: observe records a batch of task states in one commit per stream; what is no fact fails alone', async () => {
    await up(world, { web: { spec: spec(), replicas: 2 } })
    await call(conduct(world), { Records: [pointer('1', SHOP)] })
    world.runtime.start = () => new Promise(() => {})
    void call(reconcile(world), { Records: [pointer('1', WEB)] })
    await vi.waitFor(async () => expect(Object.keys((await web(world)).tasks)).toHaveLength(2))
    const [a, b] = Object.keys((await web(world)).tasks)
    const { version } = await web(world)
    const state = (id: string, more: object = {}) =>
      JSON.stringify({ 'detail-type': 'Task State Change', detail: { id, stream: WEB, intent: 2, state: 'running', seen: 1, ...more } })
    const records = [
      message('1', state(a!)),
      message('2', state(b!)),
      message('3', state(a!)),
      message('4', state(a!, { state: 'flying' })),
      message('5', '{}'),
    ]
    expect(failed(await call(observe(world), { Records: records }))).toEqual(['4', '5'])
    expect((await web(world)).version).toBe(version + 1)
  })

  it('check-health answers to its queue alone', async () => {
    await up(world, { web: spec('web', { ports: [{ target: 80, protocol: 'tcp', layer: 'http' }] }) })
    await call(conduct(world), { Records: [pointer('1', SHOP)] })
    await call(reconcile(world), { Records: [pointer('1', WEB)] })
    await call(project(world), { Records: [pointer('1', WEB)] })
    world.answering.all = false
    expect(failed(await call(checkHealth(world), { Records: [pointer('1', WEB)] }))).toEqual([])
    world.answering.all = true
    await call(checkHealth(world), { Records: [pointer('2', WEB)] })
    expect((await typesOf(world, WEB)).filter(type => type === 'TaskSeen')).toHaveLength(2)
  })

  it('sweep and audit run on a schedule’s event, and say what was held', async () => {
    await up(world, { web: spec() })
    await call(audit(world), fixture('schedule'))
    expect(await typesOf(world, WEB)).toContain('WishTaken')
    world.runtime.tasks.set('lost', { id: 'lost', stream: 'service/lost/web', intent: 3, state: 'running', seen: 1 })
    expect(await call(sweep(world), fixture('schedule'))).toEqual({ held: ['lost'] })
    expect(said.join()).toContain('lost')
  })
})

describe('relay', () => {
  const published: Pointer[] = []
  const bus = { publish: async (pointers: readonly Pointer[]) => void published.push(...pointers) }
  beforeEach(() => void (published.length = 0))

  it('L7: makes a pointer of each commit, and nothing of what else lies in the table', async () => {
    expect(await call(relay({ bus }), fixture('dynamodb-stream'))).toEqual({ batchItemFailures: [] })
    expect(published).toEqual([{ stream: 'stack/shop', version: 7, types: ['ServiceSettled', 'WishesChanged'] }])
  })

  it('L7: gives the whole batch back when the bus refuses', async () => {
    const refusing = { publish: () => Promise.reject(new Error('throttled')) }
    expect(await call(relay({ bus: refusing }), fixture('dynamodb-stream'))).toEqual({
      batchItemFailures: [{ itemIdentifier: '13021600000000001596893679' }],
    })
  })

  it.each([
    {},
    { dynamodb: {} },
    { dynamodb: { NewImage: { stream: { S: 'a' }, types: { S: 'A' }, version: { N: 'x' } } } },
    { dynamodb: { NewImage: { stream: { N: '1' } } } },
  ])('L7: cannot be poisoned: %j', async record => {
    const { Records } = fixture<{ Records: object[] }>('dynamodb-stream')
    expect(await call(relay({ bus }), { Records: [{ eventName: 'INSERT', ...record }, ...Records] })).toEqual({ batchItemFailures: [] })
    expect(published).toHaveLength(1)
  })

  it('calls no bus for a batch without commits', async () => {
    const { Records } = fixture<{ Records: object[] }>('dynamodb-stream')
    const never = { publish: () => Promise.reject(new Error('never')) }
    expect(await call(relay({ bus: never }), { Records: Records.slice(1) })).toEqual({ batchItemFailures: [] })
  })
})
