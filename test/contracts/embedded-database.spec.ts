import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../shared/adapters/dynalite/embedded-database.ts'
import { claimSocketPath } from '../../shared/adapters/dynalite/socket-path.ts'
import { createClaims } from '../../shared/adapters/dynamo/claims.ts'
import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'
import { createReadModel } from '../../shared/adapters/dynamo/read-model.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import { removeFolder, temporaryFolder } from './fixture.ts'

const commit = (version: number): Commit => ({
  stream: 'stack/shop',
  version,
  at: 1,
  actor: 'test',
  nonce: `n${version}`,
  events: [{ type: 'A' }, { type: 'B' }, { type: 'A' }],
})
const logOf = ({ client, tables }: EmbeddedDatabase) => createEventLog({ client, table: tables.log })

/** A disk that fails when it is told to: stands below the hooks, in the place of LevelDB's own write. */
const disk = { isFull: false, writes: [] as { key: string; sync: boolean }[] }
const level = ClassicLevel.prototype as unknown as { _put(key: string, value: unknown, options: { sync: boolean }): Promise<void> }
const realPut = level._put
level._put = async function (key, value, options) {
  disk.writes.push({ key, sync: options.sync })
  if (disk.isFull) throw new Error('IO error: No space left on device')
  return realPut.call(this, key, value, options)
}

describe('the embedded database', () => {
  let folder: string
  let database: EmbeddedDatabase
  beforeEach(async () => {
    folder = await temporaryFolder()
    database = await openEmbeddedDatabase(folder)
  })
  afterEach(async () => {
    disk.isFull = false
    await database.close()
    await removeFolder(folder)
  })

  it('listens on a socket of its own that only the owner may open', async () => {
    expect(database.endpoint).toBe(join(folder, 'database', 'api.sock'))
    expect((await stat(database.endpoint)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'database'))).mode & 0o777).toBe(0o700)
  })

  it('listens in a folder of its own where the name would be too long for a socket', async () => {
    const deep = join(folder, 'a'.repeat(60), 'b'.repeat(60))
    const other = await openEmbeddedDatabase(deep)
    expect(Buffer.byteLength(other.endpoint)).toBeLessThanOrEqual(100)
    expect((await stat(join(other.endpoint, '..'))).mode & 0o777).toBe(0o700)
    expect(await logOf(other).put(commit(1))).toBe('stored')
    await other.close()
    await expect(stat(join(other.endpoint, '..'))).rejects.toThrow('ENOENT')
  })

  it('listens on a named pipe on Windows', async () => {
    expect((await claimSocketPath('C:\\data', 'win32')).path).toMatch(/^\\\\\.\\pipe\\longshore-/)
  })

  it('invariant 12: a second one on the same folder is refused, and the first goes on', async () => {
    await expect(openEmbeddedDatabase(folder)).rejects.toMatchObject({ code: 'LS-HOST-RUNNING' })
    expect(await logOf(database).put(commit(1))).toBe('stored')
  })

  it('tells a folder that cannot be used', async () => {
    await expect(openEmbeddedDatabase('/dev/null/x')).rejects.toMatchObject({ code: 'LS-STORAGE' })
  })

  it('leaves the folder free when it could not be opened', async () => {
    const other = join(folder, 'other')
    await mkdir(join(other, 'database', 'api.sock'), { recursive: true })
    await expect(openEmbeddedDatabase(other)).rejects.toMatchObject({ code: 'LS-STORAGE' })
    await rm(join(other, 'database', 'api.sock'), { recursive: true })
    await (await openEmbeddedDatabase(other)).close()
  })

  it('L7: each put into the log becomes a stream record of the real shape', async () => {
    const records: {
      eventName: string
      dynamodb: { NewImage: Record<string, unknown>; SequenceNumber: string; Keys: unknown; StreamViewType: string }
    }[] = []
    database.onPut(record => records.push(JSON.parse(record)))
    await logOf(database).put(commit(1))
    await logOf(database).put(commit(1)) // refused
    await logOf(database).put(commit(2))
    expect(records).toHaveLength(3) // told before whoever put goes on
    const [registered, first, second] = records
    expect(registered!.dynamodb.NewImage).toMatchObject({ stream: { S: 'registry' }, name: { S: 'stack/shop' } })
    expect(registered!.dynamodb.NewImage).not.toHaveProperty('types')
    expect(first).toMatchObject({
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      eventSourceARN: expect.stringMatching(/^arn:aws:dynamodb:us-east-1:\d{12}:table\/longshore-log\/stream\//),
      dynamodb: {
        ApproximateCreationDateTime: expect.any(Number),
        Keys: { stream: { S: 'stack/shop' }, version: { N: '1' } },
        NewImage: { stream: { S: 'stack/shop' }, version: { N: '1' }, types: { S: 'A,B' }, nonce: { S: 'n1' }, actor: { S: 'test' } },
        SizeBytes: expect.any(Number),
        StreamViewType: 'NEW_IMAGE',
      },
    })
    expect(second!.dynamodb.SequenceNumber > first!.dynamodb.SequenceNumber).toBe(true)
  })

  it('L7: a put that replaces is a MODIFY, and rows are not told of', async () => {
    const names: string[] = []
    database.onPut(record => names.push(JSON.parse(record).eventName))
    const claims = createClaims({ client: database.client, table: database.tables.log })
    await createReadModel({ client: database.client, table: database.tables.rows }).write({
      stream: 'a',
      schema: 1,
      version: 1,
      view: 1,
    })
    await claims.take('port/80', 'a', 1)
    await claims.take('port/80', 'a', 2)
    expect(names).toEqual(['INSERT', 'MODIFY'])
  })

  it('waits for the disk with everything in the log, and not with rows, which can be computed again', async () => {
    disk.writes.length = 0
    await logOf(database).put(commit(1))
    await createReadModel({ client: database.client, table: database.tables.rows }).write({
      stream: 'a',
      schema: 1,
      version: 1,
      dueAt: 1,
      view: 1,
    })
    expect(disk.writes.filter(({ sync }) => sync).map(({ key }) => key.split('~')[0])).toEqual(['item-longshore-log', 'item-longshore-log'])
    expect(disk.writes.filter(({ sync }) => !sync).map(({ key }) => key.split('~')[0])).toEqual(['index-global', 'item-longshore-rows'])
  })

  it('a full disk is LS-STORAGE, reads go on, and with room again it writes without a restart', async () => {
    const log = logOf(database)
    await log.put(commit(1))
    await expect(openEmbeddedDatabase(folder)).rejects.toMatchObject({ code: 'LS-HOST-RUNNING' }) // and takes nothing from the first
    disk.isFull = true
    await expect(log.put(commit(2))).rejects.toMatchObject({ code: 'LS-STORAGE' })
    const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => log.put(commit(index + 2))))
    expect(answers.map(answer => answer.status)).toEqual(Array(20).fill('rejected'))
    expect(await log.read('stack/shop')).toEqual([commit(1)])
    disk.isFull = false
    await Promise.all(Array.from({ length: 20 }, (_, index) => log.put(commit(index + 2))))
    expect((await log.read('stack/shop')).map(({ version }) => version)).toEqual(Array.from({ length: 21 }, (_, index) => index + 1))
  })

  it('closes at once with connections open and puts under way, and loses none that it answered', async () => {
    const idle = connect(database.endpoint)
    await once(idle, 'connect')
    idle.on('error', () => {})
    const half = connect(database.endpoint).on('error', () => {})
    half.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n\r\n{"half":')
    const told: string[] = []
    database.onPut(record => told.push(JSON.parse(record).dynamodb.Keys.stream.S))
    const log = logOf(database)
    const puts = Array.from({ length: 60 }, (_, index) => log.put(commit(index + 2)))
    const settled = Promise.allSettled(puts)
    await puts[0]
    const began = performance.now()
    await Promise.all([database.close(), database.close()])
    expect(performance.now() - began).toBeLessThan(3_000)
    const stored = (await settled).filter(answer => answer.status === 'fulfilled').length
    await expect(log.put(commit(100))).rejects.toMatchObject({ code: 'LS-STORAGE' })
    database = await openEmbeddedDatabase(folder)
    const kept = (await logOf(database).read('stack/shop')).length
    expect(kept).toBeGreaterThanOrEqual(stored)
    expect(told.filter(stream => stream === 'stack/shop')).toHaveLength(kept)
  })

  it('survives clients that give up in the middle of a request', async () => {
    for (let attempt = 0; attempt < 5; attempt++) {
      const rude = connect(database.endpoint).on('error', () => {})
      await once(rude, 'connect')
      rude.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"half":')
      await new Promise(resolve => setImmediate(resolve))
      rude.destroy()
      await once(rude, 'close')
    }
    expect(await logOf(database).put(commit(1))).toBe('stored')
  })
})

