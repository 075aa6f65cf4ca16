import type { Mount } from '../domain/spec.ts'
import { boolean, bytes, oneOf } from './amounts.ts'
import { type Context, hostPath } from './context.ts'
import type { Cursor } from './cursor.ts'
import { isHostPath, splitMount } from './mount-text.ts'
import { engineName, noteExtension, readEngineName, readExternal } from './networks.ts'

/** A mount, and the names by which `x-longshore.volumes` may speak of it. */
type Named = { readonly mount: Mount; readonly names: readonly string[]; readonly cursor: Cursor }

function mountTarget(cursor: Cursor, target: string): string {
  if (!target.startsWith('/')) cursor.fail(`"${target}" is not an absolute path in the container`)
  return target.length > 1 ? target.replace(/\/+$/, '') || '/' : target
}

/** A top-level volume as the engine knows it. */
export function readVolume(context: Context, key: string, cursor: Cursor): Pick<Mount, 'source' | 'external'> {
  const fields = cursor.fields(['name', 'external', 'driver'], ext => noteExtension(context, ext))
  if (fields.driver && fields.driver.text() !== 'local') {
    fields.driver.fail(`the volume driver "${fields.driver.text()}" is not supported; local is`)
  }
  const external = readExternal(fields.external)
  const name = fields.name ? readEngineName(fields.name) : external.name
  const source = engineName(context.stack, key, { isExternal: external.isExternal, ...(name && { name }) })
  return { source, ...(external.isExternal && { external: true }) }
}

function volume(context: Context, cursor: Cursor, key: string): Pick<Mount, 'source' | 'external'> {
  const declared = context.volumes.get(key)
  return declared ? readVolume(context, key, declared) : cursor.fail(`there is no volume "${key}" under the top-level volumes`)
}

/** `ro`, `rw`, and SELinux's marks, which the person hears about. */
function isReadOnly(context: Context, cursor: Cursor, mode: string | undefined): boolean {
  const options = mode === undefined ? [] : mode.split(',')
  for (const option of options) {
    if (option === 'z' || option === 'Z') context.note({ place: cursor.place, text: `the SELinux mark "${option}" has no effect` })
    else if (option !== 'ro' && option !== 'rw') cursor.fail(`the mount option "${option}" is not supported; ro and rw are`)
  }
  return options.includes('ro')
}

function shortMount(context: Context, cursor: Cursor): Named {
  const { source, target: written, mode } = splitMount(cursor.text())
  const target = mountTarget(cursor, written)
  const common = { target, readOnly: isReadOnly(context, cursor, mode) }
  if (source === undefined) return { cursor, names: [target], mount: { type: 'volume', ...common } }
  if (source === '') cursor.fail(`"${cursor.text()}" has an empty source`)
  const isBind = isHostPath(source)
  const mount: Mount = isBind
    ? { type: 'bind', source: hostPath(cursor, source), ...common }
    : { type: 'volume', ...volume(context, cursor, source), ...common }
  return { cursor, names: [source, target], mount }
}

const LONG_KEYS = ['type', 'source', 'target', 'read_only', 'consistency', 'bind', 'volume', 'tmpfs'] as const

function longMount(context: Context, cursor: Cursor): Named {
  const fields = cursor.fields(LONG_KEYS, ext => noteExtension(context, ext))
  const type = oneOf(fields.type ?? cursor.fail('a mount needs a type'), ['volume', 'bind', 'tmpfs'])
  const target = mountTarget(fields.target ?? cursor, (fields.target ?? cursor.fail('a mount needs a target')).text())
  const common = { type, target, readOnly: fields.read_only ? boolean(fields.read_only) : false }
  const foreign = (['bind', 'volume', 'tmpfs'] as const).find(key => key !== type && fields[key])
  if (foreign) fields[foreign]!.fail(`"${foreign}" does not fit a mount of type ${type}`)
  if (fields.consistency) context.note({ place: fields.consistency.place, text: '"consistency" has no effect' })
  const source = fields.source?.text()
  if (type === 'tmpfs') {
    if (fields.source) fields.source.fail('a tmpfs has no source')
    const size = fields.tmpfs?.fields(['size']).size
    const sizeBytes = size && bytes(size)
    return { cursor, names: [target], mount: { ...common, ...(sizeBytes && { sizeBytes }) } }
  }
  const names = source === undefined ? [target] : [source, target]
  if (type === 'bind') return { cursor, names, mount: { ...common, source: bindSource(context, cursor, fields) } }
  fields.volume?.fields([])
  return { cursor, names, mount: { ...common, ...(source ? volume(context, fields.source!, source) : {}) } }
}

function bindSource(context: Context, cursor: Cursor, fields: { readonly source?: Cursor; readonly bind?: Cursor }): string {
  const create = fields.bind?.fields(['create_host_path']).create_host_path
  if (create && !boolean(create)) {
    context.note({ place: create.place, text: 'create_host_path: false has no effect; whether a missing path is made is up to the engine' })
  }
  return hostPath(fields.source ?? cursor.fail('a bind mount needs a source'))
}

/** `tmpfs`, the service's own key: a path, or several; its options are not supported. */
function tmpfsMount(cursor: Cursor): Named {
  const text = cursor.text()
  if (text.includes(':')) cursor.fail(`"${text}": options are not supported here`, { hint: 'a volume of type tmpfs takes a size' })
  const target = mountTarget(cursor, text)
  return { cursor, names: [target], mount: { type: 'tmpfs', target, readOnly: false } }
}

type Fields = { readonly volumes?: Cursor; readonly tmpfs?: Cursor; readonly shared?: Cursor }

/** The names under `x-longshore.volumes` that several revisions may write at once (E8). */
function sharedNames(cursor: Cursor | undefined, all: readonly Named[]): ReadonlySet<string> {
  const shared = new Set<string>()
  for (const [name, value] of cursor?.entries() ?? []) {
    if (!all.some(one => one.names.includes(name))) value.fail(`the service mounts nothing named "${name}"`)
    const flag = value.fields(['shared']).shared
    if (flag && boolean(flag)) shared.add(name)
  }
  return shared
}

/** Every mount of a service, `volumes` and `tmpfs`. Two at one place are refused. */
export function readMounts(context: Context, fields: Fields): Mount[] {
  const listed = fields.volumes?.items().map(item => (item.isScalar ? shortMount(context, item) : longMount(context, item))) ?? []
  const all = [...listed, ...(fields.tmpfs?.itemsOrOne().map(tmpfsMount) ?? [])]
  const shared = sharedNames(fields.shared, all)
  const taken = new Set<string>()
  return all.map(({ mount, names, cursor }) => {
    if (taken.has(mount.target)) cursor.fail(`two mounts are at ${mount.target}`)
    taken.add(mount.target)
    return names.some(name => shared.has(name)) ? { ...mount, shared: true } : mount
  })
}
