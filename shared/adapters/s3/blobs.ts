import { createHash } from 'node:crypto'
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { CodedError } from '../../domain/errors.ts'
import type { Blobs } from '../../ports/blobs.ts'

/**
 * Contents in a bucket, under `blobs/` by their SHA-256. Putting them again writes the same bytes over themselves: cheaper than asking first,
 * and right whoever was quicker. Reading a missing one needs the right to list the bucket, or S3 says 403 in place of 404.
 * @throws CodedError LS-STORAGE
 */
export function createBlobs({ client, bucket }: { readonly client: S3Client; readonly bucket: string }): Blobs {
  return {
    async put(content) {
      const digest = createHash('sha256').update(content).digest()
      const hash = digest.toString('hex')
      // S3 refuses bytes that do not fit the checksum, so a cut-off upload leaves nothing.
      const put = { Bucket: bucket, Key: keyOf(hash), Body: content, ChecksumSHA256: digest.toString('base64') }
      await stored(client.send(new PutObjectCommand(put)))
      return hash
    },

    async get(hash) {
      if (!/^[0-9a-f]{64}$/.test(hash)) return undefined // names nothing
      const content = await stored(read(client, bucket, keyOf(hash)))
      if (content && createHash('sha256').update(content).digest('hex') !== hash)
        throw new CodedError('LS-STORAGE', `the object ${keyOf(hash)} of bucket ${bucket} has other content than its name says`)
      return content
    },
  }
}

const keyOf = (hash: string) => `blobs/${hash}`

async function read(client: S3Client, bucket: string, key: string): Promise<Uint8Array | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return await Body?.transformToByteArray()
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined
    throw error
  }
}

async function stored<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new CodedError('LS-STORAGE', `the blob store did not take the call (${why})`, { cause: error })
  }
}
