import type Dockerode from 'dockerode'
import type { MountSettings } from 'dockerode'
import type { Mount, ServiceSpec } from '../../domain/spec.ts'
import { ifThere } from './engine-errors.ts'
import { stackLabels } from './labels.ts'

/** A bind as a string makes the engine create a missing folder, as Compose does; a path with a colon cannot be said that way. */
const saysAsBind = (mount: Mount): boolean => mount.type === 'bind' && !`${mount.source}${mount.target}`.includes(':')

export const bindsOf = (mounts: readonly Mount[]): string[] =>
  mounts.filter(saysAsBind).map(mount => `${mount.source}:${mount.target}:${mount.readOnly ? 'ro' : 'rw'}`)

export const mountsOf = (mounts: readonly Mount[]): MountSettings[] =>
  mounts
    .filter(mount => !saysAsBind(mount))
    .map(mount => ({
      Type: mount.type,
      Source: mount.source ?? '',
      Target: mount.target,
      ReadOnly: mount.readOnly,
      ...(mount.type === 'tmpfs' && mount.sizeBytes ? { TmpfsOptions: { SizeBytes: mount.sizeBytes, Mode: 0o1777 } } : {}),
    }))

/** An external volume that is not there: the spec asks for something that only its author can make. */
export class NotThere extends Error {
  override readonly name = 'NotThere'
}

/** Makes the named volumes that are missing, labelled as the stack's. @throws NotThere for an external one */
export async function ensureVolumes(docker: Dockerode, installation: string, stack: string, spec: ServiceSpec): Promise<void> {
  const named = spec.volumes.filter(mount => mount.type === 'volume' && mount.source)
  for (const mount of named) {
    if (await ifThere(docker.getVolume(mount.source!).inspect())) continue
    if (mount.external) throw new NotThere(`volume ${mount.source} is external and does not exist: docker volume create ${mount.source}`)
    await docker.createVolume({ Name: mount.source!, Labels: stackLabels(installation, stack) })
  }
}
