import { join } from 'node:path'
import { createSnapshots } from '../../shared/adapters/dynamo/snapshots.ts'
import { createBlobs } from '../../shared/adapters/files/blobs.ts'
import { createSnapshots as createMemorySnapshots } from '../../shared/adapters/memory/snapshots.ts'
import { inMemory, onDynalite } from './fixture.ts'
import { snapshotsContract } from './snapshots-contract.ts'

snapshotsContract('memory', inMemory(createMemorySnapshots))
snapshotsContract(
  'dynalite',
  onDynalite(({ client, tables }, folder) => createSnapshots({ client, table: tables.log, blobs: createBlobs(join(folder, 'blobs')) })),
)
snapshotsContract(
  'dynalite, all states in blobs',
  onDynalite(({ client, tables }, folder) =>
    createSnapshots({ client, table: tables.log, blobs: createBlobs(join(folder, 'blobs')), inlineBytes: 0 }),
  ),
)
