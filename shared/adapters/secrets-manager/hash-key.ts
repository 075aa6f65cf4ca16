import { createHmac, randomBytes } from 'node:crypto'
import { CreateSecretCommand, GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { CodedError } from '../../domain/errors.ts'
import { MISSING, THERE_ALREADY, unless } from './failures.ts'

/**
 * HMAC-SHA256 under a key that stands in Secrets Manager too, made at first use: equal values are seen to be equal in the log, and cannot be
 * guessed without the key (M3). Of two that make it at once the first wins. @throws CodedError LS-STORAGE
 */
export function createHashKey(client: SecretsManagerClient, prefix: string): (text: string) => Promise<string> {
  const name = `${prefix}/hash-key`
  let key: Promise<Buffer> | undefined

  async function load(): Promise<Buffer> {
    const read = () => unless([MISSING], client.send(new GetSecretValueCommand({ SecretId: name })))
    const there = await read()
    if (there?.SecretString) return Buffer.from(there.SecretString, 'hex')
    const SecretString = randomBytes(32).toString('hex')
    const Description = 'Longshore: tells equal secrets from changed ones. Without it every secret looks changed once.'
    await unless([THERE_ALREADY], client.send(new CreateSecretCommand({ Name: name, SecretString, Description })))
    const made = await read()
    if (!made?.SecretString) throw new CodedError('LS-STORAGE', `the secret ${name} was made and cannot be read`)
    return Buffer.from(made.SecretString, 'hex')
  }

  return async text => {
    key ??= load().catch(error => {
      key = undefined
      throw error
    })
    return createHmac('sha256', await key)
      .update(text)
      .digest('hex')
  }
}
