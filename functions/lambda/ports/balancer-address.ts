import type { Router } from '../../../shared/ports/router.ts'
import { onFirstCall } from '../on-first-call.ts'

/** The router of who only tells where a stack is reached. */
export const balancerAddress = (): Required<Pick<Router, 'address'>> =>
  onFirstCall(async () => (await import('../adapters/balancer-address.ts')).balancerAddress(), ['address'])
