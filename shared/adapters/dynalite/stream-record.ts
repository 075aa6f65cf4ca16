import { randomBytes } from 'node:crypto'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'

type Item = Record<string, AttributeValue>

/** A put that succeeded, in the JSON of the wire: binary is base64 already, as in a stream record. */
export type Put = { readonly table: string; readonly item: Item; readonly replaced: boolean; readonly atMs: number }

/**
 * L7: the record that DynamoDB Streams hands to Lambda for a put (`event.Records[i]`), as JSON text. Sequence numbers grow through restarts,
 * since they begin with the time at which the database was opened, and go on with the put's number since then.
 */
export function streamRecord({ table, item, replaced, atMs }: Put, place: { readonly openedAt: number; readonly number: number }): string {
  const { stream, version } = item
  return JSON.stringify({
    eventID: randomBytes(16).toString('hex'),
    eventName: replaced ? 'MODIFY' : 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(atMs / 1000),
      Keys: { stream, version },
      NewImage: item,
      SequenceNumber: `${String(place.openedAt).padStart(15, '0')}${String(place.number).padStart(12, '0')}`,
      SizeBytes: Buffer.byteLength(JSON.stringify(item)),
      StreamViewType: 'NEW_IMAGE',
    },
    eventSourceARN: `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/embedded`,
  })
}
