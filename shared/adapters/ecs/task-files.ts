import { gzipSync } from 'node:zlib'
import type { ContainerDefinition } from '@aws-sdk/client-ecs'
import { secretReference } from '../../domain/secret-text.ts'
import type { MountedFile, ServiceSpec } from '../../domain/spec.ts'
import type { Blobs } from '../../ports/blobs.ts'
import type { EcsOptions } from './ecs-options.ts'
import { type PlacedFile, placesOf } from './files-place.ts'
import { NotStored, type TaskEnvironment, valueFrom } from './task-environment.ts'

/** As Compose has it: readable by everybody in the container, writable by nobody. */
const DEFAULT_MODE = 0o444

/**
 * What the files' container runs, for each file: path, variable, owner, mode. A secret's variable is its text, whatever is in it; a config's
 * is packed, so that it may be binary and three times as large.
 */
const WRITE = `set -eu
while [ $# -gt 0 ]; do
  mkdir -p "\${1%/*}"
  eval "content=\\$$2"
  case $2 in
    PACKED*) printf %s "$content" | base64 -d | gunzip >"$1" ;;
    *) printf %s "$content" >"$1" ;;
  esac
  chown "$3" "$1"
  chmod "$4" "$1"
  shift 4
done`

/** Volumes stand here in the files' container, where they hide nothing of its own. */
const atIn = (volume: string): string => `/files/${volume}`

const variableOf = ({ secret }: MountedFile, index: number): string => `${secret === undefined ? 'PACKED' : 'TEXT'}_${index + 1}`

/** The contents of its configs by the variable that holds them, ready for a task definition. @throws NotStored */
export async function packedContents(blobs: Pick<Blobs, 'get'>, spec: ServiceSpec): Promise<TaskEnvironment['plain']> {
  const packed: Record<string, string> = {}
  for (const [index, { file }] of placesOf(spec).entries()) {
    if (file.secret !== undefined) continue
    const content = file.content === undefined ? undefined : await blobs.get(file.content)
    if (!content) throw new NotStored(`the content of ${file.kind} ${file.name} is not stored`)
    packed[variableOf(file, index)] = gzipSync(content, { level: 9 }).toString('base64')
  }
  return packed
}

/** What the files' container is given. @throws NotStored */
export async function filesEnvironment(
  { secrets, blobs }: Pick<EcsOptions, 'secrets' | 'blobs'>,
  stack: string,
  spec: ServiceSpec,
): Promise<TaskEnvironment> {
  const secret: Record<string, string> = {}
  for (const [index, { file }] of placesOf(spec).entries())
    if (file.secret !== undefined) secret[variableOf(file, index)] = await valueFrom(secrets, stack, spec, secretReference(file.secret))
  return { plain: await packedContents(blobs, spec), secret }
}

/** Writes the files into the task's volumes and ends; as root, since owners are given away. */
export function filesDefinition(image: string, spec: ServiceSpec, { plain, secret }: TaskEnvironment): ContainerDefinition {
  const places = placesOf(spec)
  return {
    image,
    essential: false,
    user: '0',
    readonlyRootFilesystem: !spec.exec, // the agent of ECS Exec comes into every container of its task, and writes there
    command: ['sh', '-c', WRITE, 'files', ...places.flatMap(wordsOf)],
    environment: Object.entries(plain).map(([name, value]) => ({ name, value })),
    secrets: Object.entries(secret).map(([name, valueFrom]) => ({ name, valueFrom })),
    mountPoints: [...new Set(places.map(({ volume }) => volume))].map(volume => ({ sourceVolume: volume, containerPath: atIn(volume) })),
  }
}

const wordsOf = ({ file, volume, path }: PlacedFile, index: number): readonly string[] => [
  `${atIn(volume)}/${path}`,
  variableOf(file, index),
  `${file.uid ?? 0}:${file.gid ?? 0}`,
  (file.mode ?? DEFAULT_MODE).toString(8).padStart(4, '0'),
]
