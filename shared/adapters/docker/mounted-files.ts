import { posix } from 'node:path'
import type Dockerode from 'dockerode'
import type { MountedFile, ServiceSpec } from '../../domain/spec.ts'
import type { Blobs } from '../../ports/blobs.ts'
import { ifThere } from './engine-errors.ts'
import { NotThere } from './mounts.ts'
import type { SecretValues } from './secret-values.ts'
import { type TarEntry, tarOf } from './tar.ts'

/** As Compose and Swarm have them: readable by everybody in the container, writable by nobody. */
const DEFAULT_MODE = 0o444
const TO_MODE = 0o755

const targetOf = (file: MountedFile): string => posix.normalize(posix.join('/', file.target))

/**
 * The engine puts files into a read-only root only where a volume lies, so each folder that gets one has an anonymous volume, which goes
 * with its container. The root itself cannot be one. @throws NotThere
 */
export function foldersToOpen(spec: ServiceSpec): readonly string[] {
  if (!spec.readOnly) return []
  const mounted = new Set(spec.volumes.map(volume => posix.normalize(volume.target)))
  const folders = [...new Set(spec.files.map(file => posix.dirname(targetOf(file))))]
  if (folders.includes('/')) {
    throw new NotThere(
      `a read_only service cannot get the file ${spec.files.map(targetOf).find(target => posix.dirname(target) === '/')}: give it a target in a folder`,
    )
  }
  return folders.filter(folder => !mounted.has(folder))
}

/**
 * Writes configs and secrets into a container that is created and not started: they never lie in a file of the host (invariant 9).
 * @throws NotThere when a config's content is gone; the engine's error
 */
export async function putFiles(
  container: Dockerode.Container,
  spec: ServiceSpec,
  blobs: Pick<Blobs, 'get'>,
  values: SecretValues,
): Promise<void> {
  const byFolder = Map.groupBy(spec.files, file => posix.dirname(targetOf(file)))
  for (const [folder, files] of byFolder) {
    const base = await deepestFolder(container, folder)
    const inside = posix.relative(base, folder)
    const entries: TarEntry[] = foldersOf(inside).map(path => ({ path, type: 'directory', mode: TO_MODE }))
    for (const file of files) entries.push(await entryOf(file, inside, blobs, values))
    await container.putArchive(tarOf(entries), { path: base })
  }
}

async function entryOf(file: MountedFile, folder: string, blobs: Pick<Blobs, 'get'>, values: SecretValues): Promise<TarEntry> {
  return {
    path: posix.join(folder, posix.basename(targetOf(file))),
    type: 'file',
    content: file.secret === undefined ? await contentOf(file, blobs) : Buffer.from(values.value(file.secret)),
    mode: file.mode ?? DEFAULT_MODE,
    uid: numberOf(file.uid, file),
    gid: numberOf(file.gid, file),
  }
}

async function contentOf(file: MountedFile, blobs: Pick<Blobs, 'get'>): Promise<Uint8Array> {
  const content = file.content === undefined ? undefined : await blobs.get(file.content)
  if (!content) throw new NotThere(`the content of ${file.kind} ${file.name} is not stored`)
  return content
}

function numberOf(text: string | undefined, file: MountedFile): number {
  const id = Number(text ?? 0)
  if (!Number.isInteger(id) || id < 0) throw new NotThere(`${file.kind} ${file.name}: uid and gid are numbers, not ${text}`)
  return id
}

/** Only folders that are missing are made: an entry for one that is there would change its mode (/tmp). */
async function deepestFolder(container: Dockerode.Container, folder: string): Promise<string> {
  for (let path = folder; path !== '/'; path = posix.dirname(path)) {
    if (await ifThere(container.infoArchive({ path }) as Promise<unknown>)) return path
  }
  return '/'
}

const foldersOf = (path: string): readonly string[] => {
  const parts = path.split('/').filter(Boolean)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
