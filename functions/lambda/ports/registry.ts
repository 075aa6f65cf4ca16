import type { Registry } from '../../../shared/ports/registry.ts'
import { onFirstCall } from '../on-first-call.ts'

export const registry = (): Registry => onFirstCall(async () => (await import('../adapters/registry.ts')).registry(), ['open'])
