import { hashOf } from '../../domain/hash.ts'
import { referencesIn, reveal, secretReference } from '../../domain/secret-text.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { EcsOptions } from './ecs-options.ts'
import type { TaskEnvironment } from './task-definition.ts'

/** A secret that the spec refers to is not in the store; a start without it would be a start of something else. */
export class SecretMissing extends Error {
  override readonly name = 'SecretMissing'
}

/**
 * M3: whatever refers to a secret is taken from the secret store by ECS itself. A reference in the middle of a text needs a secret of its
 * own, made here; its name says text and versions, so that it is made once and never changes. @throws SecretMissing
 */
export async function taskEnvironment(secrets: EcsOptions['secrets'], stack: string, spec: ServiceSpec): Promise<TaskEnvironment> {
  const plain: Record<string, string> = {}
  const secret: Record<string, string> = {}
  for (const [variable, text] of Object.entries(spec.environment)) {
    const names = referencesIn(text)
    if (names.length === 0) plain[variable] = text
    else secret[variable] = await valueFrom(secrets, stack, spec, text, names)
  }
  return { plain, secret }
}

async function valueFrom(
  secrets: EcsOptions['secrets'],
  stack: string,
  spec: ServiceSpec,
  text: string,
  names: readonly string[],
): Promise<string> {
  const versions = names.map(name => ({ name, version: spec.secrets[name]?.version ?? 0 }))
  const [only] = versions
  const isWhole = versions.length === 1 && text === secretReference(only!.name)
  const from = isWhole ? only! : await composed(secrets, stack, text, versions)
  const found = await secrets.valueFrom(stack, from.name, from.version)
  if (found === undefined) throw missing(from)
  return found
}

type Version = { readonly name: string; readonly version: number }

async function composed(secrets: EcsOptions['secrets'], stack: string, text: string, versions: readonly Version[]): Promise<Version> {
  const values: Record<string, string> = {}
  for (const one of versions) {
    const value = await secrets.get(stack, one.name, one.version)
    if (value === undefined) throw missing(one)
    values[one.name] = value
  }
  const name = `composed-${hashOf([text, versions]).slice(0, 24)}`
  return { name, version: (await secrets.put(stack, name, reveal(text, values))).version }
}

const missing = ({ name, version }: Version) =>
  new SecretMissing(`secret ${name}${version ? ` version ${version}` : ''} is not in the secret store`)
