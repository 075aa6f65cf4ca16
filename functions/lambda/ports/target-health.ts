import type { TargetHealth } from '../../../shared/ports/target-health.ts'
import { onFirstCall } from '../on-first-call.ts'

export const targetHealth = (): TargetHealth =>
  onFirstCall(async () => (await import('../adapters/target-health.ts')).targetHealth(), ['look'])
