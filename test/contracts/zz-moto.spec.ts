import { createDynamoClient } from '../../shared/adapters/dynamo/client.ts'
import { createClaims } from '../../shared/adapters/dynamo/claims.ts'
import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'
import { createReadModel } from '../../shared/adapters/dynamo/read-model.ts'
import { createSnapshots } from '../../shared/adapters/dynamo/snapshots.ts'
import { createTables } from '../../shared/adapters/dynamo/tables.ts'
import { createBlobs } from '../../shared/adapters/memory/blobs.ts'
import { eventLogContract } from './event-log-contract.ts'
import { readModelContract } from './read-model-contract.ts'
import { claimsContract } from './claims-contract.ts'
import { snapshotsContract } from './snapshots-contract.ts'
let n = 0
const client = createDynamoClient({ endpoint: 'http://127.0.0.1:5917', region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, requestHandler: {} })
const on = <P>(create: (names: { log: string; rows: string }) => P) => async () => {
  const names = { log: `log${process.pid}-${++n}`, rows: `rows${process.pid}-${n}` }
  await createTables(client, names)
  const port = create(names)
  return { port, reopen: async () => port, close: async () => undefined }
}
eventLogContract('moto', on(names => createEventLog({ client, table: names.log })))
readModelContract('moto', on(names => createReadModel({ client, table: names.rows })))
claimsContract('moto', on(names => createClaims({ client, table: names.log })))
snapshotsContract('moto', on(names => createSnapshots({ client, table: names.log, blobs: createBlobs() })))
