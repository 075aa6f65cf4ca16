import type { Place } from '../domain/errors.ts'

/**
 * A Compose file as a tree that remembers where everything stood, after anchors, merge keys and variables were resolved and before any
 * meaning is given to it.
 */

/** What a file's values count from: relative paths from `folder` (absolute), and the variables that the file sees. */
export type Origin = {
  readonly folder: string
  readonly variable: (name: string) => { readonly value: string; readonly isSecret: boolean } | undefined
}

/** Where a key or value begins; line and column count from 1. */
export type Spot = { readonly file: string; readonly line: number; readonly column: number; readonly origin: Origin }

/** A run of a scalar's text. `from`: the variable whose value this is, when that was really set (M3). `part`: only a part of that value. */
export type Piece = { readonly text: string; readonly from?: string; readonly part?: true }

/** Compose's own tags: the value is taken out, or replaces what earlier files said. */
export type MergeTag = 'reset' | 'override'

export type Scalar = {
  readonly kind: 'scalar'
  readonly spot: Spot
  readonly tag?: MergeTag
  /** What YAML takes it for. Numbers keep the spelling of the file: 1.10 stays 1.10, 0440 stays octal. */
  readonly type: 'string' | 'number' | 'boolean' | 'null'
  readonly pieces: readonly Piece[]
}
export type List = { readonly kind: 'list'; readonly spot: Spot; readonly tag?: MergeTag; readonly items: readonly Node[] }
/** `spot` of an entry is where its key stands. */
export type Entry = { readonly spot: Spot; readonly node: Node }
export type Mapping = {
  readonly kind: 'map'
  readonly spot: Spot
  readonly tag?: MergeTag
  readonly entries: ReadonlyMap<string, Entry>
}
export type Node = Scalar | List | Mapping

/** A spot for people: without what only the translation needs. */
export const placeOf = ({ file, line, column }: Spot, path?: string): Place => ({ file, line, column, ...(path !== undefined && { path }) })

export const textOf = (pieces: readonly Piece[]): string => pieces.map(piece => piece.text).join('')
export const isNull = (node: Node): boolean => node.kind === 'scalar' && node.type === 'null'
export const nullAt = (spot: Spot): Scalar => ({ kind: 'scalar', spot, type: 'null', pieces: [] })

/** `KEY=value`, or `KEY` alone (a null value). A variable's value that is cut in two by the `=` is marked as a part. */
function assignment(node: Scalar): { readonly key: string; readonly value: Scalar } {
  const cut = textOf(node.pieces).indexOf('=')
  if (cut < 0) return { key: textOf(node.pieces), value: nullAt(node.spot) }
  const value: Piece[] = []
  let at = 0
  for (const piece of node.pieces) {
    const rest = piece.text.slice(Math.max(0, cut + 1 - at))
    if (rest !== '') value.push(rest === piece.text || !piece.from ? { ...piece, text: rest } : { ...piece, text: rest, part: true })
    at += piece.text.length
  }
  return { key: textOf(node.pieces).slice(0, cut), value: { kind: 'scalar', spot: node.spot, type: 'string', pieces: value } }
}

/**
 * Compose lets many mappings be written as lists: of `KEY=value` (environment, labels, args) or of names (depends_on, networks). The
 * mapping either way; undefined where the node is neither a mapping nor a list of scalars. Of equal keys in a list the last one holds.
 */
export function asMapping(node: Node, style: 'assignments' | 'names'): Mapping | undefined {
  if (node.kind === 'map') return node
  if (isNull(node)) return { kind: 'map', spot: node.spot, entries: new Map() }
  if (node.kind !== 'list') return undefined
  const entries = new Map<string, Entry>()
  for (const item of node.items) {
    if (item.kind !== 'scalar') return undefined
    const { key, value } = style === 'names' ? { key: textOf(item.pieces), value: nullAt(item.spot) } : assignment(item)
    entries.set(key, { spot: item.spot, node: value })
  }
  return { kind: 'map', spot: node.spot, ...(node.tag && { tag: node.tag }), entries }
}
