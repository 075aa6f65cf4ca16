import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Plugin } from 'esbuild'
import { isReplaced } from './slim.ts'

/**
 * esbuild drops what nobody uses of a file that only passes names on, but for its splitting into chunks whoever imports one name of such a file
 * reaches all: what only S3 or EC2 is spoken to in would be loaded with the log's client. So imports of the SDK are made to name the file
 * that has what they want.
 */
export const pastBarrels: Plugin = {
  name: 'past-barrels',
  setup(build) {
    const resolve: Resolve = (name, importer) => {
      const key = `${name} from ${dirname(importer)}`
      let found = resolved.get(key)
      if (!found) {
        found = build.resolve(name, { kind: 'import-statement', importer, resolveDir: dirname(importer) }).then(({ path }) => path)
        resolved.set(key, found)
      }
      return found
    }
    build.onLoad({ filter: /\/node_modules\/(@aws-sdk|@smithy)\/.*\/dist-es\/.*\.js$/ }, async ({ path }) => ({
      contents: await withDirectImports(await readFile(path, 'utf8'), path, resolve),
    }))
  },
}

type Resolve = (name: string, importer: string) => Promise<string>

const IMPORT = /^import \{([^}]+)\} from "([^"]+)";$/gm

export async function withDirectImports(source: string, path: string, resolve: Resolve): Promise<string> {
  const found = [...source.matchAll(IMPORT)]
  const lines = await Promise.all(
    found.map(async ([, names, from]) => {
      const barrel = await resolve(from!, path)
      const direct = namesIn(names!).map(async ({ name, as }) => {
        const home = (barrel.startsWith('/') && (await homeOf(barrel, name, resolve))) || { file: from, name }
        return `import { ${home.name} as ${as} } from ${JSON.stringify(home.file)};`
      })
      return (await Promise.all(direct)).join('')
    }),
  )
  return source.replace(IMPORT, () => lines.shift()!)
}

type Home = { readonly file: string; readonly name: string }

/** Where a name is made, however many files pass it on. Undefined when this file has none of that name. */
async function homeOf(file: string, name: string, resolve: Resolve): Promise<Home | undefined> {
  if (isReplaced(file)) return { file, name }
  const { named, own, all } = await exportsOf(file)
  const passed = named.get(name)
  if (passed) return homeOf(await resolve(passed.from, file), passed.name, resolve)
  if (own.has(name)) return { file, name }
  for (const from of all) {
    const home = await homeOf(await resolve(from, file), name, resolve)
    if (home) return home
  }
  return undefined
}

type Exports = {
  readonly named: ReadonlyMap<string, { readonly name: string; readonly from: string }>
  readonly own: ReadonlySet<string>
  /** Files whose names are all passed on. */
  readonly all: readonly string[]
}

/** One asking for all bundles: files of packages do not change meanwhile. */
const resolved = new Map<string, Promise<string>>()
const known = new Map<string, Promise<Exports>>()

function exportsOf(file: string): Promise<Exports> {
  let found = known.get(file)
  if (!found) known.set(file, (found = readFile(file, 'utf8').then(readExports)))
  return found
}

function readExports(source: string): Exports {
  const passed = [...source.matchAll(/^export \{([^}]+)\} from "([^"]+)";$/gm)]
  const named = passed.flatMap(([, names, from]) => namesIn(names!).map(({ name, as }) => [as, { name, from: from! }] as const))
  const made = [...source.matchAll(/^export (?:async )?(?:const|let|var|class|function\*?) ([\w$]+)/gm)].map(([, name]) => name!)
  const listed = [...source.matchAll(/^export \{([^}]+)\};$/gm)].flatMap(([, names]) => namesIn(names!).map(({ as }) => as))
  const all = [...source.matchAll(/^export \* from "([^"]+)";$/gm)].map(([, from]) => from!)
  return { named: new Map(named), own: new Set([...made, ...listed]), all }
}

const namesIn = (list: string) =>
  list
    .split(',')
    .map(one => one.trim().split(' as '))
    .filter(([name]) => name)
    .map(([name, as]) => ({ name: name!, as: as ?? name! }))
