import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, type OutputFile, type Plugin, transform } from 'esbuild'
import { apiDocument } from '../../functions/api-document.ts'
import { oneChunk } from './one-chunk.ts'
import { pastBarrels } from './past-barrels.ts'
import { slim } from './slim.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type Bundle = {
  readonly name: string
  /** `index.js` and what it loads, by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Those that are loaded with `index.js`; the others are when something in them is first called. */
  readonly atLoad: ReadonlySet<string>
  /** Files and packages' files in any of them, from the root of the project. */
  readonly inputs: readonly string[]
}

/**
 * What Lambdas run, made of `functions/lambda/<name>.ts` and only what that reaches: minified files, one for what is loaded at once and
 * more for what an `import()` names. Equal sources give equal bytes, on any machine.
 * @throws Error with esbuild's own message when a file cannot be bundled
 */
export const bundle = (names: readonly string[]): Promise<readonly Bundle[]> => Promise.all(names.map(bundleOne))

async function bundleOne(name: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { index: `functions/lambda/${name}.ts` },
    outdir: 'out',
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    minify: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'], // the SDK's modules can be shaken, what it offers to Node cannot
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [slim, documentMade, pastBarrels, oneChunk(join(ROOT, `functions/lambda/${name}.ts`))],
  })
  const files = await Promise.all(outputFiles.map(async file => [basename(file.path), await asCommonJs(file)] as const))
  return {
    name,
    files: new Map(files.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    atLoad: loadedWith(metafile, 'out/index.js'),
    inputs: inputsOf(metafile),
  }
}

/** The API's document follows from the routes: made here once, so that no function holds the others' routes and what makes it. */
const documentMade: Plugin = {
  name: 'document-made',
  setup({ onLoad }) {
    const contents = `const made = ${JSON.stringify(apiDocument(''))}; export const apiDocument = version => ({ ...made, info: { ...made.info, version } })`
    onLoad({ filter: /\/functions\/api-document\.ts$/ }, () => ({ contents }))
  },
}

/** esbuild splits only modules, and Node loads CommonJS a fifth faster than the same as a module. */
async function asCommonJs({ text }: OutputFile): Promise<Uint8Array> {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minify: true,
    supported: { 'dynamic-import': false }, // require, which finds names that a scan of the file for an import would not
  })
  return Buffer.from(code)
}

function loadedWith({ outputs }: Metafile, output: string, found = new Set<string>()): ReadonlySet<string> {
  found.add(basename(output))
  for (const { path, kind } of outputs[output]!.imports)
    if (kind !== 'dynamic-import' && path in outputs && !found.has(basename(path))) loadedWith({ inputs: {}, outputs }, path, found)
  return found
}

function inputsOf({ outputs }: Metafile): readonly string[] {
  const used = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0))
  return [...new Set(used.map(([file]) => file))].toSorted()
}

/** Bytes of all its files, and of those that are loaded before the first event. */
export function sizesOf({ files, atLoad }: Bundle): { readonly all: number; readonly atLoad: number } {
  const sum = (chosen: readonly Uint8Array[]) => chosen.reduce((bytes, code) => bytes + code.length, 0)
  return { all: sum([...files.values()]), atLoad: sum([...files].filter(([file]) => atLoad.has(file)).map(([, code]) => code)) }
}

/** Each bundle in a folder of its own, as CDK wants to be given code; they go when the process ends. */
export function writeBundles(bundles: readonly Bundle[]): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-bundles-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const { name, files } of bundles) {
    mkdirSync(join(folder, name))
    for (const [file, code] of files) writeFileSync(join(folder, name, file), code)
  }
  return name => join(folder, name)
}
