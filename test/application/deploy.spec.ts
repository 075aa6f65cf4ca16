import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { onService, onStack } from '../../shared/application/append.ts'
import { conduct } from '../../shared/application/conduct.ts'
import { deploy, dryRun } from '../../shared/application/deploy.ts'
import { eventPage } from '../../shared/application/events.ts'
import { explain } from '../../shared/application/explain.ts'
import { history, stackStatus } from '../../shared/application/queries.ts'
import { hashOf } from '../../shared/domain/hash.ts'
import { secretReference } from '../../shared/domain/secret-text.ts'
import type { PublishedPort, ServiceSpec } from '../../shared/domain/spec.ts'
import { decideStack } from '../../shared/domain/stack-decide.ts'
import { dependsOn, spec, stackSpec } from '../domain/given.ts'
import { policyOf } from '../scaling/given.ts'
import { allCommits, asker, elsewhere, makeWorld, SHOP, settle, shop, up, WEB, type World, web } from './world.ts'

let world: World
beforeEach(() => {
  world = makeWorld()
})

const port = (published: number, more: Partial<PublishedPort> = {}): Pick<ServiceSpec, 'ports'> => ({
  ports: [{ published, target: 80, protocol: 'tcp', layer: 'http', ...more }],
})

describe('a file that changes x-longshore.scale alone', () => {
  const file = (max: number) => ({ web: { spec: spec('web', { digest: 'sha256:web', scale: policyOf({ max }) }), replicas: 2 } })
  it('replaces no task, and the plan says so', async () => {
    await up(world, file(5))
    await settle(world)
    const tasks = Object.keys((await web(world)).tasks)
    const asked = { spec: stackSpec(file(9)), secrets: {}, blobs: {} }
    const [change] = (await dryRun(world, asked)).changes
    expect(change).toMatchObject({ change: 'scale', what: 'scaling changed, no task is replaced' })
    expect(change!.differences).toEqual([{ path: 'scale.max', from: '5', to: '9' }])
    await up(world, file(9))
    await settle(world)
    expect((await shop(world)).deployments.at(-1)).toMatchObject({ number: 2, outcome: 'ok' })
    expect(Object.keys((await web(world)).tasks)).toEqual(tasks)
    expect(world.runtime.started).toHaveLength(2)
    expect((await web(world)).wish!.spec.scale!.max).toBe(9)
  })
  it('leaves what tasks are started with as it was, so that their hash stays', async () => {
    await up(world, file(5))
    await settle(world)
    await up(world, file(9))
    await settle(world)
    await onService(world, WEB, () => [{ type: 'ScaleSet', replicas: 3, after: 1 }], { actor: 'test' })
    await settle(world)
    const started = world.runtime.started.map(request => hashOf(request.spec))
    expect([started.length, new Set(started).size]).toEqual([3, 1])
  })
})

