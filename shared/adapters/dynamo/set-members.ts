import { createHash } from 'node:crypto'
import { type DynamoDBClient, GetItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb'
import { CodedError } from '../../domain/errors.ts'
import { sent, sentPages, unlessRefused } from './failures.ts'
import { checkSize, type Item, N, numberOf, S, textOf } from './item.ts'

/**
 * Named things kept in the base table beside the log: the set is the partition (`registry`, `claims`, `snapshot/…`), and since the sort key
 * is a number, a member stands at a hash of its name. They have no `types`, by which a relay tells them from commits.
 */
export type SetMembers = {
  /** Puts the member, in the place of the one of that name only if that meets `condition`; else answers what is there. */
  put(
    set: string,
    name: string,
    attributes: Item,
    condition: MemberCondition,
  ): Promise<{ readonly put: true } | { readonly put: false; readonly there: Item }>
  get(set: string, name: string): Promise<Item | undefined>
  list(set: string): Promise<readonly Item[]>
}

/**
 * When the member that is there may be replaced: if one of `anyOf` holds; never, if there is none. Each is a conjunction, with `#attribute`
 * for each of `names`.
 */
export type MemberCondition = { readonly anyOf: readonly string[]; readonly names: readonly string[]; readonly values?: Item }

export const NEVER: MemberCondition = { anyOf: [], names: [] }

export type SetMembersOptions = {
  readonly client: DynamoDBClient
  readonly table: string
  /** Tests put another one, to see collisions. */
  readonly hash?: (name: string) => number
}

/** 53 bits of SHA-256: as much as a number holds exactly. */
export function memberVersion(name: string): number {
  return Number(createHash('sha256').update(name).digest().readBigUInt64BE() >> 11n)
}

/**
 * Members are never deleted: a member that collided stands one place further on, and would be put a second time in the gap before it.
 */
export function createSetMembers({ client, table, hash = memberVersion }: SetMembersOptions): SetMembers {
  async function at(set: string, version: number): Promise<Item | undefined> {
    const key = { stream: S(set), version: N(version) }
    return (await sent(client.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true })))).Item
  }

  return {
    async put(set, name, attributes, condition) {
      for (const version of probes(hash(name))) {
        const item = checkSize({ stream: S(set), version: N(version), name: S(name), ...attributes })
        const written = await unlessRefused(client.send(new PutItemCommand(conditionalPut(table, item, condition))))
        if (written) return { put: true }
        const there = await at(set, version)
        if (there && textOf(there, 'name') === name) return { put: false, there }
      }
      throw tooManyCollisions(set, name)
    },

    async get(set, name) {
      for (const version of probes(hash(name))) {
        const there = await at(set, version)
        if (!there || textOf(there, 'name') === name) return there
      }
      throw tooManyCollisions(set, name)
    },

    async list(set) {
      const query = {
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: '#stream = :set',
        ExpressionAttributeNames: { '#stream': 'stream' },
        ExpressionAttributeValues: { ':set': S(set) },
      }
      const items: Item[] = []
      for await (const page of sentPages(paginateQuery({ client }, query))) items.push(...(page.Items ?? []))
      return items
    },
  }
}

const PROBES = 16

function* probes(first: number): Generator<number> {
  for (let step = 0; step < PROBES; step++) yield (first + step) % Number.MAX_SAFE_INTEGER
}

const tooManyCollisions = (set: string, name: string) =>
  new CodedError('LS-INTERNAL', `no place for ${name} in ${set}: ${PROBES} names with one hash`)

function conditionalPut(table: string, item: Item, { anyOf, names, values }: MemberCondition) {
  // Without brackets: for each pair of them the embedded database parses an expression many times as long, milliseconds of every put.
  const replaced = anyOf.map(one => `#name = :name AND ${one}`)
  const isReplaced = anyOf.length > 0
  return {
    TableName: table,
    Item: item,
    // ALL_OLD costs nothing, and tells a record of this put whether it replaced something.
    ReturnValues: 'ALL_OLD' as const,
    ConditionExpression: ['attribute_not_exists(#stream)', ...replaced].join(' OR '),
    ExpressionAttributeNames: {
      '#stream': 'stream',
      ...(isReplaced && { '#name': 'name', ...Object.fromEntries(names.map(name => [`#${name}`, name])) }),
    },
    ...(isReplaced && { ExpressionAttributeValues: { ':name': item['name']!, ...values } }),
  }
}

/** Where a member stands, for an update of it. */
export const keyOfMember = (item: Item): Item => ({ stream: S(textOf(item, 'stream')!), version: N(numberOf(item, 'version')) })
