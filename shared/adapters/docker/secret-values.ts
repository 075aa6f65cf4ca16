import { referencesIn, reveal, secretReference } from '../../domain/secret-text.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Secrets } from '../../ports/secrets.ts'

/** The values of one start, held only while it lasts (M3). */
export type SecretValues = {
  readonly reveal: (text: string) => string
  readonly value: (name: string) => string
  /** An engine's message may quote a command or an environment: what it says goes into the log, so values leave it (invariant 9). */
  readonly redact: (text: string) => string
}

/** A secret that a spec refers to is not in the store; a start without it would be a start of something else. */
export class SecretMissing extends Error {
  override readonly name = 'SecretMissing'
}

const textsOf = (spec: ServiceSpec): readonly string[] => [
  ...(spec.entrypoint ?? []),
  ...(spec.command ?? []),
  ...(spec.healthcheck?.test ?? []),
  ...Object.values(spec.environment),
  ...Object.values(spec.labels),
]

/** @throws SecretMissing */
export async function secretValues(secrets: Pick<Secrets, 'get'>, stack: string, spec: ServiceSpec): Promise<SecretValues> {
  const mounted = spec.files.flatMap(file => (file.secret === undefined ? [] : [file.secret]))
  const names = new Set([...textsOf(spec).flatMap(referencesIn), ...mounted])
  const values: Record<string, string> = {}
  for (const name of names) {
    const ref = spec.secrets[name]
    const value = ref && (await secrets.get(stack, name, ref.version))
    if (value === undefined) throw new SecretMissing(`secret ${name}${ref ? ` version ${ref.version}` : ''} is not in the secret store`)
    values[name] = value
  }
  const longestFirst = Object.entries(values).sort(([, a], [, b]) => b.length - a.length)
  return {
    reveal: text => reveal(text, values),
    value: name => values[name]!,
    redact: text => longestFirst.reduce((rest, [name, value]) => (value ? rest.replaceAll(value, secretReference(name)) : rest), text),
  }
}
