import type { Commit } from '../../domain/commit.ts'
import { CodedError } from '../../domain/errors.ts'
import type { EventLog } from '../../ports/event-log.ts'
import { frozenCopy } from './frozen-copy.ts'

/** As in the database, so that tests meet the limit. */
const MAX_BYTES = 400 * 1024

/** The log of one process, for tests and simulations. @throws CodedError LS-SPEC-LIMIT (over 400 KB) */
export function createEventLog(): EventLog {
  /** Oldest first. */
  const streams = new Map<string, Commit[]>()
  const registry = new Set<string>()
  const commitsOf = (stream: string) => streams.get(stream) ?? []
  /** Where the first commit above `version` stands; without gaps, that is known before looking. */
  function above(commits: readonly Commit[], version: number): number {
    if ((commits.at(-1)?.version ?? 0) <= version) return commits.length
    if (commits[version - 1]?.version === version) return version
    return commits.findIndex(commit => commit.version > version)
  }

  return {
    async put(commit) {
      if (Buffer.byteLength(JSON.stringify(commit)) > MAX_BYTES) throw new CodedError('LS-SPEC-LIMIT', 'a commit may hold at most 400 KB')
      if (commit.version === 1) registry.add(commit.stream)
      const commits = commitsOf(commit.stream)
      const index = above(commits, commit.version)
      if (commits[index - 1]?.version === commit.version) return 'refused'
      commits.splice(index, 0, frozenCopy(commit))
      streams.set(commit.stream, commits)
      return 'stored'
    },
    async get(stream, version) {
      const found = commitsOf(stream)[above(commitsOf(stream), version) - 1]
      return found?.version === version ? found : undefined
    },
    async read(stream, after = 0, limit = Number.POSITIVE_INFINITY) {
      const start = above(commitsOf(stream), after)
      return commitsOf(stream).slice(start, start + limit)
    },
    async head(stream) {
      const newest = commitsOf(stream).at(-1)
      return newest && { version: newest.version, at: newest.at }
    },
    streams: async () => [...registry].sort(),
  }
}
