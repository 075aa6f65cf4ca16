import { SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager'
import { CodedError } from '../../domain/errors.ts'

/** Waits for a call; `undefined` when Secrets Manager answers one of `expected`, by name. @throws CodedError LS-STORAGE */
export async function unless<T>(expected: readonly string[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof SecretsManagerServiceException && expected.includes(error.name)) return undefined
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new CodedError('LS-STORAGE', `the secret store did not take the call (${why})`, { cause: error })
  }
}

export const MISSING = 'ResourceNotFoundException'
export const THERE_ALREADY = 'ResourceExistsException'
/** Among other things: the secret is being deleted, which takes some seconds. */
export const NOT_NOW = 'InvalidRequestException'
