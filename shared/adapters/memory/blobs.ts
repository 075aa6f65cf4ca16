import { createHash } from 'node:crypto'
import type { Blobs } from '../../ports/blobs.ts'

/** The blobs of one process, for tests and simulations. */
export function createBlobs(): Blobs {
  const blobs = new Map<string, Uint8Array>()
  return {
    async put(content) {
      const hash = createHash('sha256').update(content).digest('hex')
      blobs.set(hash, Uint8Array.from(content))
      return hash
    },
    async get(hash) {
      const content = blobs.get(hash)
      return content && Uint8Array.from(content)
    },
  }
}