describe('deploying', () => {
  it('starts what was asked for, and ends well', async () => {
    await up(world, { web: { spec: spec('web'), replicas: 2 }, db: spec('db') })
    await settle(world)
    expect((await shop(world)).deployments.at(-1)).toMatchObject({ number: 1, outcome: 'ok' })
    expect([...world.runtime.tasks.values()].map(task => task.stream).sort()).toEqual([
      'service/shop/db',
      'service/shop/web',
      'service/shop/web',
    ])
  })

  it('refuses services that wait for each other, before anything is stored', async () => {
    const circle = { a: spec('a', dependsOn('b')), b: spec('b', dependsOn('a', 'service_started')) }
    await expect(up(world, circle)).rejects.toMatchObject({ code: 'LS-COMPOSE-CYCLE', message: expect.stringContaining('a → b → a') })
    const asked = { spec: stackSpec(circle), secrets: {}, blobs: {} }
    await expect(dryRun(world, asked)).rejects.toMatchObject({ code: 'LS-COMPOSE-CYCLE' })
    expect(world.runtime.resolved).toEqual([])
  })

  it('resolves each image once, before the commit; the revision keeps the digest', async () => {
    await up(world, { web: spec('web:latest'), db: spec('db', { digest: 'sha256:known' }) })
    await settle(world)
    expect(world.runtime.resolved).toEqual(['web:latest'])
    expect((await shop(world)).services['web']!.revisions[1]!.spec.digest).toBe('sha256:web:latest-1')
    expect((await shop(world)).services['db']!.revisions[1]!.spec.digest).toBe('sha256:known')
    expect(world.runtime.started.map(request => request.spec.digest)).toContain('sha256:web:latest-1')
  })

  it('L4: a repetition resolves, claims and appends nothing, and gets the first answer', async () => {
    const first = await up(world, { web: spec('a') }, { key: 'key-aaaa' })
    const again = await up(elsewhere(world), { web: spec('a') }, { key: 'key-aaaa' })
    expect([again.version, again.appended]).toEqual([first.version, false])
    expect(world.runtime.resolved).toEqual(['a'])
    expect(await world.log.read(SHOP)).toHaveLength(1)
  })

  it('L4: the same key with another file, or another secret, is refused', async () => {
    const withSecret = spec('a', { environment: { PW: secretReference('PW') } })
    await up(world, { web: withSecret }, { key: 'key-aaaa', secrets: { PW: 'one' } })
    await expect(up(world, { web: spec('b') }, { key: 'key-aaaa' })).rejects.toMatchObject({ code: 'LS-KEY-REUSED' })
    await expect(up(world, { web: withSecret }, { key: 'key-aaaa', secrets: { PW: 'two' } })).rejects.toMatchObject({
      code: 'LS-KEY-REUSED',
    })
    expect(await world.log.read(SHOP)).toHaveLength(1)
  })

  it('L3: a stack too large for one commit is refused, and nothing is claimed', async () => {
    const large = spec('a', { ...port(8080), environment: { TEXT: 'x'.repeat(400_000) } })
    await expect(up(world, { web: large })).rejects.toMatchObject({ code: 'LS-SPEC-LIMIT', status: 422 })
    expect(await world.claims.list()).toEqual([])
    expect(await world.log.streams()).toEqual([])
  })

  it('what the runtime can never run is refused before the commit', async () => {
    world.runtime.onPrepare = asked => (asked.image === 'odd' ? { refused: 'it needs an engine' } : undefined)
    await expect(up(world, { web: spec('odd') })).rejects.toMatchObject({
      code: 'LS-RUNTIME-UNSUPPORTED',
      message: 'web: it needs an engine',
    })
    expect(await world.log.streams()).toEqual([])
  })

  it('what the router cannot do is refused before the commit, in a dry run alike, by its key; what it does otherwise is told', async () => {
    world.router.fit = (asked, most) => ({
      refusals: asked.image === 'odd' ? [{ key: 'ports', why: `no port for ${most}` }] : [],
      notes: [{ key: 'networks', why: 'it is open' }],
    })
    const refused = { code: 'LS-RUNTIME-UNSUPPORTED', message: 'web: no port for 6', place: { path: 'services.web.ports' } }
    const odd = { web: { spec: spec('odd'), replicas: 3 } }
    await expect(up(world, odd)).rejects.toMatchObject(refused)
    await expect(dryRun(world, { spec: stackSpec(odd), secrets: {}, blobs: {} })).rejects.toMatchObject(refused)
    expect(await world.log.streams()).toEqual([])
    const { notes, estimate } = await dryRun(world, { spec: stackSpec({ web: spec('good') }), secrets: {}, blobs: {} })
    expect([notes, estimate]).toEqual([['web: it is open'], undefined])
  })

  it('a blob whose hash is another is refused', async () => {
    const content = Buffer.from('hello')
    const asked = {
      spec: stackSpec({ web: spec() }),
      secrets: {},
      blobs: { [createHash('sha256').update(content).digest('hex')]: content },
    }
    await deploy(world, asked, asker())
    await expect(deploy(world, { ...asked, blobs: { abc: content } }, asker())).rejects.toMatchObject({ code: 'LS-REQUEST-INVALID' })
  })

  it('a dry run says what would happen, and does nothing', async () => {
    const plan = await dryRun(world, {
      spec: stackSpec({ web: spec('a', { environment: { PW: secretReference('PW') }, ...port(80) }) }),
      secrets: { PW: 'hidden' },
      blobs: {},
    })
    expect(plan).toMatchObject({ stack: 'shop', deployment: 1, changes: [{ service: 'web', change: 'new', what: 'start 1 task' }] })
    expect([await world.log.streams(), await world.claims.list(), await world.secrets.get('shop', 'PW', 1)]).toEqual([[], [], undefined])
  })

  it('a plan shows what differs, and what stays', async () => {
    await up(world, {
      web: { spec: spec('a', { environment: { LOG: 'info' } }), replicas: 3 },
      db: spec('db', { digest: 'd' }),
      old: spec('old'),
    })
    await settle(world)
    const asked = stackSpec({ web: { spec: spec('b', { environment: { LOG: 'debug' } }), replicas: 3 }, db: spec('db', { digest: 'd' }) })
    const { changes } = await dryRun(world, { spec: asked, secrets: {}, blobs: {} })
    expect(changes.map(({ service, change, what }) => [service, change, what])).toEqual([
      ['web', 'update', 'roll 3 tasks, start first, one at a time'],
      ['db', 'none', 'no change'],
      ['old', 'remove', 'stop 1 task, after every other service is done'],
    ])
    expect(changes[0]!.differences).toEqual([
      { path: 'image', from: 'a', to: 'b' },
      { path: 'LOG', from: 'info', to: 'debug' },
    ])
  })
})

