import type { Runtime } from '../../../shared/ports/runtime.ts'
import { onFirstCall } from '../on-first-call.ts'

/** The runtime of who only looks. */
export const listing = (): Pick<Runtime, 'list' | 'named'> =>
  onFirstCall(async () => (await import('../adapters/listing.ts')).listing(), ['list', 'named'])
