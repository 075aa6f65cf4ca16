import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Application } from '../../functions/http/application.ts'
import { MEANINGS } from '../../shared/domain/error-meanings.ts'
import { ERRORS, type ErrorCode } from '../../shared/domain/errors.ts'
import { OutcomeUnknown } from '../../shared/ports/runtime.ts'
import { makeWorld, settle, type World, web } from '../application/world.ts'
import { spec, stackSpec } from '../domain/given.ts'
import { makeApi } from './invoke.ts'

let world: World
let ask: ReturnType<typeof makeApi>
const said: string[] = []
beforeEach(() => {
  world = makeWorld()
  ask = makeApi(world)
  said.length = 0
  vi.spyOn(console, 'error').mockImplementation(line => void said.push(String(line)))
})
afterEach(() => vi.restoreAllMocks())

let keys = 0
const key = (name = `a-key-of-a-test-${++keys}`) => ({ 'idempotency-key': name })
const deploy = (image = 'a', headers: object = key()) =>
  ask('POST', '/v1/stacks/shop/deployments', { headers: { ...headers }, body: { spec: stackSpec({ web: spec(image) }) } })

describe('who may ask', () => {
  it.each([
    ['no token', undefined],
    ['another token', 'Bearer wrong'],
    ['an empty one', 'Bearer '],
    ['another scheme', 'Basic dXNlcjpwdw=='],
    ['the token alone', 'the-token-of-this-test'],
  ])('%s: 401', async (_, authorization) => {
    const answer = await ask('GET', '/v1/host', { headers: { authorization } })
    expect([answer.status, answer.error?.code]).toEqual([401, 'LS-UNAUTHENTICATED'])
    expect(answer.error?.hint).toContain('Bearer')
  })

  it.each(['/v1/openapi.json', '/v1/stacks', '/nowhere', '/'])('nothing is open: %s', async path => {
    expect((await ask('GET', path, { headers: { authorization: undefined } })).status).toBe(401)
  })

  it.each([
    ['127.0.0.1:7070', 200],
    ['localhost', 200],
    ['LOCALHOST:7070', 200],
    ['[::1]:7070', 200],
    ['evil.example', 403],
    ['evil.example:7070', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost:7070:80', 403],
    ['', 403],
  ])('the Host header %s: %i (DNS rebinding)', async (host, status) => {
    const home = makeApi(world, ['127.0.0.1', 'localhost', '[::1]'])
    const answer = await home('GET', '/v1/host', { headers: { host } })
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.error?.code).toBe('LS-HOST-HEADER')
  })

  it('the Host is looked at before the token, so that a page elsewhere learns nothing', async () => {
    const home = makeApi(world, ['localhost'])
    expect((await home('GET', '/v1/host', { headers: { host: 'evil.example', authorization: undefined } })).status).toBe(403)
  })

  it('stands as actor on the commits that follow', async () => {
    await deploy()
    expect((await world.log.read('stack/shop'))[0]!.actor).toBe('token laptop')
  })
})

describe('protecting tasks from scaling in', () => {
  const protect = (body: unknown, service = 'web', headers: object = key()) =>
    ask('POST', `/v1/stacks/shop/services/${service}/protect`, { headers: { ...headers }, body })
  const until = async () => Object.values((await web(world)).tasks).map(task => task.protectedUntil)

  it('is taken for the tasks that are named, once for each key, and ended by 0 seconds', async () => {
    await deploy()
    await settle(world)
    const again = key()
    expect(await protect({ tasks: [1], seconds: 600 }, 'web', again)).toMatchObject({ status: 202, body: { stack: 'shop', changed: true } })
    const { version } = await web(world)
    expect((await protect({ tasks: [1], seconds: 600 }, 'web', again)).status).toBe(202)
    expect((await web(world)).version).toBe(version)
    expect(await until()).toEqual([world.time.now + 600_000])
    expect((await protect({ tasks: [1], seconds: 0 })).status).toBe(202)
    expect(await until()).toEqual([world.time.now])
  })

  it.each([
    ['a task that is not there', 'web', { tasks: [9], seconds: 60 }, 404, 'LS-NOT-FOUND', /web\.9/],
    ['a service that is not there', 'db', { tasks: [1], seconds: 60 }, 404, 'LS-NOT-FOUND', /db/],
    ['no task', 'web', { tasks: [], seconds: 60 }, 400, 'LS-REQUEST-INVALID', /tasks/],
    ['a negative time', 'web', { tasks: [1], seconds: -1 }, 400, 'LS-REQUEST-INVALID', /seconds/],
    ['a time for ever', 'web', { tasks: [1], seconds: 1e12 }, 400, 'LS-REQUEST-INVALID', /seconds/],
    ['a number that is none', 'web', { tasks: ['web.1'], seconds: 60 }, 400, 'LS-REQUEST-INVALID', /tasks/],
  ] as const)('refuses %s', async (_, service, body, status, code, message) => {
    await deploy()
    await settle(world)
    const answer = await protect(body, service)
    expect([answer.status, answer.error?.code]).toEqual([status, code])
    expect(answer.error?.message).toMatch(message)
    expect(await until()).toEqual([undefined])
  })

  it('refuses what has no key', async () => {
    await deploy()
    expect((await protect({ tasks: [1], seconds: 60 }, 'web', {})).status).toBe(400)
  })
})

