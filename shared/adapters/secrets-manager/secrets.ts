import { setTimeout as pause } from 'node:timers/promises'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  paginateListSecrets,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { CodedError } from '../../domain/errors.ts'
import type { LastNumbers } from '../../ports/last-numbers.ts'
import type { Secrets } from '../../ports/secrets.ts'
import { MISSING, NOT_NOW, THERE_ALREADY, unless } from './failures.ts'
import { createHashKey } from './hash-key.ts'
import { secretName, stackPrefix, versionId } from './secret-names.ts'

export type SecretsOptions = {
  readonly client: SecretsManagerClient
  /** Begins every name: `longshore/<installation>`. */
  readonly prefix: string
  /** Outlives the secrets, since a number must never come to mean another value. */
  readonly numbers: LastNumbers
  readonly wait?: (ms: number) => Promise<unknown>
}

export type AwsSecrets = Secrets & {
  /** How a task definition names exactly this version; undefined when the secret is gone. */
  valueFrom(stack: string, name: string, version: number): Promise<string | undefined>
}

/** What Secrets Manager takes for one value, in bytes. */
const MOST_BYTES = 65_536
/** Each loser of a race takes the next number, so this many may put values of one secret at once. */
const ATTEMPTS = 60
/** Secrets Manager deletes in some seconds; a stack that comes again at once waits for it. */
const DELETED_WITHIN_MS = 10_000

/** @throws CodedError LS-SPEC-LIMIT */
function asStored(name: string, value: string): string {
  const text = JSON.stringify({ value })
  if (Buffer.byteLength(text) <= MOST_BYTES) return text
  throw new CodedError('LS-SPEC-LIMIT', `the secret ${name} has more than the ${MOST_BYTES / 1024} KB that Secrets Manager takes`)
}

/**
 * M3 on AWS: one secret a name, and our numbers as its versions' ids. A value stands in JSON under `value`, because an empty one is not
 * taken otherwise. @throws CodedError LS-STORAGE, LS-SPEC-LIMIT
 */
export function createSecrets({ client, prefix, numbers, wait = pause }: SecretsOptions): AwsSecrets {
  const hash = createHashKey(client, prefix)
  const hashOf = (stack: string, name: string, value: string) => hash(JSON.stringify([stack, name, value]))

  async function valueAt(id: string, version: number): Promise<string | undefined> {
    if (version < 1) return undefined
    const get = new GetSecretValueCommand({ SecretId: id, VersionId: versionId(version) })
    const { SecretString } = (await unless([MISSING, NOT_NOW], client.send(get))) ?? {}
    return SecretString === undefined ? undefined : (JSON.parse(SecretString) as { value: string }).value
  }

  /** Whether this value has the number now; no, when another value has it. */
  async function write(id: string, version: number, SecretString: string): Promise<boolean> {
    const token = { ClientRequestToken: versionId(version), SecretString }
    for (let waited = 0; ; ) {
      const put = client.send(new PutSecretValueCommand({ SecretId: id, ...token }))
      const answer = await put.catch((error: Error) => error)
      if (!(answer instanceof Error)) return true
      if (answer.name === THERE_ALREADY) return false
      if (answer.name === MISSING) {
        const made = await unless([THERE_ALREADY, NOT_NOW], client.send(new CreateSecretCommand({ Name: id, ...token })))
        if (made) return true // else it is there now, or not gone yet: put again
      } else if (answer.name !== NOT_NOW) await unless([], Promise.reject(answer))
      if (waited >= DELETED_WITHIN_MS) await unless([], Promise.reject(answer))
      waited += 500
      await wait(500)
    }
  }

  return {
    async put(stack, name, value) {
      const id = secretName(prefix, stack, name)
      const text = asStored(name, value)
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const last = await numbers.last(id)
        if ((await valueAt(id, last)) === value) return { version: last, hash: await hashOf(stack, name, value) }
        const isOurs = await write(id, last + 1, text)
        await numbers.raise(id, last + 1) // for the one who crashed before this as well
        if (isOurs) return { version: last + 1, hash: await hashOf(stack, name, value) }
      }
      throw new CodedError('LS-STORAGE', `${ATTEMPTS} others put values of the secret ${name} meanwhile`)
    },

    async preview(stack, name, value) {
      asStored(name, value)
      const id = secretName(prefix, stack, name)
      const last = await numbers.last(id)
      const isKnown = (await valueAt(id, last)) === value
      return { version: isKnown ? last : last + 1, hash: await hashOf(stack, name, value) }
    },

    get: (stack, name, version) => valueAt(secretName(prefix, stack, name), version),

    async forget(stack) {
      const begins = stackPrefix(prefix, stack)
      const pages = paginateListSecrets({ client }, { Filters: [{ Key: 'name', Values: [begins] }] })
      for await (const page of pages)
        for (const { Name } of page.SecretList ?? [])
          if (Name?.startsWith(begins))
            await unless([MISSING, NOT_NOW], client.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true })))
    },

    async valueFrom(stack, name, version) {
      const id = secretName(prefix, stack, name)
      const { ARN } = (await unless([MISSING], client.send(new DescribeSecretCommand({ SecretId: id })))) ?? {}
      return ARN && `${ARN}:value::${versionId(version)}` // JSON key, no stage, version id; ECS wants every colon
    },
  }
}
