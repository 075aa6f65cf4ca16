import type { ServiceSpec } from '../../domain/spec.ts'
import { isFargate, type ServiceOf } from './ecs-options.ts'
import { refusals } from './fit.ts'
import { MOST_BYTES, registrationOf, type Settings, sizeOf } from './task-definition.ts'

/** Pure. Why this spec can never start here, with the key that says it; undefined: it can. */
export function whyRefused(settings: Settings, spec: ServiceSpec): { readonly refused: string; readonly key?: string } | undefined {
  const [first] = refusals(spec, isFargate(settings.capacity) ? 'fargate' : 'instances')
  if (first) return { refused: first.why, key: first.key }
  const bytes =
    sizeOf(registrationOf(settings, LONGEST, spec, { plain: spec.environment, secret: {} })) +
    SPARE_FOR_SECRETS * Object.keys(spec.secrets).length
  return bytes > MOST_BYTES
    ? { refused: `its task definition would have ${bytes} bytes, more than the ${MOST_BYTES} that ECS takes` }
    : undefined
}

/** The names are not known here; these are as long as any. */
const LONGEST: ServiceOf = { stack: 's'.repeat(63), service: 's'.repeat(63) }
/** A secret's ARN is longer than the reference that it stands for. */
const SPARE_FOR_SECRETS = 250
