import { createHash } from 'node:crypto'
import { type DynamoDBClient, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb'
import type { Blobs } from '../../ports/blobs.ts'
import { sent, sentPages } from './failures.ts'
import { type Item, N, numberOf, S } from './item.ts'

/** Below the 400 KB of an item. */
const PART_BYTES = 350 * 1024

export type BlobsOptions = { readonly client: DynamoDBClient; readonly table: string; readonly partBytes?: number }

/**
 * Contents in the base table, cut into items: of configs, and of the rare states that are too large for one (L5). A store of their own would
 * need a client and a right of its own in every function that folds or starts tasks (ADR 28). @throws CodedError LS-STORAGE
 */
export function createBlobs({ client, table, partBytes = PART_BYTES }: BlobsOptions): Blobs {
  return {
    async put(content) {
      const hash = hashOf(content)
      const parts = Math.max(1, Math.ceil(content.length / partBytes))
      for (let part = 0; part < parts; part++) {
        const bytes = content.subarray(part * partBytes, (part + 1) * partBytes)
        const item = { ...keyOf(hash, part + 1), parts: N(parts), content: { B: bytes } }
        await sent(client.send(new PutItemCommand({ TableName: table, Item: item })))
      }
      return hash
    },

    async get(hash) {
      const query = {
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: '#stream = :stream',
        ExpressionAttributeNames: { '#stream': 'stream' },
        ExpressionAttributeValues: { ':stream': S(`blob/${hash}`) },
      }
      const items: Item[] = []
      for await (const page of sentPages(paginateQuery({ client }, query))) items.push(...(page.Items ?? []))
      const content = Buffer.concat(items.map(item => item['content']?.B ?? new Uint8Array()))
      return items.length > 0 && items.length === numberOf(items[0]!, 'parts') && hashOf(content) === hash ? content : undefined
    },
  }
}

const keyOf = (hash: string, part: number): Item => ({ stream: S(`blob/${hash}`), version: N(part) })
const hashOf = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
