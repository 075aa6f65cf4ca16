import { join } from 'node:path'
import { type DynamoDBClient, GetItemCommand, InternalServerError, ThrottlingException } from '@aws-sdk/client-dynamodb'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEmbeddedClient } from '../../shared/adapters/dynalite/embedded-client.ts'
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../shared/adapters/dynalite/embedded-database.ts'
import { createClaims } from '../../shared/adapters/dynamo/claims.ts'
import { createDynamoClient } from '../../shared/adapters/dynamo/client.ts'
import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'
import { createReadModel } from '../../shared/adapters/dynamo/read-model.ts'
import { createSetMembers, memberVersion } from '../../shared/adapters/dynamo/set-members.ts'
import { createSnapshots } from '../../shared/adapters/dynamo/snapshots.ts'
import { createTables } from '../../shared/adapters/dynamo/tables.ts'
import { createBlobs } from '../../shared/adapters/memory/blobs.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import { removeFolder, temporaryFolder } from './fixture.ts'

const commit = (version: number, more: Partial<Commit> = {}): Commit => ({
  stream: 'stack/shop',
  version,
  at: 17,
  actor: 'token laptop',
  nonce: `n${version}`,
  events: [{ type: 'A', x: 1 }],
  ...more,
})

describe('the adapters on DynamoDB', () => {
  let folder: string
  let database: EmbeddedDatabase
  let client: DynamoDBClient
  let faulty: DynamoDBClient
  let fault: (command: string, attempt: number) => 'lose answer' | Error | undefined

  beforeEach(async () => {
    folder = await temporaryFolder()
    database = await openEmbeddedDatabase(folder)
    client = database.client
    fault = () => undefined
    faulty = createEmbeddedClient(database.endpoint)
    const attempts = new Map<string, number>()
    // Below the SDK's retries, so that it meets the fault as it would meet the network's.
    faulty.middlewareStack.add(
      (next, context) => async args => {
        const attempt = (attempts.get(String(context.commandName)) ?? 0) + 1
        attempts.set(String(context.commandName), attempt)
        const planned = fault(String(context.commandName), attempt)
        if (planned instanceof Error) throw planned
        const answer = await next(args)
        if (planned) throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' })
        return answer
      },
      { step: 'finalizeRequest', priority: 'low', name: 'faults' },
    )
  })
  afterEach(async () => {
    faulty.destroy()
    await database.close()
    await removeFolder(folder)
  })
  const log = (on = client) => createEventLog({ client: on, table: database.tables.log })
  const rows = () => createReadModel({ client, table: database.tables.rows })
  const itemAt = async (stream: string, version: number) =>
    (
      await client.send(
        new GetItemCommand({ TableName: database.tables.log, Key: { stream: { S: stream }, version: { N: String(version) } } }),
      )
    ).Item

  it('L3: an item can be read in the console', async () => {
    await log().put(
      commit(1, {
        commandId: 'c',
        commandHash: 'h',
        causedBy: 'stack/shop 0',
        events: [{ type: 'TaskSeen', id: 'a' }, { type: 'TaskSeen', id: 'b' }, { type: 'DrainOver' }],
      }),
    )
    expect(await itemAt('stack/shop', 1)).toEqual({
      stream: { S: 'stack/shop' },
      version: { N: '1' },
      at: { N: '17' },
      actor: { S: 'token laptop' },
      commandId: { S: 'c' },
      commandHash: { S: 'h' },
      causedBy: { S: 'stack/shop 0' },
      types: { S: 'TaskSeen,DrainOver' },
      nonce: { S: 'n1' },
      events: { S: '[{"type":"TaskSeen","id":"a"},{"type":"TaskSeen","id":"b"},{"type":"DrainOver"}]' },
    })
  })

  it('invariant 1: equal rows are equal items', async () => {
    const item = async () => (await client.send(new GetItemCommand({ TableName: database.tables.rows, Key: { stream: { S: 'a' } } }))).Item
    await rows().write({ stream: 'a', schema: 1, version: 2, dueAt: 5, view: { b: 1, a: { d: [1], c: undefined } } })
    const first = await item()
    await rows().drop()
    await rows().write({ view: { a: { d: [1] }, b: 1 }, dueAt: 5, version: 2, schema: 1, stream: 'a' })
    expect(JSON.stringify(await item())).toBe(JSON.stringify(first))
    expect(first).toEqual({
      stream: { S: 'a' },
      schema: { N: '1' },
      version: { N: '2' },
      due: { S: 'due' },
      dueAt: { N: '5' },
      view: { S: '{"a":{"d":[1]},"b":1}' },
    })
  })

  it('L3: a put whose answer was lost is repeated by the SDK and refused, and the nonce tells that it was ours', async () => {
    await log().put(commit(1))
    fault = (command, attempt) => (command === 'PutItemCommand' && attempt === 1 ? 'lose answer' : undefined)
    expect(await log(faulty).put(commit(2, { nonce: 'ours' }))).toBe('refused')
    expect((await log().get('stack/shop', 2))!.nonce).toBe('ours')
  })

  it('T2: a crash between registry and put leaves an entry without a stream, and the put can be done again', async () => {
    fault = (command, attempt) => (command === 'PutItemCommand' && attempt === 2 ? new RangeError('crash') : undefined)
    await expect(log(faulty).put(commit(1))).rejects.toThrow('crash')
    expect(await log().streams()).toEqual(['stack/shop'])
    expect(await log().head('stack/shop')).toBeUndefined()
    expect(await log().put(commit(1))).toBe('stored')
    expect(await log().streams()).toEqual(['stack/shop'])
  })

  it('T2: a registry that cannot be written lets no stream begin', async () => {
    fault = (command, attempt) => (command === 'PutItemCommand' && attempt === 1 ? new RangeError('crash') : undefined)
    await expect(log(faulty).put(commit(1))).rejects.toMatchObject({ code: 'LS-STORAGE' })
    expect(await log().head('stack/shop')).toBeUndefined()
    expect(await log().streams()).toEqual([])
  })

  it.each([
    ['an unreachable database', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    [
      'a failure of the database',
      new InternalServerError({ message: 'IO error: No space left on device', $metadata: { httpStatusCode: 500 } }),
    ],
    ['throttling without end', new ThrottlingException({ message: 'slow down', $metadata: { httpStatusCode: 400 } })],
  ])('%s is LS-STORAGE with its cause, for every call', async (_, error) => {
    fault = () => error
    const wanted = { code: 'LS-STORAGE', cause: error }
    const options = { client: faulty, table: database.tables.log }
    const model = createReadModel({ client: faulty, table: database.tables.rows })
    const calls = [
      log(faulty).put(commit(2)),
      log(faulty).get('a', 1),
      log(faulty).read('a'),
      log(faulty).head('a'),
      log(faulty).streams(),
      model.write({ stream: 'a', schema: 1, version: 1, view: 1 }),
      model.row('a'),
      model.rows(),
      model.due(1, 1),
      model.claimLook('a', 1, 2),
      model.drop(),
      createSnapshots({ ...options, blobs: createBlobs() }).load('a'),
      createTables(faulty, database.tables),
    ]
    for (const answer of await Promise.allSettled<unknown>(calls)) expect(answer).toMatchObject({ status: 'rejected', reason: wanted })
  })

  it('a moment of throttling is outlasted', async () => {
    fault = (_, attempt) =>
      attempt <= 2 ? new ThrottlingException({ message: 'slow down', $metadata: { httpStatusCode: 400 } }) : undefined
    expect(await log(faulty).put(commit(2))).toBe('stored')
  })

  it('our own mistakes are told as what they are, not as storage', async () => {
    await expect(log().put(commit(1, { stream: '' }))).rejects.toMatchObject({ name: 'ValidationException' })
    for (const stream of ['registry', 'claims', 'snapshot/stack/shop'])
      await expect(log().put(commit(1, { stream }))).rejects.toMatchObject({ code: 'LS-INTERNAL' })
  })

  it('an address where nobody listens is LS-STORAGE within seconds', async () => {
    const nowhere = createDynamoClient({
      endpoint: 'http://127.0.0.1:9',
      region: 'us-east-1',
      maxAttempts: 2,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    })
    await expect(log(nowhere).head('a')).rejects.toMatchObject({ code: 'LS-STORAGE' })
    nowhere.destroy()
  })

  it('creates tables once, however often and by however many it is asked', async () => {
    const names = { log: 'other-log', rows: 'other-rows' }
    await Promise.all([createTables(client, names), createTables(client, names), createTables(client, names)])
    await createTables(client, names)
    expect(await createEventLog({ client, table: names.log }).put(commit(1))).toBe('stored')
    expect(await log().head('stack/shop')).toBeUndefined()
  })

  it('T2: streams whose names have one hash are listed all, and again once each', async () => {
    const colliding = createEventLog({ client, table: database.tables.log, hash: name => name.length })
    const streams = Array.from({ length: 10 }, (_, index) => `stack/shop${index}`)
    await Promise.all([...streams, ...streams].map(stream => colliding.put(commit(1, { stream }))))
    expect(await colliding.streams()).toEqual(streams)
  })

  it('hashes names to whole numbers that JSON keeps, all different', () => {
    const hashes = Array.from({ length: 20_000 }, (_, index) => memberVersion(`service/shop/s${index}`))
    expect(hashes.every(Number.isSafeInteger)).toBe(true)
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('set members have no types, and are told from commits by that', async () => {
    await createSetMembers({ client, table: database.tables.log }).put(
      'claims',
      'port/80',
      { owner: { S: 'a' } },
      { anyOf: ['#owner = :owner'], names: ['owner'], values: { ':owner': { S: 'a' } } },
    )
    expect(Object.keys((await itemAt('claims', memberVersion('port/80')))!).sort()).toEqual(['name', 'owner', 'stream', 'version'])
  })

  it('no condition has brackets but for functions: the embedded database would parse it for milliseconds', async () => {
    const conditions: string[] = []
    client.middlewareStack.add(
      next => async args => {
        const { ConditionExpression } = args.input as { readonly ConditionExpression?: string }
        if (ConditionExpression) conditions.push(ConditionExpression)
        return next(args)
      },
      { step: 'initialize' },
    )
    const table = { client, table: database.tables.log }
    await log().put(commit(1))
    await createClaims(table).take('port/80', 'a', 1)
    await createSnapshots({ ...table, blobs: createBlobs() }).save({ stream: 'a', version: 1, schema: 1, state: 1 })
    await rows().write({ stream: 'a', schema: 1, version: 1, view: 1 })
    await rows().claimLook('a', 1, 2)
    expect(conditions).toHaveLength(6)
    expect(conditions.filter(condition => /\(/.test(condition.replaceAll(/\w+\(#\w+\)/g, '')))).toEqual([])
  })

  it('T1: what the index says is believed only if the row says it too', async () => {
    await rows().write({ stream: 'a', schema: 1, version: 1, dueAt: 5, view: 1 })
    await rows().write({ stream: 'b', schema: 1, version: 1, dueAt: 7, view: 1 })
    await database.close()
    // As a kill between the two writes of the embedded database leaves it: an index entry of which no row knows.
    const level = new ClassicLevel(join(folder, 'database', 'leveldb'))
    const keys = (await level.keys().all()).filter(key => key.startsWith('item-longshore-rows~'))
    expect(keys).toHaveLength(2)
    for (const key of keys) if (JSON.parse((await level.get(key))!).stream.S === 'a') await level.del(key)
    await level.close()
    database = await openEmbeddedDatabase(folder)
    client = database.client
    expect((await rows().due(50, 10)).map(({ stream }) => stream)).toEqual(['b'])
    expect(await rows().due(50, 1)).toHaveLength(1)
  })

  it('L5: a snapshot that cannot be read back is none, and is replaced', async () => {
    const options = { client, table: database.tables.log, inlineBytes: 0 }
    const lost = { put: async () => 'f'.repeat(64), get: async () => undefined }
    await createSnapshots({ ...options, blobs: lost }).save({ stream: 'a', version: 5, schema: 1, state: 1 })
    expect(await createSnapshots({ ...options, blobs: lost }).load('a')).toBeUndefined()
    const damaged = { ...lost, get: async () => Uint8Array.of(1, 2, 3) }
    expect(await createSnapshots({ ...options, blobs: damaged }).load('a')).toBeUndefined()
    const snapshots = createSnapshots({ ...options, blobs: createBlobs() })
    await snapshots.save({ stream: 'a', version: 6, schema: 1, state: 2 })
    expect((await snapshots.load('a'))!.state).toBe(2)
  })
})
