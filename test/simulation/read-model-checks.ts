import { createReadModel } from '../../shared/adapters/memory/read-model.ts'
import { createSnapshots } from '../../shared/adapters/memory/snapshots.ts'
import { Folds } from '../../shared/application/folds.ts'
import { type ProjectPorts, project } from '../../shared/application/project.ts'
import { canonicalJson } from '../../shared/domain/hash.ts'
import { type Installation, settingOf } from './installation.ts'

/** Invariant 1: the rows are the log's, byte for byte; invariant 3: whatever prefixes were projected before, in whatever order. */
export async function checkRows(installation: Installation): Promise<readonly string[]> {
  const { storage, world } = installation
  const wrong: string[] = []
  for (const [stream, commits] of storage.commits) {
    const kept = canonicalJson(storage.row(stream))
    const readModel = createReadModel()
    const prefixes = [world.between(1, commits.length + 1), commits.length, world.between(1, commits.length + 1)]
    for (const length of prefixes) await project({ ...prefixPorts(installation, length), readModel }, stream)
    if (canonicalJson(await readModel.row(stream)) !== kept) wrong.push(`invariant 1: the row of ${stream} is not what its stream gives`)
  }
  return wrong
}

function prefixPorts(installation: Installation, length: number): Omit<ProjectPorts, 'readModel'> {
  const { storage } = installation
  const of = (stream: string) => (storage.commits.get(stream) ?? []).slice(0, length)
  return {
    log: {
      put: async () => 'refused',
      get: async (stream, version) => of(stream)[version - 1],
      read: async (stream, after = 0) => of(stream).slice(after),
      head: async stream => of(stream).at(-1),
      streams: async () => [...storage.commits.keys()],
    },
    snapshots: createSnapshots(),
    folds: new Folds(),
    ids: { nonce: () => '' },
    clock: { now: () => 0 },
    wakes: { send: async () => {} },
    setting: settingOf(installation),
  }
}
