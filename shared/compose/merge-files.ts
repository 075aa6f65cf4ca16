import { CodedError } from '../domain/errors.ts'
import { splitMount } from './mount-text.ts'
import { asMapping, type Entry, isNull, type List, type Mapping, type Node, type Origin, placeOf, type Scalar, textOf } from './node.ts'

/**
 * How two files' values at one path become one, where that is not "mappings merge, lists append, all else is replaced" (Compose's merge
 * rules). `replace`: the later stands. `assignments`, `names`: lists that mean mappings. `target`: items with the same mount point
 * replace each other. `set`: equal items stand once. `many`: a single value means a list of one.
 */
type Rule = 'replace' | 'assignments' | 'names' | 'target' | 'set' | 'many' | 'build'

const RULES: readonly (readonly [path: string, rule: Rule])[] = [
  ['services.*.command', 'replace'],
  ['services.*.entrypoint', 'replace'],
  ['services.*.healthcheck.test', 'replace'],
  ['services.*.x-longshore.process.command', 'replace'],
  ['services.*.environment', 'assignments'],
  ['services.*.labels', 'assignments'],
  ['services.*.deploy.labels', 'assignments'],
  ['services.*.build.args', 'assignments'],
  ['services.*.x-longshore.process.environment', 'assignments'],
  ['services.*.depends_on', 'names'],
  ['services.*.networks', 'names'],
  ['services.*.volumes', 'target'],
  ['services.*.configs', 'target'],
  ['services.*.secrets', 'target'],
  ['services.*.ports', 'set'],
  ['services.*.expose', 'set'],
  ['services.*.cap_add', 'set'],
  ['services.*.cap_drop', 'set'],
  ['services.*.profiles', 'set'],
  ['services.*.env_file', 'many'],
  ['services.*.tmpfs', 'many'],
  ['services.*.build', 'build'],
]

function ruleFor(path: readonly string[]): Rule | undefined {
  const fits = (pattern: readonly string[]) =>
    pattern.length === path.length && pattern.every((step, i) => step === '*' || step === path[i])
  return RULES.find(([pattern]) => fits(pattern.split('.')))?.[1]
}

const listOf = (node: Node): Node => (node.kind === 'scalar' && !isNull(node) ? { kind: 'list', spot: node.spot, items: [node] } : node)

function buildMapping(node: Node): Node {
  if (node.kind !== 'scalar' || isNull(node)) return node
  return { kind: 'map', spot: node.spot, entries: new Map([['context', { spot: node.spot, node }]]) }
}

function shaped(node: Node, rule: Rule | undefined): Node {
  if (rule === 'assignments' || rule === 'names') return asMapping(node, rule) ?? node
  if (rule === 'many') return listOf(node)
  return rule === 'build' ? buildMapping(node) : node
}

/** Where a mount of either spelling goes; two with the same answer are the same mount. */
function mountPoint(item: Node): string {
  if (item.kind === 'map') {
    const named = item.entries.get('target')?.node ?? item.entries.get('source')?.node
    return named?.kind === 'scalar' ? textOf(named.pieces) : ''
  }
  return item.kind === 'scalar' ? splitMount(textOf(item.pieces)).target : ''
}

/** What is written, wherever it stands. */
export const spelled = (node: Node): string =>
  JSON.stringify(node, (key, value) => (key === 'spot' ? undefined : value instanceof Map ? [...value.entries()] : value))

function mergeLists(base: List, over: List, rule: Rule | undefined): List {
  const identity = rule === 'target' ? mountPoint : rule === 'set' ? spelled : undefined
  if (!identity) return { ...base, items: [...base.items, ...over.items] }
  const replaced = new Set(over.items.map(identity))
  return { ...base, items: [...base.items.filter(item => !replaced.has(identity(item))), ...over.items] }
}

function mergeMappings(base: Mapping, over: Mapping, path: readonly string[]): Mapping {
  const entries = new Map<string, Entry>(base.entries)
  for (const [key, entry] of over.entries) {
    const before = base.entries.get(key)
    entries.set(key, before ? { spot: entry.spot, node: mergeNodes(before.node, entry.node, [...path, key]) } : entry)
  }
  return { ...base, entries }
}

/** A variable without value (`KEY:` under environment) is a value of its own: "from the caller"; elsewhere nothing replaces nothing. */
const isMeantNull = (path: readonly string[]): boolean => ruleFor(path.slice(0, -1)) === 'assignments'

function mergeNodes(before: Node, after: Node, path: readonly string[]): Node {
  if (after.tag || before.tag === 'reset') return after
  const rule = ruleFor(path)
  if (rule === 'replace' || isMeantNull(path)) return isNull(after) && rule === 'replace' ? before : after
  if (isNull(after)) return before
  if (isNull(before)) return after
  const base = shaped(before, rule)
  const over = shaped(after, rule)
  if (base.kind === 'map' && over.kind === 'map') return mergeMappings(base, over, path)
  if (base.kind === 'list' && over.kind === 'list') return mergeLists(base, over, rule)
  if (base.kind === 'scalar' && over.kind === 'scalar') return over
  const message = `a ${wordFor(over)} cannot be merged into the ${wordFor(base)} of ${before.spot.file}:${before.spot.line}`
  throw new CodedError('LS-COMPOSE-VALUE', message, { place: placeOf(after.spot, path.join('.')) })
}

const wordFor = (node: List | Mapping | Scalar): string => ({ scalar: 'single value', list: 'list', map: 'mapping' })[node.kind]

/** A service over the one that it extends, by the rules of files over files. @throws CodedError LS-COMPOSE-VALUE */
export const mergeServices = (base: Node, over: Node, name: string): Node => mergeNodes(base, over, ['services', name])

/** Takes out what is tagged `!reset`. */
function withoutResets(node: Node): Node {
  if (node.kind === 'list') return { ...node, items: node.items.filter(item => item.tag !== 'reset').map(withoutResets) }
  if (node.kind === 'scalar') return node
  const kept = [...node.entries].filter(([, entry]) => entry.node.tag !== 'reset')
  return { ...node, entries: new Map(kept.map(([key, entry]) => [key, { ...entry, node: withoutResets(entry.node) }])) }
}

/**
 * One tree of several, later ones winning by Compose's merge rules; each value keeps the place where it was written.
 * @throws CodedError LS-COMPOSE-VALUE where a list meets a mapping
 */
export function mergeFiles(layers: readonly Mapping[], origin: Origin): Mapping {
  const [first, ...rest] = layers
  const empty: Mapping = { kind: 'map', spot: { file: '', line: 1, column: 1, origin }, entries: new Map() }
  return withoutResets(rest.reduce((base, layer) => mergeMappings(base, layer, []), first ?? empty)) as Mapping
}
