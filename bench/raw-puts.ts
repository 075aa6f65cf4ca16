import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createEmbeddedClient } from '../shared/adapters/dynalite/embedded-client.ts'
import { EMBEDDED_TABLES } from '../shared/adapters/dynalite/embedded-database.ts'
import { commitItem } from '../shared/adapters/dynamo/commit-item.ts'
import type { Commit } from '../shared/domain/commit.ts'

/**
 * The floor of every command: conditional puts of one commit's size into the same table, by the same SDK with the same settings, through the
 * database's socket, as any program's would go; the host's own puts need none.
 */
export type RawPuts = { put(): Promise<void>; close(): void }

export function rawPuts(folder: string, like: Commit): RawPuts {
  const client = createEmbeddedClient(join(folder, 'database', 'api.sock'))
  let version = 0
  const run = randomUUID()
  return {
    put: async () => {
      const item = commitItem({ ...like, stream: `bench/${run}`, version: ++version, nonce: randomUUID() })
      const input = { TableName: EMBEDDED_TABLES.log, Item: item, ConditionExpression: 'attribute_not_exists(#s)' }
      await client.send(new PutItemCommand({ ...input, ExpressionAttributeNames: { '#s': 'stream' } }))
    },
    close: () => client.destroy(),
  }
}
