import { canonicalJson } from './hash.ts'
import { referencesIn } from './secret-text.ts'
import type { ServiceSpec } from './spec.ts'

/** One thing that differs between two specs, in words for people: `LOG_LEVEL info → debug`. Secrets never show. */
export type SpecDifference = { readonly path: string; readonly from?: string; readonly to?: string }

/** What changed from one revision to the next, most telling first. `from` undefined: everything is new, which says nothing. */
export function diffSpecs(from: ServiceSpec | undefined, to: ServiceSpec): readonly SpecDifference[] {
  if (!from) return []
  const image = imageDifference(from, to)
  const environment = diffRecord('', from.environment, to.environment)
  const named = new Set(['image', 'digest', 'environment', 'secrets'])
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter(key => !named.has(key)).sort() as (keyof ServiceSpec)[]
  const others = keys.flatMap(key => {
    const before = from[key]
    const after = to[key]
    if (canonicalJson(before) === canonicalJson(after)) return []
    if (isRecord(before) && isRecord(after)) return diffRecord(`${key}.`, before, after)
    return [{ path: key, from: show(before), to: show(after) }]
  })
  return [...image, ...environment, ...diffSecrets(from, to), ...others]
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function imageDifference(from: ServiceSpec, to: ServiceSpec): readonly SpecDifference[] {
  if (from.image !== to.image) return [{ path: 'image', from: from.image, to: to.image }]
  if (from.digest === to.digest) return []
  return [{ path: 'image', from: `${from.image} (${short(from.digest)})`, to: `${to.image} (${short(to.digest)})` }]
}
const short = (digest: string | undefined) => digest?.replace(/^.*sha256:/, '').slice(0, 8) ?? 'unresolved'

function diffRecord(
  prefix: string,
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): readonly SpecDifference[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  return keys
    .filter(key => canonicalJson(from[key]) !== canonicalJson(to[key]))
    .map(key => ({ path: `${prefix}${key}`, from: show(from[key]), to: show(to[key]) }))
}

/** A secret's own version tells that its value changed, never what it is. */
function diffSecrets(from: ServiceSpec, to: ServiceSpec): readonly SpecDifference[] {
  const changed = Object.keys(to.secrets).filter(name => from.secrets[name] && from.secrets[name].hash !== to.secrets[name]!.hash)
  return changed.sort().map(name => ({ path: name, from: '(secret)', to: '(another secret)' }))
}

function show(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const text = typeof value === 'string' ? value : canonicalJson(value)
  const hidden = referencesIn(text).length ? text.replace(/‹secret:[^›]+›/g, '(secret)') : text
  return hidden.length > 60 ? `${hidden.slice(0, 57)}…` : hidden
}
