import { type Alias, type Document, isAlias, isMap, isPair, isScalar, isSeq, type LineCounter, type ParsedNode, visit } from 'yaml'
import { CodedError, type Place } from '../domain/errors.ts'
import { interpolate, type Scope } from './interpolate.ts'
import { type Entry, type Mapping, type MergeTag, type Node, nullAt, type Origin, placeOf, type Scalar, type Spot } from './node.ts'

/** One YAML document of a Compose file. */
export type Source = { readonly file: string; readonly document: Document.Parsed; readonly lines: LineCounter }
export type TreeScope = { readonly origin: Origin; readonly note: (text: string, place: Place) => void }

/** Aliases can make a small file grow without bound. */
const MOST_NODES = 200_000
const MERGE_TAGS: Readonly<Record<string, MergeTag>> = { '!reset': 'reset', '!override': 'override' }
const CORE_TAG = /^(!$|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$)/

/** Every alias with what it names: the latest node of that anchor before it. */
function resolveAliases(document: Document.Parsed): ReadonlyMap<Alias, ParsedNode> {
  const anchors = new Map<string, ParsedNode>()
  const aliases = new Map<Alias, ParsedNode>()
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const named = anchors.get(node.source)
        if (named) aliases.set(node, named)
      } else if (node.anchor) anchors.set(node.anchor, node as ParsedNode)
    },
  })
  return aliases
}

type Pair = { readonly key: unknown; readonly value: ParsedNode | null }

class Tree {
  readonly #source: Source
  readonly #scope: TreeScope
  readonly #aliases: ReadonlyMap<Alias, ParsedNode>
  readonly #open = new Set<ParsedNode>()
  #count = 0

  constructor(source: Source, scope: TreeScope) {
    this.#source = source
    this.#scope = scope
    this.#aliases = resolveAliases(source.document)
  }

  #spot(offset: number): Spot {
    const { line, col } = this.#source.lines.linePos(offset)
    return { file: this.#source.file, line, column: col, origin: this.#scope.origin }
  }

  #fail(message: string, spot: Spot): never {
    throw new CodedError('LS-COMPOSE-SYNTAX', message, { place: placeOf(spot) })
  }

  node(yaml: ParsedNode, isRoot = false): Node {
    const spot = this.#spot(yaml.range[0])
    if (++this.#count > MOST_NODES) this.#fail(`the file grows to more than ${MOST_NODES} values by its aliases`, spot)
    if (isAlias(yaml)) {
      const named = this.#aliases.get(yaml)
      if (!named) this.#fail(`no anchor &${yaml.source} stands before its alias`, spot)
      if (this.#open.has(named)) this.#fail(`the anchor &${yaml.source} contains itself`, spot)
      return this.node(named)
    }
    const tag = yaml.tag ? MERGE_TAGS[yaml.tag] : undefined
    if (yaml.tag && !tag && !CORE_TAG.test(yaml.tag)) this.#fail(`the tag ${yaml.tag} is not supported`, spot)
    this.#open.add(yaml)
    const node = this.#content(yaml, spot, isRoot)
    this.#open.delete(yaml)
    return tag ? { ...node, tag } : node
  }

  #content(yaml: ParsedNode, spot: Spot, isRoot: boolean): Node {
    if (isMap(yaml)) return this.#mapping(yaml.items as readonly Pair[], spot, isRoot)
    if (isSeq(yaml)) {
      const items = yaml.items.map(item => {
        if (isPair(item)) return this.#fail('a list item is not a value', spot)
        return this.node(item as ParsedNode)
      })
      return { kind: 'list', spot, items }
    }
    return this.#scalar(yaml as ParsedNode, spot)
  }

  #scalar(yaml: ParsedNode, spot: Spot): Scalar {
    if (!isScalar(yaml)) return this.#fail('a value is of no kind that Compose knows', spot)
    const { value } = yaml
    if (value === null || value === undefined) return nullAt(spot)
    if (typeof value === 'string') return { kind: 'scalar', spot, type: 'string', pieces: interpolate(value, this.#interpolation(spot)) }
    const type = typeof value === 'boolean' ? 'boolean' : 'number'
    const text = type === 'number' ? (yaml.source ?? String(value)) : String(value)
    return { kind: 'scalar', spot, type, pieces: [{ text }] }
  }

  #interpolation(spot: Spot): Scope {
    return {
      lookup: this.#scope.origin.variable,
      unset: name => this.#scope.note(`variable ${name} is not set; it is taken as empty`, placeOf(spot)),
      fail: (message, hint) => {
        throw new CodedError('LS-COMPOSE-VARIABLE', message, { place: placeOf(spot), ...(hint && { hint }) })
      },
    }
  }

  /** Own keys win; of the merged fragments the earlier one does, and a merge is never deep (YAML's merge key). */
  #mapping(pairs: readonly Pair[], spot: Spot, isRoot: boolean): Mapping {
    const entries = new Map<string, Entry>()
    const fragments: Mapping[] = []
    for (const { key, value } of pairs) {
      if (!isScalar(key)) this.#fail('a key is not plain text', spot)
      const keySpot = this.#spot(key.range![0])
      const name = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value))
      // Extensions are raw material for anchors: what nobody uses is not judged.
      if (isRoot && name.startsWith('x-') && name !== 'x-longshore') continue
      const node = value ? this.node(value) : nullAt(keySpot)
      if (name === '<<' && key.type === 'PLAIN') fragments.push(...this.#fragments(node, keySpot))
      else entries.set(name, { spot: keySpot, node })
    }
    this.#merge(entries, fragments)
    return { kind: 'map', spot, entries }
  }

  #fragments(node: Node, spot: Spot): readonly Mapping[] {
    const all = node.kind === 'list' ? node.items : [node]
    return all.map(one => (one.kind === 'map' ? one : this.#fail('<< takes a mapping or a list of mappings', spot)))
  }

  #merge(entries: Map<string, Entry>, fragments: readonly Mapping[]): void {
    const merged = new Map<string, Entry>()
    for (const fragment of fragments) {
      for (const [key, entry] of fragment.entries) {
        if (entries.has(key)) continue
        const earlier = merged.get(key)
        if (!earlier) merged.set(key, entry)
        else if (earlier !== entry && earlier.node.kind === 'map' && entry.node.kind === 'map') {
          const why = 'YAML merges are shallow, and the earlier fragment wins'
          this.#scope.note(`this "${key}" has no effect: the one in line ${earlier.spot.line} hides it (${why})`, placeOf(entry.spot))
        }
      }
    }
    for (const [key, entry] of merged) entries.set(key, entry)
  }
}

/**
 * The document as a tree: aliases followed, merge keys merged, variables replaced, top-level `x-*` keys left out (they serve as anchors'
 * homes). Undefined for an empty document.
 * @throws CodedError LS-COMPOSE-SYNTAX, LS-COMPOSE-VARIABLE
 */
export function toTree(source: Source, scope: TreeScope): Mapping | undefined {
  const root = source.document.contents
  if (root === null || (isScalar(root) && root.value === null)) return undefined
  const node = new Tree(source, scope).node(root, true)
  if (node.kind === 'map') return node
  throw new CodedError('LS-COMPOSE-SYNTAX', 'the file is not a mapping of keys', { place: placeOf(node.spot) })
}
