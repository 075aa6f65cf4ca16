import { canonicalJson } from '../../domain/hash.ts'
import type { Beats, Row } from '../../ports/read-model.ts'
import { type Item, itemOf, N, numberOf, S, textOf } from './item.ts'

/** The constant partition of the index of due rows. */
export const DUE = S('due')

/** Equal rows are equal items, byte for byte, in whatever order the view was built (invariant 1). */
export function rowItem(row: Row): Item {
  return itemOf({
    stream: S(row.stream),
    schema: N(row.schema),
    version: N(row.version),
    due: row.dueAt === undefined ? undefined : DUE,
    dueAt: row.dueAt === undefined ? undefined : N(row.dueAt),
    scaled: row.scaled && { BOOL: true },
    scheduled: row.scheduled && { BOOL: true },
    view: S(canonicalJson(row.view)),
  })
}

export function rowOf(item: Item): Row {
  return {
    stream: textOf(item, 'stream')!,
    schema: numberOf(item, 'schema'),
    version: numberOf(item, 'version'),
    ...(item['dueAt'] ? { dueAt: numberOf(item, 'dueAt') } : {}),
    ...(item['scaled'] ? { scaled: true as const } : {}),
    ...(item['scheduled'] ? { scheduled: true as const } : {}),
    view: JSON.parse(textOf(item, 'view') ?? 'null'),
  }
}

/** T1: who looks next at a stream, in an item of its own, since a row holds nothing that does not follow from the log. */
export const lookItem = (stream: string, until: number): Item => ({ stream: S(`look/${stream}`), until: N(until) })

/** Where the sweep's beats stand: no stream is called so. */
export const BEATS = '#beats'
export const beatsItem = ({ since, last }: Beats): Item => ({ stream: S(BEATS), since: N(since), last: N(last) })
export const beatsOf = (item: Item): Beats => ({ since: numberOf(item, 'since'), last: numberOf(item, 'last') })
