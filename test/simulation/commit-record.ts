import { commitItem } from '../../shared/adapters/dynamo/commit-item.ts'
import type { Commit } from '../../shared/domain/commit.ts'

/** The record that the log's change stream hands to the relay for one commit, as JSON text (L7). */
export function commitRecord(commit: Commit, sequence: number): string {
  const item = commitItem(commit)
  return JSON.stringify({
    eventID: String(sequence),
    eventName: 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'simulated',
    dynamodb: {
      Keys: { stream: item['stream'], version: item['version'] },
      NewImage: item,
      SequenceNumber: String(sequence).padStart(27, '0'),
      StreamViewType: 'NEW_IMAGE',
    },
    eventSourceARN: 'arn:aws:dynamodb:simulated:0:table/log/stream/simulated',
  })
}
