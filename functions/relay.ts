import middy from '@middy/core'
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import type { Ports } from '../shared/application/ports.ts'
import type { Pointer } from '../shared/ports/bus.ts'

/** L7: commits become pointers on the bus. Registry, claims and snapshots lie in the same table and are no commits: they have no types. */
export const relay = ({ bus }: Pick<Ports, 'bus'>) =>
  middy<DynamoDBStreamEvent, DynamoDBBatchResponse>().handler(async event => {
    const pointers = event.Records.flatMap(record => pointerOf(record) ?? [])
    const first = event.Records[0]?.dynamodb?.SequenceNumber ?? ''
    try {
      if (pointers.length) await bus.publish(pointers)
      return { batchItemFailures: [] }
    } catch (error) {
      console.error(JSON.stringify({ level: 'warn', message: 'the bus refused pointers', error: String(error) }))
      return { batchItemFailures: [{ itemIdentifier: first }] } // the whole batch again: publishing twice is harmless
    }
  })

/** Only inserts: commits are never changed. What is not a commit, or cannot be read as one, must not stop the shard. */
function pointerOf({ eventName, dynamodb }: DynamoDBRecord): Pointer | undefined {
  const image = dynamodb?.NewImage
  const stream = image?.['stream']?.S
  const version = Number(image?.['version']?.N)
  const types = image?.['types']?.S
  if (eventName === 'REMOVE' || !stream || !types || !Number.isSafeInteger(version)) return undefined
  return { stream, version, types: types.split(/,\s*/) }
}
