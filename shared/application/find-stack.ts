import { serviceStream, stackStream } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import type { Service } from '../domain/service.ts'
import type { Stack } from '../domain/stack.ts'
import { foldService, foldStack } from './folds.ts'
import type { LogPorts } from './ports.ts'

/** A stack that must be there, and its services: by folding, so that one reads one's own writes (L6). */
type FoldPorts = Pick<LogPorts, 'log' | 'snapshots' | 'folds'>

/** @throws CodedError LS-NOT-FOUND */
export async function stackOrThrow(ports: FoldPorts, name: string): Promise<Stack> {
  const stack = await foldStack(ports, stackStream(name))
  if (stack.version === 0) throw new CodedError('LS-NOT-FOUND', `there is no stack ${name}`, { hint: 'longshore ls lists them.' })
  return stack
}

export type ServicesOf = Readonly<Record<string, Service>>
export async function servicesOf(ports: FoldPorts, name: string, stack: Stack): Promise<ServicesOf> {
  const folded = await Promise.all(
    Object.keys(stack.services).map(async service => [service, await foldService(ports, serviceStream(name, service))] as const),
  )
  return Object.fromEntries(folded)
}
