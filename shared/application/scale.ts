import { serviceStream } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import type { Service } from '../domain/service.ts'
import { decideScaleAsked } from '../domain/service-decide.ts'
import { isRemoved } from '../domain/stack.ts'
import { type Appended, onService } from './append.ts'
import type { Asker } from './deploy.ts'
import { stackOrThrow } from './find-stack.ts'
import type { LogPorts } from './ports.ts'

/** M1: carries the stack version read when it was accepted, so that no late hand-over undoes it. */
export async function scale(ports: LogPorts, name: string, service: string, replicas: number, asker: Asker): Promise<Appended<Service>> {
  const stack = await stackOrThrow(ports, name)
  const wished = stack.services[service]
  if (!wished || isRemoved(wished)) {
    const there = Object.entries(stack.services).flatMap(([other, of]) => (isRemoved(of) ? [] : [other]))
    throw new CodedError('LS-NOT-FOUND', `${name} has no service ${service}`, {
      hint: there.length ? `Its services: ${there.join(', ')}` : `${name} is down; longshore up brings it back.`,
    })
  }
  const command = { id: asker.commandId, body: { type: 'scale', replicas } }
  return onService(ports, serviceStream(name, service), s => decideScaleAsked(s, replicas, stack.version), { actor: asker.actor, command })
}
