import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../../ports/blobs.ts'
import { readIfThere, unusable, writeDurably } from './durable-file.ts'

/** A folder of files named by their SHA-256, in subfolders by its first two digits. @throws CodedError LS-STORAGE */
export function createBlobs(folder: string): Blobs {
  const pathOf = (hash: string) => join(folder, hash.slice(0, 2), hash)
  return {
    async put(content) {
      const hash = hashOf(content)
      if (!(await isThere(pathOf(hash), content.length))) await writeDurably(pathOf(hash), content)
      return hash
    },
    async get(hash) {
      if (!/^[0-9a-f]{64}$/.test(hash)) return undefined // names nothing, and must not name a path
      const content = await readIfThere(pathOf(hash))
      if (content && hashOf(content) !== hash) throw unusable(pathOf(hash), 'its content was changed')
      return content && new Uint8Array(content)
    },
  }
}

const hashOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

async function isThere(path: string, bytes: number): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes
  } catch {
    return false // whatever is wrong, writing will tell
  }
}