describe('secrets', () => {
  const VALUES = { DB_PASSWORD: 'pl4nted-in-env', url: 'pl4nted-in-text', file: 'pl4nted-in-file', 'x/y.z-1': 'pl4nted "quoted"\nlines' }
  const asked = spec('a', {
    environment: {
      DB_PASSWORD: secretReference('DB_PASSWORD'),
      URL: `postgres://u:${secretReference('url')}@db/`,
      ODD: secretReference('x/y.z-1'),
    },
    command: ['run', `--token=${secretReference('url')}`],
    files: [{ kind: 'secret', name: 'file', target: '/run/secrets/file', secret: 'file' }],
  })

  it('M3: planted in every way, no value is in a commit, a row, a snapshot, a plan or an explanation', async () => {
    await up(world, { web: asked }, { secrets: VALUES })
    await settle(world)
    await up(world, { web: { ...asked, image: 'b' } }, { secrets: { ...VALUES, url: 'pl4nted-anew' } })
    await settle(world)
    const everything = JSON.stringify([
      await allCommits(world),
      await world.readModel.rows(),
      await world.claims.list(),
      await shop(world),
      await web(world),
      await dryRun(world, { spec: stackSpec({ web: asked }), secrets: { ...VALUES, file: 'pl4nted-dry' }, blobs: {} }),
      await stackStatus(world, 'shop'),
      await history(world, 'shop'),
      await explain(world, 'shop', 'web'),
      await eventPage(world, 'shop', undefined, 1_000),
    ])
    expect(everything).not.toMatch(/pl4nted/)
    expect(everything).toContain('‹secret:DB_PASSWORD›')
    expect(await world.secrets.get('shop', 'url', 2)).toBe('pl4nted-anew')
  })

  it('M3: the revision names the exact version of each, so that a changed value is a new revision and an equal one is none', async () => {
    await up(world, { web: asked }, { secrets: VALUES })
    await settle(world)
    expect((await shop(world)).services['web']!.revisions[1]!.spec.secrets).toEqual(
      Object.fromEntries(Object.keys(VALUES).map(name => [name, { version: 1, hash: expect.any(String) }])),
    )
    await up(world, { web: { ...asked, digest: 'sha256:a-1' } }, { secrets: VALUES })
    expect((await shop(world)).services['web']!.wish.revision).toBe(1)
    await up(world, { web: asked }, { secrets: { ...VALUES, file: 'changed' } })
    expect((await shop(world)).services['web']!.revisions[2]!.spec.secrets['file']!.version).toBe(2)
  })

  it('M3: a reference without a value is refused', async () => {
    await expect(up(world, { web: asked }, { secrets: { url: 'x' } })).rejects.toMatchObject({ code: 'LS-REQUEST-INVALID' })
    expect(await world.log.streams()).toEqual([])
  })
})

