import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { type IgnoreRules, ignoreRules } from './dockerignore.ts'
import { type TarEntry, tarEnd, tarEntry } from './tar.ts'

export type BuildContext = {
  /** The folder that is sent to the engine. */
  readonly context: string
  /** Relative to the context, as in Compose; by default `Dockerfile`. It may lie outside of it. */
  readonly dockerfile?: string
  /** The text itself, instead of a file. */
  readonly dockerfileInline?: string
}

export type PackedContext = {
  readonly stream: Readable
  /** The Dockerfile's name inside the archive. */
  readonly dockerfile: string
  readonly dockerfileText: string
}

/** What the archive calls a Dockerfile that is not in the context. */
const OUTSIDE = '.longshore.dockerfile'

/** A tar of the folder without what .dockerignore (or `<dockerfile>.dockerignore`) leaves out. @throws when a file cannot be read */
export async function packContext(options: BuildContext): Promise<PackedContext> {
  const context = resolve(options.context)
  const path = resolve(context, options.dockerfile ?? 'Dockerfile')
  const inside = relative(context, path)
  const isOutside = options.dockerfileInline !== undefined || inside.startsWith('..') || isAbsolute(inside)
  const text = options.dockerfileInline ?? (await readFile(path, 'utf8'))
  const rules = ignoreRules((await read(`${path}.dockerignore`)) ?? (await read(join(context, '.dockerignore'))) ?? '')
  const name = isOutside ? OUTSIDE : inside.replaceAll('\\', '/')
  return { stream: Readable.from(archive(context, rules, name, text), { objectMode: false }), dockerfile: name, dockerfileText: text }
}

const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined)

/** The Dockerfile comes first and always, whatever is ignored. */
async function* archive(context: string, rules: IgnoreRules, dockerfile: string, text: string): AsyncGenerator<Buffer> {
  yield tarEntry({ path: dockerfile, type: 'file', content: Buffer.from(text), mode: 0o644 })
  for await (const entry of entriesIn(context, '', rules)) if (entry.path !== dockerfile) yield tarEntry(entry)
  yield tarEnd()
}

async function* entriesIn(context: string, folder: string, rules: IgnoreRules): AsyncGenerator<TarEntry> {
  const names = await readdir(join(context, folder))
  for (const name of names.sort()) {
    const path = folder ? `${folder}/${name}` : name
    const isIgnored = rules.ignores(path)
    if (isIgnored && !rules.hasExceptions) continue
    const stats = await lstat(join(context, path))
    const mode = stats.mode & 0o7777
    if (stats.isDirectory()) {
      if (!isIgnored) yield { path, type: 'directory', mode }
      yield* entriesIn(context, path, rules)
    } else if (isIgnored) {
    } else if (stats.isSymbolicLink()) yield { path, type: 'symlink', linkTo: await readlink(join(context, path)), mode }
    else if (stats.isFile()) yield { path, type: 'file', content: await readFile(join(context, path)), mode }
  }
}
