import type { Blobs } from '../../../shared/ports/blobs.ts'
import { onFirstCall } from '../on-first-call.ts'

export const blobs = (): Blobs => onFirstCall(async () => (await import('../adapters/blobs.ts')).blobs(), ['put', 'get'])
