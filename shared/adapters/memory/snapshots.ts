import type { Snapshot, Snapshots } from '../../ports/snapshots.ts'
import { frozenCopy } from './frozen-copy.ts'

/** The snapshots of one process, for tests and simulations. */
export function createSnapshots(): Snapshots {
  const snapshots = new Map<string, Snapshot>()
  return {
    load: async stream => snapshots.get(stream),
    async save(snapshot) {
      const there = snapshots.get(snapshot.stream)
      const isForward = !there || there.version < snapshot.version || (there.version === snapshot.version && there.schema < snapshot.schema)
      if (isForward) snapshots.set(snapshot.stream, frozenCopy({ ...snapshot, state: snapshot.state ?? null }))
    },
  }
}
