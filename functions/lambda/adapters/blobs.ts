import { S3Client } from '@aws-sdk/client-s3'
import { createBlobs } from '../../../shared/adapters/s3/blobs.ts'
import type { Ports } from '../../../shared/application/ports.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const blobs = (): Ports['blobs'] => createBlobs({ client: new S3Client(PATIENCE), bucket: told('blobBucket') })
