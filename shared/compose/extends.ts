import { hostPath } from './context.ts'
import { Cursor } from './cursor.ts'
import { mergeServices } from './merge-files.ts'
import { type Entry, isNull, type Mapping, type Node } from './node.ts'

/** Opens another file as a tree; the cursor is what names it. */
export type Open = (path: string, named: Cursor) => Mapping

function servicesOf(tree: Mapping): ReadonlyMap<string, Entry> {
  const services = tree.entries.get('services')?.node
  return services?.kind === 'map' ? services.entries : new Map()
}

function readExtends(cursor: Cursor): { readonly service: string; readonly file?: Cursor } {
  if (cursor.isScalar) return { service: cursor.text() }
  const { service, file } = cursor.fields(['service', 'file'])
  return { service: service?.text() ?? cursor.fail('"extends" needs a service'), ...(file && { file }) }
}

const without = (mapping: Mapping, key: string): Mapping => ({
  ...mapping,
  entries: new Map([...mapping.entries].filter(([other]) => other !== key)),
})

/** @param way the services that led here, as `name of file` */
function extended(tree: Mapping, name: string, open: Open, way: readonly string[]): Node {
  const { node, spot } = servicesOf(tree).get(name)!
  const asked = node.kind === 'map' ? node.entries.get('extends') : undefined
  if (node.kind !== 'map' || !asked) return node
  const own = without(node, 'extends')
  if (isNull(asked.node)) return own
  const cursor = new Cursor(asked.node, ['services', name, 'extends'], asked.spot)
  const here = `${name} of ${spot.file}`
  if (way.includes(here)) {
    const circle = [...way.slice(way.indexOf(here)), here].join(' → ')
    cursor.fail(`services extend each other in a circle: ${circle}`, { code: 'LS-COMPOSE-CYCLE' })
  }
  const { service, file } = readExtends(cursor)
  const from = file ? open(hostPath(file), file) : tree
  const there = [...servicesOf(from).keys()]
  if (!there.includes(service)) {
    const hint = there.length ? `it has ${there.join(', ')}` : 'it has no services'
    cursor.fail(`"${name}" extends "${service}", which is no service of ${file ? hostPath(file) : spot.file}`, { hint })
  }
  return mergeServices(extended(from, service, open, [...way, here]), own, name)
}

/**
 * One file's tree with every `extends` resolved (Compose's rules): the service merged over the one that it extends, which may extend
 * others, of this file or of another one.
 * @throws CodedError LS-COMPOSE-CYCLE, LS-COMPOSE-VALUE, LS-COMPOSE-KEY, LS-COMPOSE-FILE
 */
export function withExtends(tree: Mapping, open: Open): Mapping {
  const services = tree.entries.get('services')
  if (services?.node.kind !== 'map') return tree
  const resolved = [...services.node.entries].map(([name, entry]) => [name, { ...entry, node: extended(tree, name, open, []) }] as const)
  const node: Mapping = { ...services.node, entries: new Map(resolved) }
  return { ...tree, entries: new Map([...tree.entries, ['services', { ...services, node }]]) }
}
