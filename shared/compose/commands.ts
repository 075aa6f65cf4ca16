import type { Context } from './context.ts'
import type { Cursor } from './cursor.ts'
import { type Piece, textOf } from './node.ts'
import { assertFits, secretText } from './secret-text-field.ts'
import { shellWords, splitWords } from './words.ts'

function words(cursor: Cursor): readonly (readonly Piece[])[] {
  try {
    return splitWords(cursor.pieces())
  } catch (cause) {
    return cursor.fail(`"${cursor.name}": ${(cause as Error).message}`, { cause })
  }
}

/** Arguments as text fields; `name` is the start of the names of those that are secrets as a whole. */
export function readArguments(context: Context, cursor: Cursor, name: string): string[] {
  const args = cursor.isScalar
    ? words(cursor).map(pieces => ({ cursor, pieces }))
    : cursor.items().map(item => ({ cursor: item, pieces: item.pieces() }))
  return args.map((arg, i) => {
    assertFits(arg.cursor, `argument ${i + 1} of "${cursor.name}"`, textOf(arg.pieces))
    return secretText(context.book, { ...arg, name: `${name}.${i}` })
  })
}

/**
 * `command` or `entrypoint`: a string is split as a shell does, a list stands as it is. An empty one stands for "none".
 * @param name the start of the secrets' names
 */
export function readCommand(context: Context, service: string, cursor: Cursor, name = `${service}.${cursor.name}`): string[] {
  const args = readArguments(context, cursor, name)
  const unread = cursor.isScalar ? shellWords(args) : []
  if (unread.length > 0) {
    const text = `no shell reads "${cursor.name}": ${unread.join(' ')} is passed on as an argument (write sh -c '…' for a shell)`
    context.note({ service, place: cursor.place, text })
  }
  return args
}