describe('the embedded database of a process that is killed', () => {
  let folder: string
  beforeEach(async () => void (folder = await temporaryFolder()))
  afterEach(() => removeFolder(folder))

  const program = fileURLToPath(new URL('embedded-process.ts', import.meta.url))
  const linesOf = (stream: NodeJS.ReadableStream) => createInterface({ input: stream })

  it('invariant 12: kill -9 frees the folder at once, and every answered commit is there', async () => {
    for (let round = 1; round <= 3; round++) {
      const holder = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
      let last = 0
      for await (const line of linesOf(holder.stdout)) {
        last = Number(line.split(' ')[1])
        if (last % 50 === 0) break
      }
      await expect(openEmbeddedDatabase(folder)).rejects.toMatchObject({ code: 'LS-HOST-RUNNING' })
      holder.kill('SIGKILL')
      await once(holder, 'exit')
      const database = await openEmbeddedDatabase(folder)
      const versions = (await logOf(database).read('stack/shop')).map(({ version }) => version)
      expect(versions).toEqual(Array.from({ length: versions.length }, (_, index) => index + 1))
      expect(versions.length).toBeGreaterThanOrEqual(last)
      await database.close()
    }
  })

  it.skipIf(process.platform === 'win32')('a disk that is really full ends no process and loses nothing that was answered', async () => {
    const limited = spawn(
      'sh',
      ['-c', 'trap "" XFSZ; ulimit -f 3000; exec "$0" "$@"', process.execPath, program, folder, '50000', 'full'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const lines: string[] = []
    for await (const line of linesOf(limited.stdout)) lines.push(line)
    const stored = lines.filter(line => line.startsWith('stored')).length
    expect(stored).toBeGreaterThan(5)
    expect(lines.slice(-3)).toEqual(['failed LS-STORAGE', `readable ${stored}`, 'closed'])
    const database = await openEmbeddedDatabase(folder)
    const log = logOf(database)
    const kept = (await log.read('stack/shop')).length
    expect(kept).toBeGreaterThanOrEqual(stored)
    expect(await log.put(commit(kept + 1))).toBe('stored')
    await database.close()
  })
})
