import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The kernel keeps 108 bytes for a socket's name (104 on macOS), and silently cuts longer ones off on some systems. */
const MAX_BYTES = 100

export type SocketPath = { readonly path: string; remove(): Promise<void> }

/**
 * Where the embedded database listens: in `folder`, which only its owner may enter; when that name is too long, in a fresh folder of the
 * same kind among the temporary ones; on Windows a named pipe. Call it only with the folder's lock in hand: a socket left by a killed host
 * is removed.
 */
export async function claimSocketPath(folder: string, platform: NodeJS.Platform = process.platform): Promise<SocketPath> {
  if (platform === 'win32') return { path: `\\\\.\\pipe\\longshore-${randomUUID()}`, remove: async () => undefined }
  const inside = join(folder, 'api.sock')
  if (Buffer.byteLength(inside) <= MAX_BYTES) {
    await rm(inside, { force: true })
    return { path: inside, remove: () => rm(inside, { force: true }) }
  }
  const path = join(await mkdtemp(join(tmpdir(), 'longshore-')), 'api.sock')
  return { path, remove: () => rm(dirname(path), { recursive: true, force: true }) }
}
