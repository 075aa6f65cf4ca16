import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { UsageError } from './io.ts'

/** How a caller proves who they are: a bearer token, or a signature as an IAM identity (the profile's, else the SDK's default chain). */
const Access = z.union([
  z.strictObject({ token: z.string().check(z.minLength(1)) }),
  z.strictObject({
    iam: z.strictObject({ region: z.string().check(z.minLength(1)), profile: z.optional(z.string().check(z.minLength(1))) }),
  }),
])
export type Access = z.infer<typeof Access>

const Context = z.strictObject({ url: z.url(), access: Access })
/** An installation elsewhere. */
export type Context = z.infer<typeof Context>

const Book = z.strictObject({ current: z.string(), contexts: z.record(z.string(), Context) })
export type Book = z.infer<typeof Book>

/** This machine's own name, always there. */
export const LOCAL = 'local'

/** Where a person's contexts are kept: LONGSHORE_CONFIG, else XDG's folder. */
export const configFolder = (env: Readonly<Record<string, string>>): string =>
  env['LONGSHORE_CONFIG'] || join(env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? homedir(), '.config'), 'longshore')

const fileIn = (folder: string) => join(folder, 'contexts.json')

/** @throws UsageError when the file is there and cannot be read as what it should be */
export function readContexts(folder: string): Book {
  let text: string
  try {
    text = readFileSync(fileIn(folder), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { current: LOCAL, contexts: {} }
    throw new UsageError(`the contexts cannot be read: ${(error as Error).message}`)
  }
  try {
    return Book.parse(JSON.parse(text))
  } catch {
    // What stands in it may be a token, so nothing of it is shown.
    throw new UsageError(`${fileIn(folder)} is no list of contexts; correct it or remove it`)
  }
}

/** Whole or not at all, and for nobody else's eyes: it holds tokens. */
export function writeContexts(folder: string, book: Book): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const next = `${fileIn(folder)}.${process.pid}`
  writeFileSync(next, `${JSON.stringify(book, null, 2)}\n`, { mode: 0o600 })
  renameSync(next, fileIn(folder))
}

export type Named = Context & { readonly name: string }

/** Undefined: this machine. @throws UsageError for a name that nobody added */
export function contextOf({ contexts }: Pick<Book, 'contexts'>, name: string): Named | undefined {
  if (name === LOCAL) return undefined
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (found) return { name, ...found }
  throw new UsageError(`there is no context ${name}: longshore context ls shows those there are`)
}
