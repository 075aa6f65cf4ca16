import { dirname } from 'node:path'
import { hostPath } from './context.ts'
import { Cursor } from './cursor.ts'
import { spelled } from './merge-files.ts'
import { type Entry, type Mapping, nullAt } from './node.ts'

/** One entry of `include`: files that make a model of their own, merged in order. Paths are absolute. */
export type Include = {
  readonly cursor: Cursor
  readonly files: readonly string[]
  readonly folder: string
  /** Absent: `.env` of the folder, if there is one. */
  readonly envFiles?: readonly string[]
}

function included(cursor: Cursor): string {
  if (/^(https?|git|ssh|oci):\/\/|^git@/.test(cursor.text()))
    cursor.fail(`"${cursor.text()}": including from elsewhere is not supported yet`)
  return hostPath(cursor)
}

function readInclude(item: Cursor): Include {
  if (item.isScalar) return { cursor: item, files: [included(item)], folder: dirname(included(item)) }
  const { path, project_directory, env_file } = item.fields(['path', 'project_directory', 'env_file'])
  const files = (path ?? item.fail('an include needs a path')).itemsOrOne().map(included)
  const [first] = files
  return {
    cursor: item,
    files,
    folder: project_directory ? hostPath(project_directory) : dirname(first ?? item.fail('an include needs a path')),
    ...(env_file && { envFiles: env_file.itemsOrOne().map(file => hostPath(file)) }),
  }
}

/** What a file includes. @throws CodedError LS-COMPOSE-VALUE, LS-COMPOSE-KEY */
export function readIncludes(tree: Mapping): readonly Include[] {
  const entry = tree.entries.get('include')
  return entry ? new Cursor(entry.node, ['include'], entry.spot).items().map(readInclude) : []
}

const IMPORTED = ['services', 'networks', 'volumes', 'configs', 'secrets'] as const

/** Two that say the same are one; where relative paths may stand in them, only if those count from the same folder. */
function isSame(kind: (typeof IMPORTED)[number], a: Entry, b: Entry): boolean {
  if (spelled(a.node) !== spelled(b.node)) return false
  return kind === 'networks' || kind === 'volumes' || a.node.spot.origin.folder === b.node.spot.origin.folder
}

/**
 * The tree with an included model's resources beside its own, and without its `include`. They do not merge: who wants to change what an
 * included file says lists another file in the include's path, or gives a second -f file.
 * @throws CodedError LS-COMPOSE-VALUE when both name a resource and say different things of it
 */
export function importInto(tree: Mapping, model: Mapping, cursor: Cursor): Mapping {
  const entries = new Map([...tree.entries].filter(([key]) => key !== 'include'))
  for (const kind of IMPORTED) {
    const more = model.entries.get(kind)
    if (more?.node.kind !== 'map') continue
    const own = entries.get(kind) ?? { spot: more.spot, node: nullAt(more.spot) }
    const both = new Map(own.node.kind === 'map' ? own.node.entries : [])
    for (const [name, entry] of more.node.entries) {
      const before = both.get(name)
      if (before && !isSame(kind, before, entry)) {
        const other = `${before.spot.file}:${before.spot.line}`
        cursor.fail(`${kind}.${name} of ${entry.spot.file}:${entry.spot.line}, which is included here, is ${other} too`, {
          hint: "an override goes into a further file of the include's path, or into a second -f file",
        })
      }
      if (!before) both.set(name, entry)
    }
    entries.set(kind, { ...own, node: { kind: 'map', spot: own.node.spot, entries: both } })
  }
  return { ...tree, entries }
}
