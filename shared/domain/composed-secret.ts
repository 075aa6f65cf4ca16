import { hashOf } from './hash.ts'
import { referencesIn, secretReference } from './secret-text.ts'
import type { ServiceSpec } from './spec.ts'

export type NamedVersion = { readonly name: string; readonly version: number }

/** The secrets that a text refers to, in order, at the versions of the spec; 0 where it has none. */
export const versionsIn = (text: string, { secrets }: Pick<ServiceSpec, 'secrets'>): readonly NamedVersion[] =>
  referencesIn(text).map(name => ({ name, version: secrets[name]?.version ?? 0 }))

/** A text that is one reference and nothing else needs no secret of its own. */
export const isWhole = (text: string, versions: readonly NamedVersion[]): boolean =>
  versions.length === 1 && text === secretReference(versions[0]!.name)

/** Where a store gives whole values only, a text with references in its middle is a secret too; its name says text and versions, so that it never changes. */
export const composedName = (text: string, versions: readonly NamedVersion[]): string => `composed-${hashOf([text, versions]).slice(0, 24)}`
