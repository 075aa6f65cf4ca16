import { isAbsolute, join } from 'node:path'
import { CodedError, type Place } from '../domain/errors.ts'
import { parseDotenv } from './dotenv.ts'
import type { Scope } from './interpolate.ts'
import { decode } from './parse.ts'

export type Read = (path: string) => Uint8Array | undefined

/** The file's bytes, undefined when there is none. @throws CodedError LS-COMPOSE-FILE when the reader itself fails (a folder, no permission) */
export function readIfThere(read: Read, path: string, place: Place): Uint8Array | undefined {
  try {
    return read(path)
  } catch (cause) {
    throw new CodedError('LS-COMPOSE-FILE', `${path} cannot be read: ${(cause as Error).message}`, { place, cause })
  }
}

/** @throws CodedError LS-COMPOSE-FILE, also when there is no such file */
export function mustRead(read: Read, path: string, place: Place): Uint8Array {
  const bytes = readIfThere(read, path, place)
  if (!bytes) throw new CodedError('LS-COMPOSE-FILE', `there is no file ${path}`, { place })
  return bytes
}

/** All variables that a file may name: the caller's environment, which wins, and the `.env` files. */
export class Variables {
  readonly #values: ReadonlyMap<string, string>
  readonly #plain: ReadonlyMap<string, string>

  /** @param plain variables of Longshore's own making, which are no secrets */
  constructor(values: ReadonlyMap<string, string>, plain: ReadonlyMap<string, string> = new Map()) {
    this.#values = values
    this.#plain = plain
  }

  get(name: string): string | undefined {
    return this.#plain.get(name) ?? this.#values.get(name)
  }

  /** Those of the caller and of files. */
  all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#values)
  }

  readonly lookup: Scope['lookup'] = name => {
    const value = this.get(name)
    return value === undefined ? undefined : { value, isSecret: !this.#plain.has(name) }
  }

  /** These, which win, and what the others have beside. */
  over(others: Variables): Variables {
    return new Variables(new Map([...others.#values, ...this.#values]), this.#plain)
  }

  /** The same with COMPOSE_PROJECT_NAME, which is the stack's name and no secret. */
  withStack(stack: string): Variables {
    return new Variables(this.#values, new Map([['COMPOSE_PROJECT_NAME', stack]]))
  }
}

export type VariableSources = {
  readonly env: Readonly<Record<string, string>>
  readonly envFiles?: readonly string[]
  readonly projectDirectory: string
  /** Where the files are named, when a Compose file names them. */
  readonly place?: Place
  readonly read: Read
  readonly note: (text: string, place: Place) => void
}

/**
 * Reads the `.env` files, later ones winning. One that was asked for must exist; the project's own need not.
 * @throws CodedError LS-COMPOSE-FILE, LS-COMPOSE-VALUE, LS-COMPOSE-VARIABLE
 */
export function gatherVariables(sources: VariableSources): Variables {
  const values = new Map<string, string>()
  const env = new Map(Object.entries(sources.env))
  for (const named of sources.envFiles ?? ['.env']) {
    const file = isAbsolute(named) ? named : join(sources.projectDirectory, named)
    const place = sources.place ?? { file, line: 1, column: 1 }
    const bytes = sources.envFiles ? mustRead(sources.read, file, place) : readIfThere(sources.read, file, place)
    if (!bytes) continue
    const scope = {
      lookup: (name: string) => env.get(name) ?? values.get(name),
      note: (text: string, line: number) => sources.note(text, { file, line, column: 1 }),
    }
    for (const [name, value] of Object.entries(parseDotenv(file, decode(file, bytes), scope))) values.set(name, value)
  }
  for (const [name, value] of env) values.set(name, value)
  return new Variables(values)
}
