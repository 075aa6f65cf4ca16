import { randomUUID } from 'node:crypto'
import { createBlobs as createPartedBlobs } from '../../shared/adapters/dynamo/blobs.ts'
import { createClaims } from '../../shared/adapters/dynamo/claims.ts'
import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'
import { createReadModel } from '../../shared/adapters/dynamo/read-model.ts'
import { createSnapshots } from '../../shared/adapters/dynamo/snapshots.ts'
import { Folds } from '../../shared/application/folds.ts'
import type { LogPorts, Ports } from '../../shared/application/ports.ts'
import { AWS } from '../../shared/reconcile/policy.ts'
import { dynamoClient, logTable } from './dynamo.ts'
import { told } from './environment.ts'

/**
 * The ports on AWS, each made by a function of its own: an entry calls those of its row, and esbuild leaves the others' adapters and clients
 * out of its bundle (test/cloud/bundles.spec.ts). The log and the rows are loaded with the function, as wakes are where any run may send one.
 * What talks to another service of AWS stands in ports/ and loads its adapter and client (adapters/) at its first call; one port a file,
 * since esbuild keeps what a file could ever import().
 */
export const clock: Ports['clock'] = { now: () => Date.now() }

export const logPorts = (): LogPorts => ({
  log: createEventLog(logTable()),
  snapshots: createSnapshots({ ...logTable(), blobs: createPartedBlobs(logTable()) }),
  clock,
  ids: { nonce: () => randomUUID() },
  folds: new Folds(),
})

export const readModel = (): Ports['readModel'] => createReadModel({ client: dynamoClient(), table: told('rowsTable') })
/** Contents of configs: in the table that what starts tasks can read already (ADR 28). */
export const blobs = (): Ports['blobs'] => createPartedBlobs(logTable())
export const claims = (): Ports['claims'] => createClaims(logTable())
export const setting = (): Ports['setting'] => ({
  installation: { id: told('installation'), epoch: Number(told('epoch')) },
  limits: AWS,
  orphanedBefore: 0,
})
