import type { Commit } from '../../domain/commit.ts'
import { type Item, itemOf, N, numberOf, S, textOf } from './item.ts'

/**
 * L3: a commit as people read it in the AWS console. The events are one JSON string, which folds faster than nested attributes; `types`
 * says without parsing what happened: each type once, in order, comma-separated. Only commits have `types`.
 */
export function commitItem(commit: Commit): Item {
  return itemOf({
    stream: S(commit.stream),
    version: N(commit.version),
    at: N(commit.at),
    actor: S(commit.actor),
    commandId: optional(commit.commandId),
    commandHash: optional(commit.commandHash),
    causedBy: optional(commit.causedBy),
    types: S(typesOf(commit.events).join(',')),
    nonce: S(commit.nonce),
    events: S(JSON.stringify(commit.events)),
  })
}

export function commitOf(item: Item): Commit {
  const commit: Record<string, unknown> = {
    stream: textOf(item, 'stream'),
    version: numberOf(item, 'version'),
    at: numberOf(item, 'at'),
    actor: textOf(item, 'actor'),
    nonce: textOf(item, 'nonce'),
  }
  for (const name of ['commandId', 'commandHash', 'causedBy']) if (item[name]) commit[name] = textOf(item, name)
  commit['events'] = JSON.parse(textOf(item, 'events') ?? '[]')
  return commit as Commit
}

/** What a pointer carries (L7). */
export const typesOf = (events: readonly unknown[]): readonly string[] => [
  ...new Set(events.map(event => String((event as { type?: unknown }).type))),
]

const optional = (value: string | undefined) => (value === undefined ? undefined : S(value))
