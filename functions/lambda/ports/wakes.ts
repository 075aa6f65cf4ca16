import type { Wakes } from '../../../shared/ports/wakes.ts'
import { onFirstCall } from '../on-first-call.ts'

/** Of who seldom sends one. */
export const wakes = (): Wakes => onFirstCall(async () => (await import('../adapters/wakes.ts')).wakes(), ['send'])
