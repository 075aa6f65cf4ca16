import { ConditionalCheckFailedException, DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
import { CodedError } from '../../domain/errors.ts'

/** Answers that say our own request is wrong: a bug to be seen as itself, not an unreachable database. */
const OUR_FAULT = ['ValidationException', 'SerializationException', 'UnknownOperationException']

const TOO_LARGE = /exceeded the maximum allowed size/

/** What a failed call means: a refused condition and our own bugs stay as they are; anything else is storage that cannot be used. */
export function storageError(error: unknown): unknown {
  if (error instanceof CodedError || error instanceof ConditionalCheckFailedException) return error
  if (error instanceof DynamoDBServiceException && OUR_FAULT.includes(error.name))
    return TOO_LARGE.test(error.message) ? tooLarge(error) : error
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new CodedError('LS-STORAGE', `the database did not take the call (${why})`, { cause: error })
}

export const tooLarge = (cause?: unknown): CodedError =>
  new CodedError('LS-SPEC-LIMIT', 'a commit may hold at most 400 KB', {
    hint: 'Split the stack, or move long inline contents into files: those are stored apart.',
    cause,
  })

/** Waits for a call. @throws CodedError LS-STORAGE, LS-SPEC-LIMIT; ConditionalCheckFailedException */
export async function sent<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw storageError(error)
  }
}

/** Waits for a conditional call: undefined when its condition was refused. @throws CodedError LS-STORAGE, LS-SPEC-LIMIT */
export async function unlessRefused<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await sent(call)
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}

/** The pages of a paginator. @throws CodedError LS-STORAGE */
export async function* sentPages<T>(pages: AsyncGenerator<T>): AsyncGenerator<T> {
  for (;;) {
    const next = await sent(pages.next())
    if (next.done) return
    yield next.value
  }
}
