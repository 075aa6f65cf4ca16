import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Plugin } from 'esbuild'

/**
 * esbuild makes a chunk for each set of entries that share a file: what is loaded at once would come in ten pieces, and every name that one
 * takes from another costs. So whatever an `import()` leads to is told that it stands on the entry itself, which is loaded by then: all that
 * the entry reaches is shared by all, and one chunk.
 */
export const oneChunk = (entry: string): Plugin => ({
  name: 'one-chunk',
  setup(build) {
    const later = new Set<string>()
    build.onResolve({ filter: /^\./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || importer.includes('/node_modules/') || pluginData === RESOLVING) return undefined
      const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: RESOLVING })
      later.add(found.path)
      return found
    })
    build.onResolve({ filter: /^the-entry$/ }, () => ({ path: entry, sideEffects: true }))
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) =>
      later.has(path)
        ? { contents: `import "the-entry";${await readFile(path, 'utf8')}`, loader: 'ts', resolveDir: dirname(path) }
        : undefined,
    )
  },
})

const RESOLVING = Symbol('resolving')
