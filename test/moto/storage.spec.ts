import { createBlobs } from '../../shared/adapters/dynamo/blobs.ts'
import { createBudgets } from '../../shared/adapters/dynamo/budgets.ts'
import { createClaims } from '../../shared/adapters/dynamo/claims.ts'
import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'
import { createLastNumbers } from '../../shared/adapters/dynamo/last-numbers.ts'
import { createReadModel } from '../../shared/adapters/dynamo/read-model.ts'
import { createSnapshots } from '../../shared/adapters/dynamo/snapshots.ts'
import { createSecrets } from '../../shared/adapters/secrets-manager/secrets.ts'
import { blobsContract } from '../contracts/blobs-contract.ts'
import { budgetsContract } from '../contracts/budgets-contract.ts'
import { claimsContract } from '../contracts/claims-contract.ts'
import { eventLogContract } from '../contracts/event-log-contract.ts'
import { readModelContract } from '../contracts/read-model-contract.ts'
import { secretsContract } from '../contracts/secrets-contract.ts'
import { snapshotsContract } from '../contracts/snapshots-contract.ts'
import { motoFixture } from './on-moto.ts'

eventLogContract(
  'moto',
  motoFixture(({ dynamo, tables }) => createEventLog({ client: dynamo, table: tables.log })),
)
readModelContract(
  'moto',
  motoFixture(({ dynamo, tables }) => createReadModel({ client: dynamo, table: tables.rows })),
)
claimsContract(
  'moto',
  motoFixture(({ dynamo, tables }) => createClaims({ client: dynamo, table: tables.log })),
)
budgetsContract('moto', clock => motoFixture(({ dynamo, tables }) => createBudgets({ client: dynamo, table: tables.log, clock })))
snapshotsContract(
  'moto, large states in parts',
  motoFixture(({ dynamo, tables }) => {
    const at = { client: dynamo, table: tables.log }
    return createSnapshots({ ...at, blobs: createBlobs(at), inlineBytes: 64 })
  }),
)
blobsContract(
  'moto',
  motoFixture(({ dynamo, tables }) => createBlobs({ client: dynamo, table: tables.log })),
)
secretsContract(
  'Secrets Manager of moto',
  motoFixture(({ dynamo, secrets, tables, prefix }) =>
    createSecrets({ client: secrets, prefix, numbers: createLastNumbers({ client: dynamo, table: tables.log, set: 'secret-versions' }) }),
  ),
)
