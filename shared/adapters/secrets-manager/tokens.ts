import { createHash, timingSafeEqual } from 'node:crypto'
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { Clock } from '../../ports/clock.ts'
import type { Tokens } from '../../ports/tokens.ts'
import { MISSING, unless } from './failures.ts'

export type TokensOptions = {
  readonly client: SecretsManagerClient
  /** Name or ARN of the installation's token, which the template makes and nobody has to type. */
  readonly secret: string
  readonly clock: Clock
}

/** A rotated token is known after this long at most. */
const KNOWN_FOR_MS = 60_000

/** A random answer to unknown tokens must not ask Secrets Manager each time: what was read is believed for a minute, and only its hash is kept. */
type Known = { readonly hashes: readonly Buffer[]; readonly at: number }

/**
 * The installation's own bearer token (ADR 8). After a rotation the one before it is still good until the next, so that clients can
 * be changed one by one. @throws CodedError LS-STORAGE when it cannot be read: nobody is let in
 */
export function createTokens({ client, secret, clock }: TokensOptions): Tokens {
  let known: Known | undefined

  async function hashAt(stage: string): Promise<Buffer | undefined> {
    const get = new GetSecretValueCommand({ SecretId: secret, VersionStage: stage })
    const { SecretString } = (await unless([MISSING], client.send(get))) ?? {}
    return SecretString ? sha256(SecretString) : undefined
  }

  return {
    async actorOf(token) {
      const now = clock.now()
      if (!known || Math.abs(now - known.at) >= KNOWN_FOR_MS) {
        const hashes = await Promise.all(['AWSCURRENT', 'AWSPREVIOUS'].map(hashAt))
        known = { hashes: hashes.filter(hash => hash !== undefined), at: now }
      }
      const given = sha256(token)
      const [current, previous] = known.hashes.map(hash => timingSafeEqual(hash, given))
      return current || previous ? 'token installation' : undefined
    },
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
