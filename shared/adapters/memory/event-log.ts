import type { Commit } from '../../domain/commit.ts'
import { CodedError } from '../../domain/errors.ts'
import type { EventLog } from '../../ports/event-log.ts'
import { frozenCopy } from './frozen-copy.ts'

/** As in the database, so that tests meet the limit. */
const MAX_BYTES = 400 * 1024

/** The log of one process, for tests and simulations. @throws CodedError LS-SPEC-LIMIT (over 400 KB) */
export function createEventLog(): EventLog {
  const streams = new Map<string, Map<number, Commit>>()
  const registry = new Set<string>()
  const ordered = (stream: string) => [...(streams.get(stream)?.values() ?? [])].sort((a, b) => a.version - b.version)

  return {
    async put(commit) {
      if (Buffer.byteLength(JSON.stringify(commit)) > MAX_BYTES) throw new CodedError('LS-SPEC-LIMIT', 'a commit may hold at most 400 KB')
      if (commit.version === 1) registry.add(commit.stream)
      const commits = streams.get(commit.stream) ?? new Map<number, Commit>()
      if (commits.has(commit.version)) return 'refused'
      streams.set(commit.stream, commits.set(commit.version, frozenCopy(commit)))
      return 'stored'
    },
    get: async (stream, version) => streams.get(stream)?.get(version),
    read: async (stream, after = 0, limit = Number.POSITIVE_INFINITY) =>
      ordered(stream)
        .filter(commit => commit.version > after)
        .slice(0, limit),
    async head(stream) {
      const newest = ordered(stream).at(-1)
      return newest && { version: newest.version, at: newest.at }
    },
    streams: async () => [...registry].sort(),
  }
}
