import { looksSecret } from '../domain/secret-text.ts'
import { boolean, oneOf } from './amounts.ts'
import { type Context, hostPath } from './context.ts'
import { Cursor } from './cursor.ts'
import { parseDotenv, parseRawEnv } from './dotenv.ts'
import { asMapping, type Piece, textOf } from './node.ts'
import { decode } from './parse.ts'
import { assertFits, secretText } from './secret-text-field.ts'
import { mustRead, readIfThere } from './variables.ts'

/** A mapping, or a list of `KEY=value` that means one. Values may be null cursors. */
export function assignments(cursor: Cursor): readonly (readonly [key: string, value: Cursor])[] {
  const mapping = asMapping(cursor.node, 'assignments')
  if (!mapping) return cursor.fail(`"${cursor.name}" takes a mapping or a list of KEY=value`)
  return new Cursor(mapping, cursor.steps, cursor.spot).entries()
}

function assertKey(cursor: Cursor, key: string): void {
  if (key === '' || /[=\0]/.test(key)) cursor.fail(`"${key}" is no name of an environment variable`)
}

/** `environment`: a key without value takes the caller's, and is left out where there is none. `prefix` begins the secrets' names. */
export function readEnvironment(context: Context, cursor: Cursor, prefix: string): readonly (readonly [string, string])[] {
  return assignments(cursor).flatMap(([key, value]) => {
    assertKey(value, key)
    const found = value.isNull ? value.origin.variable(key) : undefined
    if (value.isNull && !found) return []
    const inherited: readonly Piece[] = found ? [found.isSecret ? { text: found.value, from: key } : { text: found.value }] : []
    const pieces = value.isNull ? inherited : value.pieces()
    assertFits(value, `the variable ${key} (${key}=…)`, `${key}=${textOf(pieces)}`)
    const text = secretText(context.book, { cursor: value, pieces, name: `${prefix}.${key}`, isSecretKey: looksSecret(key) })
    return [[key, text] as const]
  })
}

type EnvFile = { readonly cursor: Cursor; readonly isRequired: boolean; readonly format: 'compose' | 'raw' }

function envFile(item: Cursor): EnvFile {
  if (item.isScalar) return { cursor: item, isRequired: true, format: 'compose' }
  const fields = item.fields(['path', 'required', 'format'])
  return {
    cursor: fields.path ?? item.fail('an env_file needs a path'),
    isRequired: fields.required ? boolean(fields.required) : true,
    format: fields.format ? (oneOf(fields.format, ['raw']) as 'raw') : 'compose',
  }
}

function readEnvFile(context: Context, service: string, { cursor, isRequired, format }: EnvFile): Record<string, string> {
  const path = hostPath(cursor)
  const bytes = isRequired ? mustRead(context.read, path, cursor.place) : readIfThere(context.read, path, cursor.place)
  if (!bytes) return {}
  if (format === 'raw') return parseRawEnv(decode(path, bytes))
  return parseDotenv(path, decode(path, bytes), {
    lookup: name => cursor.origin.variable(name)?.value,
    note: (text, line) => context.note({ service, place: { file: path, line, column: 1 }, text }),
  })
}

/** `env_file`: the values of all files, later ones winning. */
function readEnvFiles(context: Context, service: string, cursor: Cursor): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const item of cursor.node.kind === 'map' ? [cursor] : cursor.itemsOrOne()) {
    for (const [key, value] of Object.entries(readEnvFile(context, service, envFile(item)))) {
      assertFits(item, `the variable ${key} (${key}=…)`, `${key}=${value}`)
      values.set(key, value)
    }
  }
  return values
}

/** What a service's tasks get: `env_file`, of which every value is a secret (M3), and `environment`, which wins. */
export function readServiceEnvironment(
  context: Context,
  service: string,
  fields: { readonly env_file?: Cursor; readonly environment?: Cursor },
): Record<string, string> {
  const own = new Map(fields.environment ? readEnvironment(context, fields.environment, service) : [])
  const files = fields.env_file ? readEnvFiles(context, service, fields.env_file) : new Map<string, string>()
  const fromFiles = [...files].filter(([key]) => !own.has(key))
  const referred = fromFiles.map(([key, value]) => [key, value === '' ? '' : context.book.reference(`${service}.${key}`, value)] as const)
  return Object.fromEntries([...referred, ...own])
}

/** `labels`, by mapping or list; a label without value is empty. */
export function readLabels(context: Context, service: string, cursor: Cursor): readonly (readonly [string, string])[] {
  return assignments(cursor).map(([key, value]) => {
    if (key === '') value.fail('a label needs a name')
    const pieces = value.isNull ? [] : value.pieces()
    const name = `${service}.labels.${key}`
    return [key, secretText(context.book, { cursor: value, pieces, name, isSecretKey: looksSecret(key) })] as const
  })
}
