import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { CodedError } from '../../domain/errors.ts'
import type { Claim, Claims } from '../../ports/claims.ts'
import { unlessRefused } from './failures.ts'
import { type Item, N, numberOf, S, textOf } from './item.ts'
import { createSetMembers, keyOfMember, type SetMembersOptions } from './set-members.ts'

const CLAIMS = 'claims'

/**
 * L10: one item a name, owned by a stream. A released claim keeps its item without an owner (see set-members.ts); names are ports, hosts and
 * priorities, which come again. @throws CodedError LS-STORAGE
 */
export function createClaims(options: SetMembersOptions): Claims {
  const { client, table } = options
  const members = createSetMembers(options)

  return {
    async take(name, owner, at) {
      const condition = { anyOf: ['attribute_not_exists(#owner)', '#owner = :owner'], names: ['owner'], values: { ':owner': S(owner) } }
      for (let attempt = 0; attempt < 10; attempt++) {
        const taken = await members.put(CLAIMS, name, { owner: S(owner), at: N(at) }, condition)
        if (taken.put) return { taken: true }
        const holder = textOf(taken.there, 'owner')
        if (holder !== undefined && holder !== owner) return { taken: false, owner: holder } // else it was released or changed hands in between
      }
      throw new CodedError('LS-STORAGE', `the claim on ${name} changed hands ten times while it was asked for`)
    },

    async owner(name) {
      const there = await members.get(CLAIMS, name)
      return there && textOf(there, 'owner')
    },

    async release(name, owner) {
      const there = await members.get(CLAIMS, name)
      if (!there || textOf(there, 'owner') !== owner) return
      const update = {
        TableName: table,
        Key: keyOfMember(there),
        UpdateExpression: 'REMOVE #owner',
        ConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':owner': S(owner) },
      }
      await unlessRefused(client.send(new UpdateItemCommand(update)))
    },

    async list() {
      const owned = (await members.list(CLAIMS)).filter(item => item['owner'])
      return owned.map(claimOf).sort((a, b) => (a.name < b.name ? -1 : 1))
    },
  }
}

const claimOf = (item: Item): Claim => ({ name: textOf(item, 'name')!, owner: textOf(item, 'owner')!, at: numberOf(item, 'at') })
