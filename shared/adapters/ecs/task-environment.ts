import { composedName, isWhole, type NamedVersion, versionsIn } from '../../domain/composed-secret.ts'
import { referencesIn, reveal } from '../../domain/secret-text.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { EcsOptions } from './ecs-options.ts'

/** An environment as ECS has it: values in plain sight, and where to take the others from at the start. */
export type TaskEnvironment = {
  readonly plain: Readonly<Record<string, string>>
  /** `valueFrom` by the variable's name. */
  readonly secret: Readonly<Record<string, string>>
}

/** A secret or a content that the spec refers to is not in its store; a start without it would be a start of something else. */
export class NotStored extends Error {
  override readonly name = 'NotStored'
}

/**
 * M3: whatever refers to a secret is taken from the secret store by ECS itself. A reference in the middle of a text needs a secret of its
 * own, made here; its name says text and versions, so that it is made once and never changes. @throws NotStored
 */
export async function taskEnvironment(secrets: EcsOptions['secrets'], stack: string, spec: ServiceSpec): Promise<TaskEnvironment> {
  const plain: Record<string, string> = {}
  const secret: Record<string, string> = {}
  for (const [variable, text] of Object.entries(spec.environment)) {
    if (referencesIn(text).length === 0) plain[variable] = text
    else secret[variable] = await valueFrom(secrets, stack, spec, text)
  }
  return { plain, secret }
}

/** How a task definition names what this text stands for. @throws NotStored */
export async function valueFrom(secrets: EcsOptions['secrets'], stack: string, spec: ServiceSpec, text: string): Promise<string> {
  const versions = versionsIn(text, spec)
  const from = isWhole(text, versions) ? versions[0]! : await composed(secrets, stack, text, versions)
  const found = await secrets.valueFrom(stack, from.name, from.version)
  if (found === undefined) throw missing(from)
  return found
}

async function composed(
  secrets: EcsOptions['secrets'],
  stack: string,
  text: string,
  versions: readonly NamedVersion[],
): Promise<NamedVersion> {
  const values: Record<string, string> = {}
  for (const one of versions) {
    const value = await secrets.get(stack, one.name, one.version)
    if (value === undefined) throw missing(one)
    values[one.name] = value
  }
  const name = composedName(text, versions)
  return { name, version: (await secrets.put(stack, name, reveal(text, values))).version }
}

const missing = ({ name, version }: NamedVersion) =>
  new NotStored(`secret ${name}${version ? ` version ${version}` : ''} is not in the secret store`)
