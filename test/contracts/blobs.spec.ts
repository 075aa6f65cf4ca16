import { createBlobs as createDynamoBlobs } from '../../shared/adapters/dynamo/blobs.ts'
import { createBlobs } from '../../shared/adapters/files/blobs.ts'
import { createBlobs as createMemoryBlobs } from '../../shared/adapters/memory/blobs.ts'
import { blobsContract } from './blobs-contract.ts'
import { inMemory, onDynalite, onFiles } from './fixture.ts'

blobsContract('memory', inMemory(createMemoryBlobs))
blobsContract('files', onFiles(createBlobs))
blobsContract(
  'DynamoDB items',
  onDynalite(({ client, tables }) => createDynamoBlobs({ client, table: tables.log })),
)
