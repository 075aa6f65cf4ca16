import type { Place } from '../domain/errors.ts'
import { type Node, placeOf, type Spot } from './node.ts'

/** The child that the first steps name; a key may hold dots itself, and the longest one that is there wins. */
function child(node: Node, steps: readonly string[]): { readonly node: Node; readonly spot: Spot; readonly used: number } | undefined {
  if (node.kind === 'list') {
    const item = /^\d+$/.test(steps[0]!) ? node.items[Number(steps[0])] : undefined
    return item && { node: item, spot: item.spot, used: 1 }
  }
  if (node.kind !== 'map') return undefined
  for (let used = steps.length; used > 0; used--) {
    const entry = node.entries.get(steps.slice(0, used).join('.'))
    if (entry) return { node: entry.node, spot: entry.spot, used }
  }
  return undefined
}

/** Where a dotted path's key stands; undefined when the files hold nothing there. */
export function placeAt(root: Node, path: string): Place | undefined {
  let steps = path.split('.')
  let node = root
  let spot = root.spot
  while (steps.length > 0) {
    const next = child(node, steps)
    if (!next) return undefined
    node = next.node
    spot = next.spot
    steps = steps.slice(next.used)
  }
  return placeOf(spot, path)
}
