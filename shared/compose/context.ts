import { isAbsolute, join, normalize } from 'node:path'
import type { Place } from '../domain/errors.ts'
import type { Cursor } from './cursor.ts'
import type { SecretBook } from './secret-book.ts'
import type { Read, Variables } from './variables.ts'

/** Something that the person should know and that stops nothing. */
export type Note = { readonly service?: string; readonly place?: Place; readonly text: string }

/** What the readers of single keys share. */
export type Context = {
  readonly stack: string
  readonly variables: Variables
  readonly read: Read
  readonly book: SecretBook
  /** Config contents by SHA-256. */
  readonly blobs: Map<string, Uint8Array>
  readonly note: (note: Note) => void
  /** The file's top-level mappings, by key. */
  readonly networks: ReadonlyMap<string, Cursor>
  readonly volumes: ReadonlyMap<string, Cursor>
  readonly configs: ReadonlyMap<string, Cursor>
  readonly secrets: ReadonlyMap<string, Cursor>
}

const withoutSlash = (path: string): string => (path.length > 1 && /[^:][\\/]$/.test(path) ? path.slice(0, -1) : path)

/**
 * A path of the host made absolute: `~` is the caller's home. A relative one counts from the project's folder, whichever of several -f
 * files it stands in; in an included file from the include's folder, in an extended one from that file's (Compose's rules).
 * @throws CodedError LS-COMPOSE-VALUE
 */
export function hostPath(cursor: Cursor, text = cursor.text()): string {
  if (text === '') cursor.fail(`"${cursor.name}" is empty`)
  if (text === '~' || /^~[\\/]/.test(text)) {
    const home = (cursor.origin.variable('HOME') ?? cursor.origin.variable('USERPROFILE'))?.value
    return withoutSlash(join(home ?? cursor.fail('~ stands for HOME, which is not set'), text.slice(1)))
  }
  if (text.startsWith('~')) cursor.fail(`"${text}": the homes of other users are not known; write the path in full`)
  if (isAbsolute(text)) return withoutSlash(normalize(text))
  return withoutSlash(join(cursor.origin.folder, text))
}
