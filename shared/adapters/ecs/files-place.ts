import { posix } from 'node:path'
import type { Mount, MountedFile, ServiceSpec } from '../../domain/spec.ts'

/** Where Compose puts secrets: a volume of the task's own, whether or not the file names one. */
export const SECRETS_FOLDER = '/run/secrets'

/** Volumes are the task's own storage; `fit.ts` refuses those that would have to outlive it. */
export const volumesOf = (spec: ServiceSpec): readonly { readonly name: string; readonly mount: Mount }[] =>
  spec.volumes.filter(mount => mount.type === 'volume').map((mount, index) => ({ name: `volume-${index + 1}`, mount }))

const pathOf = ({ target }: { readonly target: string }): string => posix.normalize(posix.join('/', target)).replace(/(?!^)\/$/, '')

/** A file in a volume of the task; `path` counts from there. */
export type PlacedFile = { readonly file: MountedFile; readonly volume: string; readonly path: string }

export const SECRETS_VOLUME = 'secrets'

/**
 * A task has no single files, only volumes, and a volume hides what the image has in its folder. So a file lies in a folder that the Compose
 * file calls the service's own: a volume of it, or that of secrets. Undefined: it lies in none.
 */
export function placeOf(spec: ServiceSpec, file: MountedFile): PlacedFile | undefined {
  const target = pathOf(file)
  const others = spec.volumes.filter(mount => mount.type !== 'volume').map(mount => ({ at: pathOf(mount), name: undefined }))
  const own = volumesOf(spec).map(({ name, mount }) => ({ at: pathOf(mount), name }))
  const around = [{ at: SECRETS_FOLDER, name: SECRETS_VOLUME }, ...others, ...own].filter(({ at }) => target.startsWith(`${at}/`))
  const deepest = around.toSorted((a, b) => a.at.length - b.at.length).at(-1) // of two at one place the file's own
  if (deepest?.name === undefined) return undefined
  return { file, volume: deepest.name, path: posix.relative(deepest.at, target) }
}

export const placesOf = (spec: ServiceSpec): readonly PlacedFile[] => spec.files.flatMap(file => placeOf(spec, file) ?? [])

/** Why ECS cannot give a task this file; undefined: it can. */
export function whyNotPlaced(spec: ServiceSpec, file: MountedFile): string | undefined {
  const number = [file.uid, file.gid].find(id => id !== undefined && !/^\d+$/.test(id))
  if (number !== undefined) return `uid and gid are numbers, not ${number}`
  if (placeOf(spec, file)) return undefined
  const folder = posix.dirname(pathOf(file))
  const where = `give it a target below ${SECRETS_FOLDER}`
  if (folder === '/') return `a task on ECS gets folders, no single files, and ${file.target} would be in the root folder: ${where}`
  return `a task on ECS gets folders, no single files, and one at ${folder} would hide what the image has there: make it the service's own, which begins empty (volumes: [${folder}]), or ${where}`
}
