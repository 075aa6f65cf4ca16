import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { looksSecret } from '../domain/secret-text.ts'
import type { MountedFile } from '../domain/spec.ts'
import { integer } from './amounts.ts'
import { type Context, hostPath } from './context.ts'
import type { Cursor } from './cursor.ts'
import { noteExtension } from './networks.ts'
import { textOf } from './node.ts'
import { refuseSpelled } from './secret-text-field.ts'
import { mustRead } from './variables.ts'

type Kind = MountedFile['kind']
/** Where the bytes are, once they were read. */
type Stored = Pick<MountedFile, 'content' | 'secret'>

const KNOWN = { config: ['file', 'content', 'environment', 'name'], secret: ['file', 'environment', 'name'] } as const
const FOLDER = { config: '/', secret: '/run/secrets/' }

/** The one source that a top-level config or secret has; its keys are judged even when no service uses it. */
export function sourceOf(context: Context, kind: Kind, cursor: Cursor): { readonly from: string; readonly cursor: Cursor } {
  const fields: { readonly [key: string]: Cursor | undefined } = cursor.fields<string>(KNOWN[kind], ext => noteExtension(context, ext))
  if (fields['name']) context.note({ place: fields['name'].place, text: `the name of a ${kind} that is not external has no effect` })
  const sources = ['file', 'content', 'environment'].filter(key => fields[key])
  const [from] = sources
  if (sources.length !== 1 || !from) return cursor.fail(`a ${kind} has exactly one source: ${KNOWN[kind].slice(0, -1).join(', ')}`)
  return { from, cursor: fields[from]! }
}

function blob(context: Context, bytes: Uint8Array): Stored {
  const content = createHash('sha256').update(bytes).digest('hex')
  context.blobs.set(content, bytes)
  return { content }
}

/** A content with anything in it that M3 takes for a secret is one as a whole. */
function inlineConfig(context: Context, key: string, cursor: Cursor): Stored {
  const pieces = cursor.pieces()
  const text = textOf(pieces)
  refuseSpelled({ cursor, pieces })
  const isSecret = pieces.some(piece => piece.from) || (looksSecret(key) && text !== '')
  return isSecret ? { secret: context.book.add(`config.${key}`, text) } : blob(context, new TextEncoder().encode(text))
}

function fromEnvironment(context: Context, name: string, cursor: Cursor): Stored {
  const value = cursor.origin.variable(cursor.text())?.value
  if (value === undefined) return cursor.fail(`variable ${cursor.text()} is not set`, { code: 'LS-COMPOSE-VARIABLE' })
  return { secret: context.book.add(name, value) }
}

function secretFile(context: Context, name: string, cursor: Cursor): Stored {
  const path = hostPath(cursor)
  const bytes = mustRead(context.read, path, cursor.place)
  try {
    // A byte order mark belongs to the file's bytes, so it is kept.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (!text.includes('\0')) return { secret: context.book.add(name, text) }
  } catch (cause) {
    return cursor.fail(`${path} is not UTF-8 text; binary secrets are not supported yet`, { cause })
  }
  return cursor.fail(`${path} holds a NUL character; binary secrets are not supported yet`)
}

function stored(context: Context, kind: Kind, key: string, declared: Cursor): Stored {
  const { from, cursor } = sourceOf(context, kind, declared)
  if (from === 'content') return inlineConfig(context, key, cursor)
  if (from === 'environment') return fromEnvironment(context, `${kind}.${key}`, cursor)
  if (kind === 'secret') return secretFile(context, `secret.${key}`, cursor)
  return blob(context, mustRead(context.read, hostPath(cursor), cursor.place))
}

/** A mode is octal where it is text or has a leading zero, as YAML and Compose have it; a bare 440 is decimal, which is told. */
function readMode(context: Context, cursor: Cursor): number {
  const text = cursor.text()
  const isOctal = (cursor.node.kind === 'scalar' && cursor.node.type === 'string') || text.startsWith('0')
  if (isOctal && !/^(0o)?[0-7]{1,5}$/.test(text)) cursor.fail(`"${text}" is not a file mode`)
  const mode = isOctal ? Number.parseInt(text.replace('0o', ''), 8) : integer(cursor, { min: 0 })
  if (mode > 0o7777) cursor.fail(`"${text}" is not a file mode`)
  if (!isOctal)
    context.note({ place: cursor.place, text: `mode ${text} is decimal and means 0${mode.toString(8)}; octal is written 0${text}` })
  return mode
}

type Use = { readonly key: string; readonly target?: string; readonly rest: Pick<MountedFile, 'uid' | 'gid' | 'mode'> }

function readUse(context: Context, kind: Kind, item: Cursor): Use {
  if (item.isScalar) return { key: item.text(), rest: {} }
  const fields = item.fields(['source', 'target', 'uid', 'gid', 'mode'])
  const source = fields.source ?? item.fail(`a ${kind} needs a source`)
  return {
    key: source.text(),
    ...(fields.target && { target: fields.target.text() }),
    rest: {
      ...(fields.uid && { uid: fields.uid.text() }),
      ...(fields.gid && { gid: fields.gid.text() }),
      ...(fields.mode && { mode: readMode(context, fields.mode) }),
    },
  }
}

/** A service's `configs` and `secrets`: the files to mount, their contents stored by the way. */
export function readMountedFiles(context: Context, fields: { readonly configs?: Cursor; readonly secrets?: Cursor }): MountedFile[] {
  const taken = new Map<string, Kind>()
  const read = (kind: Kind, cursor: Cursor | undefined) =>
    (cursor?.items() ?? []).map(item => {
      const { key, target = key, rest } = readUse(context, kind, item)
      const declared = (kind === 'config' ? context.configs : context.secrets).get(key)
      if (!declared) return item.fail(`there is no ${kind} "${key}" under the top-level ${kind}s`)
      const path = target.startsWith('/') ? target : `${FOLDER[kind]}${target}`
      take(taken, kind, posix.normalize(path), item)
      return { kind, name: key, target: path, ...stored(context, kind, key, declared), ...rest }
    })
  return [...read('config', fields.configs), ...read('secret', fields.secrets)]
}

/** Two files at one place, and one below another, cannot be. */
function take(taken: Map<string, Kind>, kind: Kind, path: string, item: Cursor): void {
  const before = taken.get(path)
  if (before) item.fail(before === kind ? `two ${kind}s are at ${path}` : `a ${before} and a ${kind} are at ${path}`)
  const folder = [...taken.keys()].find(other => other.startsWith(`${path}/`) || path.startsWith(`${other}/`))
  if (folder) item.fail(`${path} and ${folder}: one of these files would be a folder`)
  taken.set(path, kind)
}
