import { CodedError, type ErrorCode, type Place } from '../domain/errors.ts'
import { holdsReference } from '../domain/secret-text.ts'
import { nearest, reasonFor } from './keys.ts'
import { isNull, type List, type Mapping, type Node, type Origin, type Piece, placeOf, type Spot, textOf } from './node.ts'

/** A value of the file and the way to it: what readers of single keys get, so that whatever is wrong can be told with its place. */
export class Cursor {
  readonly node: Node
  /** From the top of the file; list items by their number from 0. */
  readonly steps: readonly string[]
  /** Where the key stands, or the value itself where it has none. */
  readonly spot: Spot

  constructor(node: Node, steps: readonly string[], spot: Spot = node.spot) {
    this.node = node
    this.steps = steps
    this.spot = spot
  }

  /** Dotted: `services.web.ports.0`. */
  get path(): string {
    return this.steps.join('.')
  }

  /** Where the key stands. */
  get place(): Place {
    return placeOf(this.spot, this.path)
  }

  /** The last step of the path, as it is called in messages. */
  get name(): string {
    return this.steps.at(-1) ?? ''
  }

  /** What relative paths and variables in this value count from. */
  get origin(): Origin {
    return this.node.spot.origin
  }

  get isScalar(): boolean {
    return this.node.kind === 'scalar'
  }

  get isNull(): boolean {
    return isNull(this.node)
  }

  fail(message: string, options: { readonly code?: ErrorCode; readonly hint?: string; readonly cause?: unknown } = {}): never {
    const { code = 'LS-COMPOSE-VALUE', ...details } = options
    const spot = this.node.kind === 'scalar' && !this.isNull ? this.node.spot : this.spot
    throw new CodedError(code, message, { place: placeOf(spot, this.path), ...details })
  }

  /** The runs of a single value's text. */
  pieces(): readonly Piece[] {
    if (this.node.kind !== 'scalar' || this.isNull) return this.fail(`"${this.name}" takes a single value`)
    return this.node.pieces
  }

  /** A single value's text, variables replaced. For fields that never hold secrets. */
  text(): string {
    const text = textOf(this.pieces())
    if (holdsReference(text)) this.fail('a file must not spell a reference to a secret itself')
    return text
  }

  items(): readonly Cursor[] {
    if (this.isNull) return []
    const list = this.node.kind === 'list' ? this.node : this.fail(`"${this.name}" takes a list`)
    return (list as List).items.map((item, i) => new Cursor(item, [...this.steps, String(i)]))
  }

  /** The items of a list, or a single value as the only one. */
  itemsOrOne(): readonly Cursor[] {
    return this.isScalar && !this.isNull ? [this] : this.items()
  }

  /** A mapping of names chosen by the user. */
  entries(): readonly (readonly [key: string, value: Cursor])[] {
    if (this.isNull) return []
    const mapping = this.node.kind === 'map' ? this.node : this.fail(`"${this.name}" takes a mapping`)
    return [...(mapping as Mapping).entries].map(([key, entry]) => [key, this.#child(key, entry.node, entry.spot)] as const)
  }

  #child(key: string, node: Node, spot: Spot): Cursor {
    const child = new Cursor(node, [...this.steps, key], spot)
    if (holdsReference(key)) child.fail('a key must not spell a reference to a secret')
    return child
  }

  /**
   * A mapping of Compose's own keys: those present and not null. Any other key is refused with its reason; extensions (`x-…`) are
   * handed to `onExtension`.
   * @throws CodedError LS-COMPOSE-KEY
   */
  fields<K extends string>(known: readonly K[], onExtension?: (extension: Cursor) => void): { readonly [F in K]?: Cursor } {
    const found: { [F in K]?: Cursor } = {}
    for (const [key, value] of this.entries()) {
      if (known.includes(key as K)) {
        if (!value.isNull) found[key as K] = value
      } else if (key.startsWith('x-') && key !== 'x-longshore' && onExtension) onExtension(value)
      else value.refuseKey(key, known)
    }
    return found
  }

  /** Refuses this key: not supported for a reason, or unknown. */
  refuseKey(key: string, known: readonly string[]): never {
    const reason = reasonFor(this.steps)
    const close = nearest(key, known)
    const message = reason ? `"${key}" is not supported: ${reason}` : `"${key}" is unknown here`
    const hint = reason || !close ? undefined : `did you mean "${close}"?`
    throw new CodedError('LS-COMPOSE-KEY', message, { place: this.place, ...(hint && { hint }) })
  }
}
