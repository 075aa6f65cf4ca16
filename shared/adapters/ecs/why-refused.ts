import { referencesIn } from '../../domain/secret-text.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Blobs } from '../../ports/blobs.ts'
import { isFargate, type ServiceOf } from './ecs-options.ts'
import { refusals } from './fit.ts'
import { MOST_BYTES, registrationOf, type Settings, sizeOf } from './task-definition.ts'
import { NotStored } from './task-environment.ts'
import { packedContents } from './task-files.ts'

type Refused = { readonly refused: string; readonly key?: string }

/** Why this spec can never start here, with the key that says it; undefined: it can. */
export async function whyRefused(settings: Settings, spec: ServiceSpec, blobs: Pick<Blobs, 'get'>): Promise<Refused | undefined> {
  const [first] = refusals(spec, isFargate(settings.capacity) ? 'fargate' : 'instances')
  if (first) return { refused: first.why, key: first.key }
  try {
    return tooLarge(settings, spec, await packedContents(blobs, spec))
  } catch (error) {
    if (error instanceof NotStored) return { refused: error.message, key: 'configs' }
    throw error
  }
}

function tooLarge(settings: Settings, spec: ServiceSpec, contents: Readonly<Record<string, string>>): Refused | undefined {
  const environments = { own: { plain: spec.environment, secret: {} }, files: { plain: contents, secret: {} } }
  const bytes = sizeOf(registrationOf(settings, LONGEST, spec, environments)) + SPARE_FOR_SECRETS * secretsIn(spec)
  if (bytes <= MOST_BYTES) return undefined
  const refused = `its task definition would have ${bytes} bytes, more than the ${MOST_BYTES} that ECS takes`
  const inConfigs = Object.values(contents).reduce((sum, { length }) => sum + length, 0)
  if (inConfigs * 2 < bytes) return { refused }
  return { refused: `${refused}; ${inConfigs} of them are its configs, compressed. Build what is large into the image`, key: 'configs' }
}

/** Each place that takes a secret names it anew. */
const secretsIn = ({ environment, files }: ServiceSpec): number =>
  Object.values(environment).filter(text => referencesIn(text).length > 0).length + files.filter(file => file.secret !== undefined).length

/** The names are not known here; these are as long as any. */
const LONGEST: ServiceOf = { stack: 's'.repeat(63), service: 's'.repeat(63) }
/** A secret's ARN is longer than the reference that it stands for. */
const SPARE_FOR_SECRETS = 250
