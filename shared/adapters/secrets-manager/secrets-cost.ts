import { composedName, isWhole, versionsIn } from '../../domain/composed-secret.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Estimate, Planned } from '../../ports/estimate.ts'
import { secretName } from './secret-names.ts'

/** us-east-1, US dollars a month for each secret, whatever its versions (aws.amazon.com/secrets-manager/pricing, 2026-11). */
const SECRET_MONTH = 0.4

/** Each secret that a service refers to, and each that is made of several; services of one stack share them. */
export function secretsEstimate(prefix: string, { stack, spec }: Planned): Estimate {
  const names = [...Object.keys(spec.secrets), ...composedOf(spec)]
  return {
    resources: [],
    shared: Object.fromEntries(names.map(name => [`secret ${secretName(prefix, stack, name)}`, SECRET_MONTH])),
    idle: 0,
    running: 0,
  }
}

const composedOf = (spec: ServiceSpec): readonly string[] =>
  Object.values(spec.environment).flatMap(text => {
    const versions = versionsIn(text, spec)
    return versions.length === 0 || isWhole(text, versions) ? [] : [composedName(text, versions)]
  })
