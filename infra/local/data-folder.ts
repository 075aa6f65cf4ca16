import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Installation } from '../../shared/domain/task-id.ts'
import type { Tokens } from '../../shared/ports/tokens.ts'

/** The folder that a laptop's installation lives in: log, blobs, secrets, tasks, and how the CLI finds the host. */
export type DataFolder = {
  readonly path: string
  readonly installation: Installation
  readonly token: string
  readonly tokens: Tokens
  /** For the CLI: where the API answers. */
  publish(host: { readonly url: string; readonly pid: number }): Promise<void>
  unpublish(): Promise<void>
}

/** Called by the holder of the database's lock only (invariant 12). Makes identity and token at the first start. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  const installation = JSON.parse(
    await once(join(path, 'installation.json'), () => JSON.stringify({ id: randomUUID().slice(0, 8), epoch: 1 })),
  ) as Installation
  const token = (await once(join(path, 'token'), () => randomBytes(32).toString('base64url'))).trim()
  const hostFile = join(path, 'host.json')
  const isEqual = equalTo(token)
  return {
    path,
    installation,
    token,
    tokens: { actorOf: async given => (isEqual(given) ? 'token local' : undefined) },
    publish: host => writeFile(hostFile, JSON.stringify(host), { mode: 0o600 }),
    unpublish: () => rm(hostFile, { force: true }),
  }
}

/** The file's text; made with mode 600 when it is not there. */
async function once(path: string, make: () => string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const text = make()
    await writeFile(path, text, { mode: 0o600, flag: 'wx' })
    return text
  }
}

/** Takes as long for every token of the same length. */
function equalTo(token: string): (given: string) => boolean {
  const wanted = Buffer.from(token)
  return given => {
    const bytes = Buffer.from(given)
    return bytes.length === wanted.length && timingSafeEqual(bytes, wanted)
  }
}
