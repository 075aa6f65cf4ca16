import { dirname } from 'node:path'
import type { Place } from '../domain/errors.ts'
import { Cursor } from './cursor.ts'
import { withExtends } from './extends.ts'
import { type Include, importInto, readIncludes } from './include.ts'
import { mergeFiles } from './merge-files.ts'
import type { Mapping, Origin } from './node.ts'
import { parseFile } from './parse.ts'
import { type Source, toTree } from './tree.ts'
import { gatherVariables, mustRead, type Read, type Variables } from './variables.ts'

/** Files that are merged in order, and what their relative paths and variables count from. */
export type Model = { readonly files: readonly string[]; readonly folder: string; readonly variables: Variables }

export const TOP_KEYS = ['name', 'version', 'include', 'services', 'networks', 'volumes', 'configs', 'secrets'] as const

const originOf = ({ folder, variables }: Model): Origin => ({ folder, variable: variables.lookup })
const startOf = (file: string): Place => ({ file, line: 1, column: 1 })

/** Reads the files of one load: each once, with what it includes and extends. */
export class ModelReader {
  readonly #read: Read
  readonly #note: (text: string, place: Place) => void
  readonly #sources = new Map<string, readonly Source[]>()
  readonly #includedAs = new Map<string, Origin>()

  constructor({ read, note }: { readonly read: Read; readonly note: (text: string, place: Place) => void }) {
    this.#read = read
    this.#note = note
  }

  /** The YAML documents of a file. @throws CodedError LS-COMPOSE-FILE, LS-COMPOSE-SYNTAX */
  sources(file: string, named: Place = startOf(file)): readonly Source[] {
    const sources = this.#sources.get(file) ?? parseFile(file, mustRead(this.#read, file, named))
    this.#sources.set(file, sources)
    return sources
  }

  /**
   * One tree of all files of a model, without `include` and `extends`.
   * @param way the files that include this model, outermost first
   * @throws CodedError LS-COMPOSE-*
   */
  model(model: Model, way: readonly string[] = [], named?: Place): Mapping {
    const layers = model.files.flatMap(file =>
      this.#trees(file, originOf(model), named).map(tree => this.#layer(tree, model, [...way, file])),
    )
    return mergeFiles(layers, originOf(model))
  }

  #trees(file: string, origin: Origin, named?: Place): readonly Mapping[] {
    return this.sources(file, named).flatMap(source => toTree(source, { origin, note: this.#note }) ?? [])
  }

  /** Compose extends within one file before it includes and merges, so that `extends` without a file means this file alone. */
  #layer(tree: Mapping, outer: Model, way: readonly string[]): Mapping {
    const includes = readIncludes(tree).map(include => ({ include, model: this.#modelOf(include, outer) }))
    for (const { model } of includes) for (const file of model.files) this.#includedAs.set(file, originOf(model))
    const own = withExtends(tree, (path, named) => this.#extendedFile(path, named))
    return includes.reduce((layer, { include, model }) => {
      const again = include.files.find(file => way.includes(file))
      if (again) include.cursor.fail(`files include each other in a circle: ${[...way, again].join(' → ')}`, { code: 'LS-COMPOSE-CYCLE' })
      const imported = this.model(model, way, include.cursor.place)
      const { name } = new Cursor(imported, []).fields(TOP_KEYS)
      if (name) this.#note('the "name" of an included file has no effect', name.place)
      return importInto(layer, imported, include.cursor)
    }, own)
  }

  /** The including side's variables win over those of the include's own env files (Compose's rule). */
  #modelOf({ files, folder, envFiles, cursor }: Include, { variables }: Model): Model {
    const place = cursor.place
    const more = { env: variables.all(), envFiles, projectDirectory: folder, place, read: this.#read, note: this.#note }
    return { files, folder, variables: variables.over(gatherVariables(more)) }
  }

  /** A file that is included as well keeps the variables that it is included with. */
  #extendedFile(path: string, named: Cursor): Mapping {
    const origin = this.#includedAs.get(path) ?? { ...named.origin, folder: dirname(path) }
    return mergeFiles(this.#trees(path, origin, named.place), origin)
  }
}
