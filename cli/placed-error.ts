import type { Loaded } from '../shared/compose/load.ts'
import { CodedError } from '../shared/domain/errors.ts'
import { ApiError } from './api-client.ts'

/** An answer about a part of the spec, told with the file and line that the part came from. */
export async function placed<T>(loaded: Pick<Loaded, 'places'>, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ApiError) || error.path === undefined) throw error
    const place = loaded.places(error.path)
    throw place ? new CodedError(error.code, error.message, { place, hint: error.hint, cause: error }) : error
  }
}
