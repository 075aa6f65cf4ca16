import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CodedError } from '../../domain/errors.ts'

/**
 * Writes the whole file so that a reader, a crash or a power loss sees the old content or the new, never a part. Readable by its owner only.
 * @throws CodedError LS-STORAGE
 */
export async function writeDurably(path: string, content: Uint8Array): Promise<void> {
  const folder = dirname(path)
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncFolder(folder)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined) // the first error is the one to tell
    throw unusable(path, error)
  }
}

/** Undefined when there is no such file. @throws CodedError LS-STORAGE */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(path, error)
  }
}

/** The rename itself is durable only once its folder is; Windows has no such call and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export const unusable = (path: string, cause: unknown): CodedError =>
  new CodedError('LS-STORAGE', `${path} cannot be used (${cause instanceof Error ? cause.message : String(cause)})`, { cause })
