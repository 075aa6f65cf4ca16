import type { Loaded } from '../shared/compose/load.ts'
import { CodedError, type Place } from '../shared/domain/errors.ts'
import { ApiError } from './api-client.ts'

/** An answer about a part of the spec, told with the file and line that the part came from. */
export async function placed<T>(loaded: Pick<Loaded, 'places'>, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ApiError) || error.path === undefined) throw error
    const place = nearest(loaded, error.path)
    throw place ? new CodedError(error.code, error.message, { place, hint: error.hint, cause: error }) : error
  }
}

/** A part that follows from others (a network that nobody wrote down) has the place of the nearest one around it that is in the file. */
function nearest({ places }: Pick<Loaded, 'places'>, path: string): Place | undefined {
  for (let steps = path.split('.'); steps.length > 1; steps = steps.slice(0, -1)) {
    const place = places(steps.join('.'))
    if (place) return place
  }
  return undefined
}
