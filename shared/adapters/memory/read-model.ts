import { canonicalJson } from '../../domain/hash.ts'
import { type Beats, type ReadModel, type Row, sinceOf } from '../../ports/read-model.ts'
import { frozenCopy } from './frozen-copy.ts'

/** Rows and looks of one process, for tests and simulations. */
export function createReadModel(): ReadModel {
  const rows = new Map<string, Row>()
  const looks = new Map<string, number>()
  let beats: Beats | undefined
  const byName = (a: Row, b: Row) => (a.stream < b.stream ? -1 : 1)

  return {
    row: async stream => rows.get(stream),
    rows: async () => [...rows.values()].sort(byName),
    async write(row) {
      const before = rows.get(row.stream)
      const isHigher = !before || before.schema < row.schema || (before.schema === row.schema && before.version < row.version)
      if (isHigher) rows.set(row.stream, frozenCopy(JSON.parse(canonicalJson(row))))
      return before ? { won: isHigher, before } : { won: isHigher }
    },
    due: async (now, limit) =>
      [...rows.values()]
        .filter(row => row.dueAt !== undefined && row.dueAt <= now)
        .sort((a, b) => a.dueAt! - b.dueAt! || byName(a, b))
        .slice(0, limit),
    async claimLook(stream, now, until) {
      const claimed = looks.get(stream)
      if (claimed !== undefined && claimed > now && claimed <= until) return false
      looks.set(stream, until)
      return true
    },
    async beat(now, mostSilence) {
      beats = { since: sinceOf(beats, now, mostSilence), last: now }
    },
    attendedSince: async (now, mostSilence) => sinceOf(beats, now, mostSilence),
    async drop() {
      beats = undefined
      rows.clear()
      looks.clear()
    },
  }
}
