import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

export type Said = { readonly code: number; readonly out: string; readonly err: string }
export type Person = {
  /** Where they are, and where their contexts are kept. */
  readonly folder: string
  /** One command line, as typed. */
  readonly types: (words: string, more?: Readonly<Record<string, string>>) => Promise<Said>
  leave(): void
}

/** Somebody at a shell of their own, with nothing but this in their environment; credentials of AWS come from it alone. */
export function somebody(environment: Readonly<Record<string, string>> = {}): Person {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-person-'))
  const { PATH = '', DOCKER_HOST } = process.env
  const env = {
    ...{ PATH, HOME: folder, LONGSHORE_CONFIG: join(folder, 'config'), AWS_EC2_METADATA_DISABLED: 'true' },
    ...(DOCKER_HOST !== undefined && { DOCKER_HOST }),
    ...environment,
  }
  return {
    folder,
    types: (words, more = {}) =>
      new Promise(resolve => {
        const options = { cwd: folder, env: { ...env, ...more }, timeout: 240_000 }
        execFile(process.execPath, [MAIN, ...words.split(' ')], options, (error, out, err) =>
          resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, out, err }),
        )
      }),
    leave: () => rmSync(folder, { recursive: true, force: true }),
  }
}
