import { GetItemCommand, PutItemCommand, QueryCommand, type QueryCommandOutput } from '@aws-sdk/client-dynamodb'
import type { Commit } from '../../domain/commit.ts'
import { CodedError } from '../../domain/errors.ts'
import type { EventLog } from '../../ports/event-log.ts'
import { commitItem, commitOf } from './commit-item.ts'
import { sent, unlessRefused } from './failures.ts'
import { checkSize, type Item, N, numberOf, S, textOf } from './item.ts'
import { createSetMembers, NEVER, type SetMembersOptions } from './set-members.ts'

const REGISTRY = 'registry'
const isReserved = (stream: string) => [REGISTRY, 'claims', 'secret-versions'].includes(stream) || /^(snapshot|blob)\//.test(stream)

/** The log in DynamoDB (L3), or in anything that speaks its protocol. @throws CodedError LS-STORAGE, LS-SPEC-LIMIT (over 400 KB) */
export function createEventLog(options: SetMembersOptions): EventLog {
  const { client, table } = options
  const members = createSetMembers(options)

  async function query(
    stream: string,
    more: { after?: number; limit?: number; newestFirst?: boolean; only?: string; start?: Item },
  ): Promise<QueryCommandOutput> {
    const { after, limit, newestFirst, only, start } = more
    return sent(
      client.send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: after === undefined ? '#stream = :stream' : '#stream = :stream AND #version > :after',
          ProjectionExpression: only,
          ExpressionAttributeNames: {
            '#stream': 'stream',
            ...(after === undefined && !only ? {} : { '#version': 'version' }),
            ...(only ? { '#at': 'at' } : {}),
          },
          ExpressionAttributeValues: { ':stream': S(stream), ...(after === undefined ? {} : { ':after': N(after) }) },
          ScanIndexForward: !newestFirst,
          Limit: limit,
          ExclusiveStartKey: start,
        }),
      ),
    )
  }

  return {
    async put(commit: Commit) {
      if (isReserved(commit.stream)) throw new CodedError('LS-INTERNAL', `no stream may be called ${commit.stream}`)
      const item = checkSize(commitItem(commit))
      // T2: entered first, since a crash in between leaves an entry without a stream, which harms nobody; the reverse would hide the stream from the audit.
      if (commit.version === 1) await members.put(REGISTRY, commit.stream, {}, NEVER)
      const put = {
        TableName: table,
        Item: item,
        ConditionExpression: 'attribute_not_exists(#stream)',
        ExpressionAttributeNames: { '#stream': 'stream' },
      }
      return (await unlessRefused(client.send(new PutItemCommand(put)))) ? 'stored' : 'refused'
    },

    async get(stream, version) {
      const key = { stream: S(stream), version: N(version) }
      const { Item } = await sent(client.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true })))
      return Item && commitOf(Item)
    },

    async read(stream, after = 0, limit = Number.POSITIVE_INFINITY) {
      const commits: Commit[] = []
      let start: Item | undefined
      while (commits.length < limit) {
        const left = limit - commits.length
        const page = await query(stream, { after, limit: Number.isFinite(left) ? left : undefined, start })
        commits.push(...(page.Items ?? []).map(commitOf))
        if (!(start = page.LastEvaluatedKey)) break
      }
      return commits
    },

    async head(stream) {
      const { Items } = await query(stream, { limit: 1, newestFirst: true, only: '#version, #at' })
      const newest = Items?.[0]
      return newest && { version: numberOf(newest, 'version'), at: numberOf(newest, 'at') }
    },

    async streams() {
      const entries = await members.list(REGISTRY)
      return entries.map(entry => textOf(entry, 'name')!).sort()
    },
  }
}
