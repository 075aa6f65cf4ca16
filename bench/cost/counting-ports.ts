import { createBlobs } from '../../shared/adapters/memory/blobs.ts'
import { createClaims } from '../../shared/adapters/memory/claims.ts'
import { createEventLog } from '../../shared/adapters/memory/event-log.ts'
import { createReadModel } from '../../shared/adapters/memory/read-model.ts'
import { createSecrets } from '../../shared/adapters/memory/secrets.ts'
import { createSnapshots } from '../../shared/adapters/memory/snapshots.ts'
import type { Commit } from '../../shared/domain/commit.ts'
import type { Meter } from './meter.ts'

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '')
const DYNAMO_MS = 6
const OTHER_MS = 20

/** The stores, each call counted as DynamoDB or Secrets Manager would bill it. */
export function countingStores(meter: Meter, onStored: (commit: Commit) => void) {
  const wrote = (value: unknown, items = 1) => {
    meter.add('dynamoWrite', items * Math.max(1, Math.ceil(bytesOf(value) / 1_024)))
    meter.takes(DYNAMO_MS)
  }
  /** Strongly consistent: one unit for each 4 KB. `share` 0.5 where it is not. */
  const read = <T>(answer: T, share = 1): T => {
    meter.add('dynamoRead', share * Math.max(1, Math.ceil(bytesOf(answer) / 4_096)))
    meter.takes(DYNAMO_MS)
    return answer
  }
  const [log, readModel, claims, snapshots, blobs] = [createEventLog(), createReadModel(), createClaims(), createSnapshots(), createBlobs()]
  return {
    log: {
      ...log,
      put: async (commit: Commit) => {
        wrote(commit)
        if (commit.version === 1) wrote(commit.stream)
        const answer = await log.put(commit)
        if (answer === 'stored') onStored(commit)
        return answer
      },
      get: async (...args: Parameters<typeof log.get>) => read(await log.get(...args)),
      read: async (...args: Parameters<typeof log.read>) => read(await log.read(...args)),
      head: async (stream: string) => read(await log.head(stream)),
      streams: async () => read(await log.streams()),
    },
    readModel: {
      ...readModel,
      row: async (stream: string) => read(await readModel.row(stream)),
      rows: async () => read(await readModel.rows(), 0.5),
      write: async (row: Parameters<typeof readModel.write>[0]) => {
        wrote(row)
        if (row.dueAt !== undefined) meter.add('dynamoWrite', 2) // the index: the old entry goes, the new one comes
        return readModel.write(row)
      },
      due: async (now: number, limit: number) => {
        const rows = await readModel.due(now, limit)
        read(undefined, 0.5)
        return rows.length ? read(rows) : rows
      },
      claimLook: async (...args: Parameters<typeof readModel.claimLook>) => {
        wrote(args)
        return readModel.claimLook(...args)
      },
      beat: async (...args: Parameters<typeof readModel.beat>) => {
        read(undefined)
        wrote(args)
        return readModel.beat(...args)
      },
      attendedSince: async (...args: Parameters<typeof readModel.attendedSince>) => read(await readModel.attendedSince(...args)),
    },
    claims: {
      take: async (...args: Parameters<typeof claims.take>) => {
        wrote(args)
        return claims.take(...args)
      },
      owner: async (name: string) => read(await claims.owner(name)),
      release: async (...args: Parameters<typeof claims.release>) => {
        wrote(args)
        return claims.release(...args)
      },
      list: async () => read(await claims.list()),
    },
    snapshots: {
      load: async (stream: string) => read(await snapshots.load(stream)),
      save: async (snapshot: Parameters<typeof snapshots.save>[0]) => {
        meter.add('dynamoWrite', Math.ceil(bytesOf(snapshot) / 4 / 1_024)) // gzipped to about a quarter
        return snapshots.save(snapshot)
      },
    },
    blobs: {
      put: async (content: Uint8Array) => {
        meter.add('dynamoWrite', Math.max(1, Math.ceil(content.length / 1_024)))
        meter.takes(DYNAMO_MS)
        return blobs.put(content)
      },
      get: async (hash: string) => read(await blobs.get(hash)),
    },
    secrets: counted(meter, createSecrets()),
  }
}

/** Each call is a request of Secrets Manager. */
function counted<P extends object>(meter: Meter, port: P): P {
  const entries = Object.entries(port).map(([name, method]) => [
    name,
    (...args: unknown[]) => {
      meter.add('secretRequest', 1)
      meter.takes(OTHER_MS)
      return (method as (...args: unknown[]) => unknown)(...args)
    },
  ])
  return Object.fromEntries(entries) as P
}
