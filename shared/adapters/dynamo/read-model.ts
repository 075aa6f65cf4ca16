import { setTimeout as pause } from 'node:timers/promises'
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  paginateScan,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { CodedError } from '../../domain/errors.ts'
import { type Beats, type ReadModel, type Row, sinceOf } from '../../ports/read-model.ts'
import { sent, sentPages, unlessRefused } from './failures.ts'
import { checkSize, type Item, N, S } from './item.ts'
import { BEATS, beatsItem, beatsOf, DUE, lookItem, rowItem, rowOf } from './row-item.ts'
import { ROWS_TABLE } from './tables.ts'

/** Rows in DynamoDB (L6). @throws CodedError LS-STORAGE, LS-SPEC-LIMIT (over 400 KB) */
export function createReadModel({ client, table }: { readonly client: DynamoDBClient; readonly table: string }): ReadModel {
  return {
    row: stream => rowAt(client, table, stream),

    async rows() {
      const scan = {
        TableName: table,
        FilterExpression: 'attribute_exists(#schema)', // looks have none
        ExpressionAttributeNames: { '#schema': 'schema' },
      }
      const rows: Row[] = []
      for await (const page of sentPages(paginateScan({ client }, scan))) rows.push(...(page.Items ?? []).map(rowOf))
      return rows.sort((a, b) => (a.stream < b.stream ? -1 : 1))
    },

    async write(row) {
      const put = {
        TableName: table,
        Item: checkSize(rowItem(row)),
        ReturnValues: 'ALL_OLD' as const,
        ConditionExpression: 'attribute_not_exists(#stream) OR #schema < :schema OR #schema = :schema AND #version < :version',
        ExpressionAttributeNames: { '#stream': 'stream', '#schema': 'schema', '#version': 'version' },
        ExpressionAttributeValues: { ':schema': N(row.schema), ':version': N(row.version) },
      }
      const written = await unlessRefused(client.send(new PutItemCommand(put)))
      if (!written) return { won: false, before: await rowAt(client, table, row.stream) }
      return written.Attributes ? { won: true, before: rowOf(written.Attributes) } : { won: true }
    },

    due: (now, limit) => dueRows(client, table, now, limit),

    async claimLook(stream, now, until) {
      const put = {
        TableName: table,
        Item: lookItem(stream, until),
        ConditionExpression: 'attribute_not_exists(#stream) OR #until <= :now OR #until > :until',
        ExpressionAttributeNames: { '#stream': 'stream', '#until': 'until' },
        ExpressionAttributeValues: { ':now': N(now), ':until': N(until) },
      }
      return (await unlessRefused(client.send(new PutItemCommand(put)))) !== undefined
    },

    async beat(now, mostSilence) {
      const since = sinceOf(await beatsAt(client, table), now, mostSilence)
      await sent(client.send(new PutItemCommand({ TableName: table, Item: beatsItem({ since, last: now }) })))
    },

    attendedSince: async (now, mostSilence) => sinceOf(await beatsAt(client, table), now, mostSilence),

    async drop() {
      const scan = {
        TableName: table,
        ProjectionExpression: '#stream',
        ExpressionAttributeNames: { '#stream': 'stream' },
        ConsistentRead: true,
      }
      for await (const page of sentPages(paginateScan({ client }, scan))) await deleteAll(client, table, page.Items ?? [])
    },
  }
}

async function beatsAt(client: DynamoDBClient, table: string): Promise<Beats | undefined> {
  const { Item } = await sent(client.send(new GetItemCommand({ TableName: table, Key: { stream: S(BEATS) }, ConsistentRead: true })))
  return Item && beatsOf(Item)
}

async function rowAt(client: DynamoDBClient, table: string, stream: string): Promise<Row | undefined> {
  const { Item } = await sent(client.send(new GetItemCommand({ TableName: table, Key: { stream: S(stream) }, ConsistentRead: true })))
  return Item && rowOf(Item)
}

/**
 * The index says where to look and the rows say what is so: an index lags behind, and in the embedded database, which writes index and row
 * one after the other, a kill between the two leaves an index entry that no later write takes away.
 */
async function dueRows(client: DynamoDBClient, table: string, now: number, limit: number): Promise<readonly Row[]> {
  const query = {
    TableName: table,
    IndexName: ROWS_TABLE.indexes[0].name,
    KeyConditionExpression: '#due = :due AND #dueAt <= :now',
    ExpressionAttributeNames: { '#due': 'due', '#dueAt': 'dueAt' },
    ExpressionAttributeValues: { ':due': DUE, ':now': N(now) },
    Limit: PER_READ,
  }
  const found = new Map<string, Row>()
  for await (const page of sentPages(paginateQuery({ client }, query))) {
    const keys = (page.Items ?? []).flatMap(item =>
      item['stream'] && !found.has(item['stream'].S ?? '') ? [{ stream: item['stream'] }] : [],
    )
    for (const row of await readRows(client, table, keys)) if (row.dueAt !== undefined && row.dueAt <= now) found.set(row.stream, row)
    if (found.size >= limit) break
  }
  return [...found.values()].sort((a, b) => a.dueAt! - b.dueAt! || (a.stream < b.stream ? -1 : 1)).slice(0, limit)
}

/** BatchGetItem takes 100 keys, BatchWriteItem 25 items; both may leave some for the next try. */
const PER_READ = 100
const PER_WRITE = 25

async function readRows(client: DynamoDBClient, table: string, keys: readonly Item[]): Promise<readonly Row[]> {
  const distinct = [...new Map(keys.map(key => [key['stream']?.S, key])).values()]
  const rows: Row[] = []
  await untilNoneLeft(distinct, async left => {
    const { Responses, UnprocessedKeys } = await sent(
      client.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys: left, ConsistentRead: true } } })),
    )
    rows.push(...(Responses?.[table] ?? []).map(rowOf))
    return UnprocessedKeys?.[table]?.Keys ?? []
  })
  return rows
}

async function deleteAll(client: DynamoDBClient, table: string, keys: readonly Item[]): Promise<void> {
  for (let start = 0; start < keys.length; start += PER_WRITE) {
    const requests: WriteRequest[] = keys.slice(start, start + PER_WRITE).map(Key => ({ DeleteRequest: { Key } }))
    await untilNoneLeft(requests, async left => {
      const { UnprocessedItems } = await sent(client.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } })))
      return UnprocessedItems?.[table] ?? []
    })
  }
}

/** What a batch leaves undone was throttled: tried again after a growing pause. @throws CodedError LS-STORAGE */
async function untilNoneLeft<T>(all: readonly T[], send: (left: T[]) => Promise<readonly T[]>): Promise<void> {
  let left = [...all]
  for (let attempt = 0; left.length; attempt++) {
    if (attempt === 10) throw new CodedError('LS-STORAGE', 'the database left a batch undone ten times')
    if (attempt > 0) await pause(25 * 2 ** attempt)
    left = [...(await send(left))]
  }
}
