import { holdsReference } from '../domain/secret-text.ts'
import type { Cursor } from './cursor.ts'
import { type Piece, textOf } from './node.ts'
import type { SecretBook } from './secret-book.ts'

/** A text of the spec that may refer to secrets. */
export type TextField = {
  readonly cursor: Cursor
  readonly pieces: readonly Piece[]
  /** The secret's name when the text as a whole becomes one. */
  readonly name: string
  /** The key it stands under looks like one of a secret, so that a literal is one too (M3). */
  readonly isSecretKey?: boolean
}

const textWith = (book: SecretBook, pieces: readonly Piece[]): string =>
  pieces.map(piece => (piece.from && piece.text !== '' ? book.reference(piece.from, piece.text) : piece.text)).join('')

/**
 * A reference must come from us alone: one that the file's own text would spell, even in fragments, reads somebody's secret.
 * @throws CodedError LS-COMPOSE-VALUE, also for a NUL, which no process can be given
 */
export function refuseSpelled({ cursor, pieces }: Pick<TextField, 'cursor' | 'pieces'>): void {
  const literal = pieces.map(piece => (piece.from ? '\0' : piece.text))
  if (holdsReference(literal.join(''))) cursor.fail('a file must not spell a reference to a secret itself')
  if (pieces.some(piece => piece.text.includes('\0'))) cursor.fail(`"${cursor.name}" holds a NUL character`)
}

/**
 * The text, with references in the place of what is neither empty nor plain: a variable by its name, else the whole by the field's.
 * @throws CodedError LS-COMPOSE-VALUE when the text spells a reference itself or holds a NUL
 */
export function secretText(book: SecretBook, field: TextField): string {
  refuseSpelled(field)
  const pieces = field.pieces.filter(piece => piece.text !== '')
  const whole = textOf(pieces)
  const [only] = pieces
  if (pieces.length === 1 && only?.from && !only.part) return book.reference(only.from, only.text)
  if (whole !== '' && (field.isSecretKey || pieces.some(piece => piece.part))) return book.reference(field.name, whole)
  return textWith(book, pieces)
}

/** Linux gives no process a single string of 128 KiB or more, its closing NUL included (MAX_ARG_STRLEN). */
const LONGEST = 131_071

/**
 * @param string what the process is given: an argument, or `KEY=value`
 * @throws CodedError LS-SPEC-LIMIT
 */
export function assertFits(cursor: Cursor, label: string, string: string): void {
  const size = new TextEncoder().encode(string).length
  if (size <= LONGEST) return
  cursor.fail(`${label} is ${size} bytes long; Linux starts no process with a string above ${LONGEST} bytes`, { code: 'LS-SPEC-LIMIT' })
}
