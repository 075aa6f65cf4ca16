import { setTimeout as pause } from 'node:timers/promises'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb'
import { CodedError } from '../../domain/errors.ts'
import { sent } from './failures.ts'

/** What each of the two tables is called in an installation. */
export type TableNames = { readonly log: string; readonly rows: string }

export type KeyDefinition = { readonly name: string; readonly type: 'S' | 'N' }

/** Plain data: the embedded database creates its tables from it, and so does the cloud's template. */
export type TableDefinition = {
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
  /** What a stream record holds; absent: the table has no stream. */
  readonly streamView?: 'NEW_IMAGE'
  readonly indexes: readonly {
    readonly name: string
    readonly partitionKey: KeyDefinition
    readonly sortKey: KeyDefinition
    readonly projection: 'KEYS_ONLY'
  }[]
}

/** The base table: commits, and beside them the registry, claims and snapshot pointers, which have no `types` (see set-members.ts). */
export const LOG_TABLE = {
  partitionKey: { name: 'stream', type: 'S' },
  sortKey: { name: 'version', type: 'N' },
  streamView: 'NEW_IMAGE',
  indexes: [],
} as const satisfies TableDefinition

/** Rows and looks. The index is sparse: only rows that wait for a moment have the constant attribute `due`. */
export const ROWS_TABLE = {
  partitionKey: { name: 'stream', type: 'S' },
  indexes: [
    {
      name: 'due',
      partitionKey: { name: 'due', type: 'S' },
      sortKey: { name: 'dueAt', type: 'N' },
      projection: 'KEYS_ONLY',
    },
  ],
} as const satisfies TableDefinition

/**
 * Creates both tables where they are missing and waits until they can be used. Doing it again, or by several at once, does nothing.
 * @throws CodedError LS-STORAGE
 */
export async function createTables(client: DynamoDBClient, names: TableNames): Promise<void> {
  await Promise.all([createTable(client, names.log, LOG_TABLE), createTable(client, names.rows, ROWS_TABLE)])
}

async function createTable(client: DynamoDBClient, name: string, definition: TableDefinition): Promise<void> {
  if ((await statusOf(client, name)) === undefined) {
    await sent(
      client.send(new CreateTableCommand(creationOf(name, definition))).catch(error => {
        if (!(error instanceof ResourceInUseException)) throw error // another one was quicker
      }),
    )
  }
  for (let waited = 0; waited < 60_000; waited += 50) {
    if ((await statusOf(client, name)) === 'ACTIVE') return
    await pause(50)
  }
  throw new CodedError('LS-STORAGE', `the table ${name} did not become active within a minute`)
}

async function statusOf(client: DynamoDBClient, name: string): Promise<string | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
    return Table?.TableStatus
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    return await sent(Promise.reject(error))
  }
}

function creationOf(name: string, { partitionKey, sortKey, streamView, indexes }: TableDefinition): CreateTableCommandInput {
  const keys = [partitionKey, sortKey, ...indexes.flatMap(index => [index.partitionKey, index.sortKey])].filter(key => key !== undefined)
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map(key => ({ AttributeName: key.name, AttributeType: key.type })),
    KeySchema: schemaOf(partitionKey, sortKey),
    StreamSpecification: streamView && { StreamEnabled: true, StreamViewType: streamView },
    GlobalSecondaryIndexes: indexes.length
      ? indexes.map(index => ({
          IndexName: index.name,
          KeySchema: schemaOf(index.partitionKey, index.sortKey),
          Projection: { ProjectionType: index.projection },
        }))
      : undefined,
  }
}

const schemaOf = (partition: KeyDefinition, sort: KeyDefinition | undefined): CreateTableCommandInput['KeySchema'] => [
  { AttributeName: partition.name, KeyType: 'HASH' },
  ...(sort ? [{ AttributeName: sort.name, KeyType: 'RANGE' as const }] : []),
]