describe('published ports', () => {
  it('L10: are claimed before the commit; another stack is refused and told whose they are', async () => {
    await up(world, { web: spec('a', port(8080)) })
    const other = deploy(world, { spec: stackSpec({ api: spec('b', port(8080)) }, 'other'), secrets: {}, blobs: {} }, asker())
    await expect(other).rejects.toMatchObject({ code: 'LS-PORT-TAKEN', message: 'port 8080: stack shop publishes it' })
    expect(await world.log.streams()).toEqual([SHOP])
    await deploy(
      world,
      { spec: stackSpec({ api: spec('b', port(8080, { protocol: 'udp', layer: 'tcp' })) }, 'other'), secrets: {}, blobs: {} },
      asker(),
    )
  })

  it('that another program listens on are refused, unless the stack publishes them already', async () => {
    world.router.problems = [{ published: 8080, why: 'nginx listens on it' }]
    await expect(up(world, { web: spec('a', port(8080)) })).rejects.toMatchObject({
      code: 'LS-PORT-TAKEN',
      message: 'port 8080: nginx listens on it',
    })
    world.router.problems = []
    await up(world, { web: spec('a', port(8080)) })
    world.router.problems = [{ published: 8080, why: 'we listen on it' }]
    await up(world, { web: spec('b', port(8080)) })
    await expect(dryRun(world, { spec: stackSpec({ web: spec('a', port(8080)) }), secrets: {}, blobs: {} })).resolves.toBeDefined()
  })

  describe('L10: that an update gave up', () => {
    const other = () => deploy(world, { spec: stackSpec({ api: spec('b', port(8080)) }, 'other'), secrets: {}, blobs: {} }, asker())
    const refused = { code: 'LS-PORT-TAKEN', message: 'port 8080: stack shop publishes it' }
    beforeEach(async () => {
      await up(world, { web: spec('a', port(8080)) })
      await settle(world)
      await up(world, { web: spec('a', port(9090)) })
    })

    it('are another stack’s as soon as no task is left behind them', async () => {
      await settle(world)
      world.time.now += 60_000
      await other()
      expect((await world.claims.list()).map(({ name, owner }) => [name, owner])).toEqual([
        ['port/8080/tcp', 'stack/other'],
        ['port/9090/tcp', SHOP],
      ])
    })

    it('are not while the update goes on', async () => {
      world.time.now += 60_000
      await expect(other()).rejects.toMatchObject(refused)
    })

    it('are not while a task of the older revision is left', async () => {
      const [first] = [...world.runtime.tasks.keys()]
      world.router.busy.push(first!)
      await settle(world)
      world.time.now += 5_000
      await expect(other()).rejects.toMatchObject(refused)
    })

    it('are not when a commit of their owner may be on its way', async () => {
      await settle(world)
      await world.claims.take('port/8080/tcp', SHOP, world.time.now)
      world.time.now += world.setting.limits.timeout - 1
      await expect(other()).rejects.toMatchObject(refused)
      world.time.now += 1
      await other()
    })
  })

  it('L10: are freed when the stack is gone', async () => {
    await up(world, { web: spec('a', port(8080)) })
    await settle(world)
    await onStack(world, SHOP, stack => decideStack(stack, { type: 'remove', volumes: true }), { actor: 'x' })
    await settle(world)
    expect(await world.claims.list()).toEqual([])
    expect(world.runtime.removedStacks).toContainEqual({ stack: 'shop', volumes: true })
    expect([...world.runtime.tasks.values()].every(task => task.state === 'stopped')).toBe(true)
  })
})

describe('conducting', () => {
  it('L1: hands wishes over in the order of depends_on', async () => {
    await up(world, { web: spec('web', dependsOn('db')), db: spec('db') })
    await conduct(world, SHOP)
    expect(await world.log.streams()).toEqual(['service/shop/db', SHOP])
    await settle(world)
    expect(world.runtime.started.map(request => request.service)).toEqual(['db', 'web'])
  })

  it('L2: handing over twice, late or from another process takes the wish once', async () => {
    await up(world, { web: spec() })
    await Promise.all([conduct(world, SHOP), conduct(elsewhere(world), SHOP), conduct(elsewhere(world), 'service/shop/web')])
    await conduct(elsewhere(world), SHOP)
    expect((await world.log.read('service/shop/web')).filter(commit => JSON.stringify(commit).includes('WishTaken'))).toHaveLength(1)
  })

  it('L2: takes the outcome up once, and rolls back by policy in the same commit', async () => {
    await up(world, { web: spec('good') })
    await settle(world)
    world.runtime.onStart = ({ id, spec: { image } }) =>
      image === 'bad'
        ? { id, state: 'stopped', seen: 1e15, exit: { code: 1, reason: 'exited with code 1' } }
        : { id, state: 'running', seen: 1 }
    await up(world, { web: spec('bad') })
    await settle(world)
    const commits = (await world.log.read(SHOP)) as readonly { events: readonly { type: string }[] }[]
    expect(
      commits
        .filter(commit => commit.events.some(event => event.type === 'ServiceSettled'))
        .map(commit => commit.events.map(event => event.type)),
    ).toEqual([['ServiceSettled'], ['ServiceSettled', 'WishesChanged'], ['ServiceSettled']])
    expect((await shop(world)).services['web']).toMatchObject({ outcome: 'ok', wish: { revision: 1, cause: 'rollback' } })
    expect([...world.runtime.tasks.values()].filter(task => task.state === 'running')).toHaveLength(1)
  })

  it('field case 9: a dependency that fails fails what waits for it, which never starts', async () => {
    world.runtime.onStart = ({ id }) => ({ id, state: 'stopped', seen: 1e15, exit: { code: 1, reason: 'exited with code 1' } })
    await up(world, { a: spec('false', { restart: { condition: 'none' } }), b: spec('b', dependsOn('a')) })
    await settle(world)
    const { services } = await shop(world)
    expect(services['b']).toMatchObject({ outcome: 'failed', why: 'a, which it depends on, failed' })
    expect(services['a']!.why).toContain('exited with code 1')
    expect(world.runtime.started.map(request => request.service)).toEqual(['a'])
  })
})
