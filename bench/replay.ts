import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedDatabase } from '../shared/adapters/dynalite/embedded-database.ts'
import { createEventLog } from '../shared/adapters/dynamo/event-log.ts'
import { createReadModel } from '../shared/adapters/dynamo/read-model.ts'
import { createSnapshots } from '../shared/adapters/dynamo/snapshots.ts'
import { createBlobs } from '../shared/adapters/files/blobs.ts'
import { Folds, foldService } from '../shared/application/folds.ts'
import { type ProjectPorts, project } from '../shared/application/project.ts'
import type { Commit } from '../shared/domain/commit.ts'
import { HOME } from '../shared/reconcile/policy.ts'
import { type Bench, type Figure, inRounds, median, type Pair, paired, timed } from './figure.ts'
import { serviceLife } from './service-life.ts'

const COMMITS = 10_000
const GOAL = 1.3

/** L5: what a restarted host or a cold function pays for a stream's history, and what a rebuild pays for all of it. */
export const replay: Bench = {
  name: 'replay',
  does: 'folding a stream of 10,000 commits, whole and from its snapshot',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'))
    const database = await openEmbeddedDatabase(folder)
    try {
      return { figures: await figuresOf(portsOn(database, folder)), traces: [] }
    } finally {
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

type FoldPorts = Omit<ProjectPorts, 'folds'>

function portsOn({ client, tables }: Awaited<ReturnType<typeof openEmbeddedDatabase>>, folder: string): FoldPorts {
  const table = { client, table: tables.log }
  return {
    log: createEventLog(table),
    snapshots: createSnapshots({ ...table, blobs: createBlobs(join(folder, 'blobs')) }),
    clock: { now: Date.now },
    ids: { nonce: () => randomUUID() },
    readModel: createReadModel({ client, table: tables.rows }),
    wakes: { send: async () => {} },
    setting: { installation: { id: 'bench', epoch: 1 }, limits: HOME, orphanedBefore: 0 },
  }
}

async function figuresOf(ports: FoldPorts): Promise<readonly Figure[]> {
  const fold = (stream: string, snapshots = ports.snapshots) => foldService({ ...ports, snapshots, folds: new Folds() }, stream)
  await write(ports, SHORT, 1, 1)
  const seldom = await rehydrated(ports, fold, 'service/bench/seldom', 20)
  const often = await rehydrated(ports, fold, 'service/bench/often', 4)
  const none = { ...ports.snapshots, load: async () => undefined }
  const times: number[] = []
  for (let round = 0; round < 5; round++) times.push(await timed(() => fold('service/bench/seldom', none)))
  return [
    { name: 'replay rate of one stream', unit: '1/s', value: COMMITS / (median(times) / 1_000) },
    paired('rehydrating 10,000 commits, against 1', 'ms', seldom.pairs, { goal: GOAL, note: seldom.note }),
    paired('… when every 21st commit is a command', 'ms', often.pairs, { note: often.note }),
  ]
}

const SHORT = 'service/bench/short'

/** At moments among the last hundred commits, since the newest snapshot lies now farther behind and now nearer. */
async function rehydrated(ports: FoldPorts, fold: (stream: string) => Promise<unknown>, stream: string, commandEvery: number) {
  const pairs: Pair[] = []
  const tails: number[] = []
  const once = (of: string) => () => timedOften(() => fold(of))
  await write(ports, stream, COMMITS, commandEvery, async version => {
    if (version <= COMMITS - 100 || version % 5) return
    tails.push(version - ((await ports.snapshots.load(stream))?.version ?? 0))
    pairs.push(...(await inRounds(2, once(stream), once(SHORT))))
  })
  const every = commandEvery * 5 + 1
  const note = `a command every ${every} commits, all of which the fold remembers (L4); commits after the newest snapshot: ${Math.min(...tails)} to ${Math.max(...tails)}; the stream of 1 commit has none`
  return { pairs, note }
}

const timedOften = async (run: () => Promise<unknown>) => {
  const times: number[] = []
  for (let turn = 0; turn < 5; turn++) times.push(await timed(run))
  return median(times)
}

/** Written as fast as it can be, projected as the host would: each batch of ten once, the last ones after each commit. */
async function write(
  ports: FoldPorts,
  stream: string,
  count: number,
  commandEvery: number,
  after: (version: number) => Promise<void> = async () => {},
): Promise<void> {
  const folds = new Folds()
  const life = serviceLife(stream, commandEvery)
  let batch: Commit[] = []
  for (let version = 1; version <= count; version++) {
    batch.push(life.next().value as Commit)
    const isBatch = batch.length === 10 && version <= count - 100
    if (!isBatch && version <= count - 100) continue
    await Promise.all(batch.map(commit => ports.log.put(commit)))
    batch = []
    await project({ ...ports, folds }, stream)
    await after(version)
  }
}
