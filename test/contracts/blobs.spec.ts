import { createBlobs } from '../../shared/adapters/files/blobs.ts'
import { createBlobs as createMemoryBlobs } from '../../shared/adapters/memory/blobs.ts'
import { blobsContract } from './blobs-contract.ts'
import { inMemory, onFiles } from './fixture.ts'

blobsContract('memory', inMemory(createMemoryBlobs))
blobsContract('files', onFiles(createBlobs))
