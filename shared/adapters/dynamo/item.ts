import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { tooLarge } from './failures.ts'

export type Item = Record<string, AttributeValue>

/** DynamoDB's limit for names and values of one item together. */
const MAX_BYTES = 400 * 1024

export const S = (value: string): AttributeValue => ({ S: value })
export const N = (value: number): AttributeValue => ({ N: String(value) })

export const textOf = (item: Item, name: string): string | undefined => item[name]?.S
export const numberOf = (item: Item, name: string): number => Number(item[name]?.N)

/** Only the attributes that are there: an absent one is no attribute at all, never an empty or NULL one. */
export function itemOf(attributes: Readonly<Record<string, AttributeValue | undefined>>): Item {
  return Object.fromEntries(Object.entries(attributes).filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined))
}

/**
 * Said before the call, because a request of several megabytes is cut off by the server without an answer that names the reason.
 * @throws CodedError LS-SPEC-LIMIT
 */
export function checkSize(item: Item): Item {
  let bytes = 0
  for (const [name, value] of Object.entries(item))
    bytes += Buffer.byteLength(name) + (value.B?.length ?? Buffer.byteLength(value.S ?? value.N ?? ''))
  if (bytes > MAX_BYTES) throw tooLarge()
  return item
}