describe('what is not understood', () => {
  it.each([
    ['malformed JSON', { raw: '{"spec":' }],
    ['no body', {}],
    ['an empty body', { raw: '' }],
    ['another shape', { body: { spec: { name: 'shop' } } }],
    ['an unknown key', { body: { spec: stackSpec({ web: spec() }), sudo: true } }],
    ['an unknown key of a service', { body: { spec: stackSpec({ web: { ...spec(), gpu: 1 } as never }) } }],
    ['a spec of another stack', { body: { spec: stackSpec({ web: spec() }, 'other') } }],
    ['a body that is not JSON by its type', { raw: 'x=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
  ])('%s: 400', async (_, { headers, ...asked }: { raw?: string; body?: unknown; headers?: object }) => {
    const answer = await ask('POST', '/v1/stacks/shop/deployments', { headers: { ...key(), ...headers }, ...asked })
    expect([answer.status, answer.error?.code]).toEqual([400, 'LS-REQUEST-INVALID'])
    expect(await world.log.streams()).toEqual([])
  })

  it.each([
    ['POST', '/v1/stacks/shop/deployments', { spec: stackSpec({ web: spec() }) }],
    ['DELETE', '/v1/stacks/shop', undefined],
    ['POST', '/v1/stacks/shop/running', { action: 'stop' }],
    ['POST', '/v1/stacks/shop/rollback', {}],
    ['POST', '/v1/stacks/shop/services/web/scale', { replicas: 2 }],
  ])('L4: %s %s without an Idempotency-Key: 400', async (method, path, body) => {
    await deploy()
    const before = await world.log.head('stack/shop')
    for (const headers of [{}, { 'idempotency-key': 'short' }, { 'idempotency-key': 'x'.repeat(129) }]) {
      if (path.endsWith('rollback') && headers['idempotency-key'] === undefined) continue
      const answer = await ask(method, path, { headers, body })
      expect([answer.status, answer.error?.code]).toEqual([400, 'LS-REQUEST-INVALID'])
    }
    expect((await ask(method, path, { body })).status).toBe(400)
    expect(await world.log.head('stack/shop')).toEqual(before)
  })

  it.each([
    ['GET', '/v1/nothing'],
    ['GET', '/'],
    ['PUT', '/v1/stacks/shop'],
    ['POST', '/v1/host'],
  ])('%s %s: 404', async (method, path) => {
    const answer = await ask(method, path, { body: method === 'GET' ? undefined : {} })
    expect([answer.status, answer.error?.code]).toEqual([404, 'LS-NOT-FOUND'])
    expect(answer.error?.hint).toContain('openapi')
  })

  it.each(['/v1/stacks/UPPER', '/v1/stacks/..%2Fx', '/v1/stacks/-x'])('the name in %s: 400', async path => {
    expect((await ask('GET', path)).error?.code).toBe('LS-REQUEST-INVALID')
  })

  it.each(['/v1/stacks/nope', '/v1/stacks/nope/events', '/v1/stacks/nope/logs', '/v1/stacks/nope/history'])('%s: 404', async path => {
    expect((await ask('GET', path)).error?.code).toBe('LS-NOT-FOUND')
  })

  it.each(['wait=21', 'wait=x', 'limit=0', 'limit=1001', 'cursor=%25%25', `cursor=${Buffer.from('null').toString('base64url')}`])(
    'events?%s: 400',
    async query => {
      await deploy()
      expect((await ask('GET', '/v1/stacks/shop/events', { query })).status).toBe(400)
    },
  )

  it.each([-1, 1.5, 10_001, 'three'])('a scale to %s: 400', async replicas => {
    await deploy()
    expect((await ask('POST', '/v1/stacks/shop/services/web/scale', { headers: key(), body: { replicas } })).status).toBe(400)
  })
})

describe('commands', () => {
  it('are answered when they are durable: deploy, repeat, change nothing', async () => {
    const headers = key()
    expect(await deploy('a', headers)).toMatchObject({ status: 202, body: { stack: 'shop', version: 1, deployment: 1, changed: true } })
    expect((await deploy('a', headers)).body).toMatchObject({ version: 1, deployment: 1 })
    expect(await deploy('b', headers)).toMatchObject({ status: 422, error: { code: 'LS-KEY-REUSED' } })
    await settle(world)
    world.runtime.resolved.length = 0 // the fake's digests count; the same image is the same again
    expect((await deploy('a')).body).toMatchObject({ deployment: 1, changed: false })
  })

  it('plan, roll back, restart, scale, take down', async () => {
    await deploy('a')
    await settle(world)
    expect(await ask('POST', '/v1/stacks/shop/rollback', { headers: key(), body: {} })).toMatchObject({
      status: 409,
      error: { code: 'LS-NOTHING-TO-ROLL-BACK' },
    })
    await deploy('b')
    await settle(world)
    expect((await ask('POST', '/v1/stacks/shop/plan', { body: { spec: stackSpec({ web: spec('c') }) } })).body).toMatchObject({
      changes: [{ service: 'web', change: 'update' }],
    })
    expect(await ask('POST', '/v1/stacks/shop/rollback', { body: { dryRun: true } })).toMatchObject({
      status: 200,
      body: { changes: [{ toRevision: 1 }] },
    })
    expect(await ask('POST', '/v1/stacks/shop/rollback', { headers: key(), body: { service: 'web' } })).toMatchObject({
      status: 202,
      body: { changed: true },
    })
    await settle(world)
    expect(await ask('POST', '/v1/stacks/shop/services/web/scale', { headers: key(), body: { replicas: 2 } })).toMatchObject({
      status: 202,
    })
    expect(await ask('POST', '/v1/stacks/shop/running', { headers: key(), body: { action: 'restart' } })).toMatchObject({ status: 202 })
    await settle(world)
    expect((await ask('GET', '/v1/stacks/shop')).body).toMatchObject({
      settled: true,
      services: [{ service: 'web', revision: 1, available: 2 }],
    })
    expect(await ask('DELETE', '/v1/stacks/shop', { headers: key(), query: 'volumes=true' })).toMatchObject({ status: 202 })
    await settle(world)
    expect((await ask('GET', '/v1/stacks/shop')).body).toMatchObject({ gone: true })
    expect(await ask('DELETE', '/v1/stacks/shop', { headers: key() })).toMatchObject({ status: 404 })
  })

  it('L4: a race lost ten times is 409, and says that it may be tried again', async () => {
    const put = world.log.put
    world.log.put = async commit => {
      await put({ ...commit, nonce: 'other', commandId: undefined, events: [{ type: 'NothingChanged' }] })
      return 'refused'
    }
    expect(await deploy()).toMatchObject({ status: 409, error: { code: 'LS-CONTENDED' } })
  })

  it('an engine that does not answer is 503', async () => {
    world.runtime.resolve = () => Promise.reject(new OutcomeUnknown('connect ENOENT'))
    const images = makeApi({ ...world, images: world.runtime })
    const answer = await images('POST', '/v1/stacks/shop/deployments', { headers: key(), body: { spec: stackSpec({ web: spec() }) } })
    expect(answer).toMatchObject({ status: 503, error: { code: 'LS-ENGINE-UNREACHABLE' } })
  })

  it('a bug is 500, tells the caller nothing of its inside, and stands in the log', async () => {
    world.readModel.rows = () => Promise.reject(new Error('secret inside'))
    const answer = await ask('GET', '/v1/stacks')
    expect(answer).toMatchObject({ status: 500, error: { code: 'LS-INTERNAL' } })
    expect(JSON.stringify(answer)).not.toContain('secret inside')
    expect(said.join()).toContain('secret inside')
  })
})

describe('questions', () => {
  it('answer in the documented shapes', async () => {
    await deploy()
    await settle(world)
    for (const [path, query, found] of [
      ['/v1/host', '', { runtime: 'fake' }],
      ['/v1/stacks', '', { stacks: [{ stack: 'shop' }] }],
      ['/v1/stacks/shop', 'at=1', { version: 0 }],
      ['/v1/stacks/shop/history', 'service=web', { revisions: [{ revision: 1 }] }],
      ['/v1/stacks/shop/explain', 'subject=web', { subject: 'web' }],
      ['/v1/stacks/shop/events', 'limit=1', { events: [{ actor: expect.any(String) }] }],
      ['/v1/stacks/shop/logs', 'services=web&tail=0', { lines: [] }],
    ] as const)
      expect(await ask('GET', path, { query })).toMatchObject({ status: 200, body: found })
    expect(await ask('POST', '/v1/rebuild')).toMatchObject({ status: 200, body: { streams: 2, changed: 0 } })
  })
})

describe('where a stack is reached', () => {
  const published = [
    { published: 8080, target: 3000, protocol: 'tcp', layer: 'http' },
    { published: 5432, target: 5432, protocol: 'tcp', layer: 'tcp' },
    { target: 9000, protocol: 'tcp', layer: 'http' },
  ] as const
  const urls = async () => (await ask('GET', '/v1/stacks/shop/urls')).body
  const publish = (stack = stackSpec({ web: spec('a', { ports: [...published] }), quiet: spec('b') })) =>
    ask('POST', '/v1/stacks/shop/deployments', { headers: key(), body: { spec: stack } })

  it('is this machine, or the name of the load balancer once there is one', async () => {
    await publish()
    expect(await urls()).toEqual({ urls: ['http://localhost:8080', 'tcp://localhost:5432'] })
    world.router.address = async () => undefined
    expect(await urls()).toEqual({ urls: [] })
    world.router.address = async () => 'ls-1.eu-west-1.elb.amazonaws.com'
    expect(await urls()).toEqual({
      urls: ['http://ls-1.eu-west-1.elb.amazonaws.com:8080', 'tcp://ls-1.eu-west-1.elb.amazonaws.com:5432'],
    })
  })

  it('is nowhere when nothing is published any more, and nobody is asked for an address then', async () => {
    world.router.address = () => Promise.reject(new Error('asked'))
    await deploy()
    expect(await urls()).toEqual({ urls: [] })
    world.router.address = undefined
    await publish()
    await ask('DELETE', '/v1/stacks/shop', { headers: key() })
    expect(await urls()).toEqual({ urls: [] })
    expect(await ask('GET', '/v1/stacks/nope/urls')).toMatchObject({ status: 404 })
  })
})

describe('the OpenAPI document', () => {
  type Operation = { summary?: string; operationId?: string; responses: object; parameters?: { name: string; in: string }[] }
  type Document = { openapi: string; info: object; paths: Record<string, Record<string, Operation>>; components: { schemas: object } }
  const read = async () => (await ask('GET', '/v1/openapi.json')).body as Document

  it('covers every route of both functions, and no other', async () => {
    const route = vi.spyOn(Application.prototype, 'route')
    const fresh = makeApi(world)
    for (const path of ['/v1/stacks/shop/plan', '/v1/rebuild']) await fresh('POST', path) // the code of such is loaded when they are asked for
    await fresh('GET', '/v1/stacks/shop/explain')
    const added = route.mock.calls.map(([{ method, path }]) => `${method.toUpperCase()} ${path}`)
    route.mockRestore()
    const { paths } = await read()
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
    )
    expect(added.length).toBe(new Set(added).size)
    expect([...documented, 'GET /v1/openapi.json'].sort()).toEqual(added.sort())
  })

  it('is valid: every reference leads somewhere, every path parameter is described, every operation says what it does', async () => {
    const document = await read()
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Longshore', version: '0.1.0' } })
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(match => match[1]!)
    expect(references.length).toBeGreaterThan(10)
    for (const reference of references)
      expect(reference.split('/').reduce<unknown>((part, name) => (part as Record<string, unknown>)?.[name], document)).toBeDefined()
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1])
        expect(operation.parameters?.filter(parameter => parameter.in === 'path').map(parameter => parameter.name) ?? []).toEqual(named)
        expect(operation.summary).toBeTruthy()
        expect(Object.keys(operation.responses)).toContain('default')
      }
    }
  })

  it('L4: says of every command that it takes an Idempotency-Key', async () => {
    const { paths } = await read()
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { parameters = [] }] of Object.entries(methods)) {
        const isCommand = method !== 'get' && !/plan$|rebuild$|registry$/.test(path) // these append nothing
        expect([path, parameters.some(parameter => parameter.name === 'idempotency-key')]).toEqual([path, isCommand])
      }
    }
  })
})

describe('the catalogue of errors', () => {
  const rows = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
    .split('\n')
    .map(line => /^\| `(LS-[A-Z-]+)` \| (\d+) \| (.+?) \| (.+?) \|$/.exec(line))
    .filter(row => row !== null)

  it('is the same in the code and in docs/errors.md, both ways', () => {
    const documented = Object.fromEntries(rows.map(([, code, status, means]) => [code, { status: Number(status), means }]))
    const catalogue = Object.entries(ERRORS).map(([code, { status }]) => [code, { status, means: MEANINGS[code as ErrorCode] }])
    expect(documented).toEqual(Object.fromEntries(catalogue))
    expect(rows).toHaveLength(Object.keys(ERRORS).length)
  })

  it('says of every error what to do', () => {
    for (const [, code, , , todo] of rows) expect([code, todo!.length > 15]).toEqual([code, true])
  })

  it('has statuses that HTTP knows', () => {
    for (const { status } of Object.values(ERRORS)) expect([400, 401, 403, 404, 409, 422, 500, 503, 504]).toContain(status)
  })
})
