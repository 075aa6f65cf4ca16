import { once } from 'node:events'
import { chmod, mkdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { CodedError } from '../../domain/errors.ts'
import { createTables, type TableNames } from '../dynamo/tables.ts'
import { createDirectClient } from './embedded-client.ts'
import { type WatchedLevel, watchLevel } from './level-hooks.ts'
import { type Exchange, gateRequests, type RequestGate } from './request-gate.ts'
import { claimSocketPath, type SocketPath } from './socket-path.ts'
import { streamRecord } from './stream-record.ts'

export const EMBEDDED_TABLES: TableNames = { log: 'longshore-log', rows: 'longshore-rows' }

export type EmbeddedDatabase = {
  readonly client: DynamoDBClient
  readonly tables: TableNames
  /** Path of the Unix socket, or name of the pipe. */
  readonly endpoint: string
  /** Calls back with a DynamoDB stream record (JSON text) after each successful put into the log was answered. A listener must not throw. */
  onPut(listener: (record: string) => void): void
  /** Waits for what is under way, at most 15 s. Doing it again does nothing. */
  close(): Promise<void>
}

const CLOSE_MS = 10_000
const OPEN_MS = 10_000

/**
 * DynamoDB's API on LevelDB in `folder`/database, in this process, with both tables made. LevelDB's lock is what lets only one host use a
 * data folder (invariant 12); it dies with its holder. @throws CodedError LS-HOST-RUNNING, LS-STORAGE
 */
export async function openEmbeddedDatabase(folder: string): Promise<EmbeddedDatabase> {
  const home = join(folder, 'database')
  const listeners: ((record: string) => void)[] = []
  const { server, gate, level } = await openServer(home, tellOfPuts(listeners))
  let socket: SocketPath | undefined
  let client: DynamoDBClient | undefined
  const closeAll = () => shutDown({ server, gate, level, client, socket })
  try {
    socket = await claimSocketPath(home)
    client = createDirectClient(server)
    await listen(server, socket.path)
    await createTables(client, EMBEDDED_TABLES)
  } catch (error) {
    await closeAll()
    throw cannotUse(home, error)
  }
  let closed: Promise<void> | undefined
  return {
    client,
    tables: EMBEDDED_TABLES,
    endpoint: socket.path,
    onPut: listener => void listeners.push(listener),
    close: () => (closed ??= closeAll()),
  }
}

async function openServer(home: string, onAnswered: (exchange: Exchange) => void) {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    const path = join(home, 'leveldb')
    let gate: RequestGate | undefined
    const level = watchLevel(path, { isDerived, onBroken: repair => gate?.repairWith(repair) })
    const server = dynalite({ path, createTableMs: 0 })
    gate = gateRequests(server, onAnswered)
    await within(OPEN_MS, level.opened, 'LevelDB was not opened')
    return { server, gate, level }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'LEVEL_LOCKED')
      throw new CodedError('LS-HOST-RUNNING', `another host uses ${home}`, {
        hint: 'Stop it, or choose another data folder.',
        cause: error,
      })
    throw cannotUse(home, error)
  }
}

/** Rows, looks and their index can be computed from the log again, so a projection need not wait for the disk three times. */
const isDerived = (key: string): boolean =>
  key.startsWith(`item-${EMBEDDED_TABLES.rows}~`) || key.startsWith(`index-global~${EMBEDDED_TABLES.rows}~`)

async function listen(server: Server, path: string): Promise<void> {
  server.keepAliveTimeout = 0 // else a connection may be closed just as the next request is sent on it
  server.listen(path)
  await once(server, 'listening')
  // Its folder keeps others out already; this is for the one in which an older umask left it open.
  if (process.platform !== 'win32') await chmod(path, 0o600)
}

function tellOfPuts(listeners: readonly ((record: string) => void)[]) {
  const openedAt = Date.now()
  let number = 0
  return ({ operation, request, status, answer }: Exchange): void => {
    if (operation !== 'PutItem' || status !== 200) return
    const { TableName, Item } = JSON.parse(request)
    if (TableName !== EMBEDDED_TABLES.log) return
    const replaced = JSON.parse(answer || '{}').Attributes !== undefined
    const record = streamRecord({ table: TableName, item: Item, replaced, atMs: Date.now() }, { openedAt, number: ++number })
    for (const listener of listeners) listener(record)
  }
}

type Open = {
  readonly server: Server
  readonly gate: RequestGate
  readonly level: WatchedLevel
  readonly client: DynamoDBClient | undefined
  readonly socket: SocketPath | undefined
}

async function shutDown({ server, gate, level, client, socket }: Open): Promise<void> {
  await gate.shut(CLOSE_MS / 2)
  client?.destroy()
  const closed = new Promise<void>(resolve => server.close(() => resolve())) // whether LevelDB closed is told below
  server.closeAllConnections() // else idle ones keep it open
  await within(
    CLOSE_MS,
    closed.then(() => level.close()),
    'the database did not close',
  ).finally(() => socket?.remove())
}

async function within<T>(ms: number, promise: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, ms, new CodedError('LS-STORAGE', `${otherwise} within ${ms / 1000} s`))
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

const cannotUse = (home: string, cause: unknown): CodedError =>
  cause instanceof CodedError
    ? cause
    : new CodedError('LS-STORAGE', `the database in ${home} cannot be opened (${cause instanceof Error ? cause.message : String(cause)})`, {
        cause,
      })
