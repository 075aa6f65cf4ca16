import type { Images } from '../../../shared/ports/runtime.ts'
import { onFirstCall } from '../on-first-call.ts'

export const images = (): Images => onFirstCall(async () => (await import('../adapters/images.ts')).images(), ['resolve'])
