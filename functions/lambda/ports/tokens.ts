import type { Tokens } from '../../../shared/ports/tokens.ts'
import { onFirstCall } from '../on-first-call.ts'
import { clock } from '../ports.ts'

export const tokens = (): Tokens => onFirstCall(async () => (await import('../adapters/tokens.ts')).tokens(clock), ['actorOf'])
