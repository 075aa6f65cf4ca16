import { CodedError } from '../domain/errors.ts'
import { referencesIn } from '../domain/secret-text.ts'
import type { StackSpec } from '../domain/spec.ts'

/** Where the Compose file says a secret, by path: as the source of a file, or in a variable. */
function pathOf({ services }: StackSpec, name: string): string | undefined {
  const all = Object.entries(services)
  const file = all.flatMap(([, { spec }]) => spec.files).find(({ secret }) => secret === name)
  if (file) return `${file.kind}s.${file.name}`
  for (const [service, { spec }] of all)
    for (const [key, text] of Object.entries(spec.environment))
      if (referencesIn(text).includes(name)) return `services.${service}.environment.${key}`
  return undefined
}

/** What the store says of a secret's value, with the place in the file that it came from. The client, who has the file, finds the line. */
export function toldOf(spec: StackSpec, name: string, error: unknown): unknown {
  const path = error instanceof CodedError && error.code === 'LS-SPEC-LIMIT' ? pathOf(spec, name) : undefined
  if (path === undefined || !(error instanceof CodedError)) return error
  return new CodedError(error.code, error.message, { place: { file: '', line: 0, column: 0, path }, hint: error.hint, cause: error })
}
