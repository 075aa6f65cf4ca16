import { serviceStream } from '../domain/commit.ts'
import { CodedError } from '../domain/errors.ts'
import type { Service } from '../domain/service.ts'
import { decideProtect } from '../domain/service-decide.ts'
import { isRemoved } from '../domain/stack.ts'
import { type Appended, onService } from './append.ts'
import type { Asker } from './deploy.ts'
import { stackOrThrow } from './find-stack.ts'
import type { LogPorts } from './ports.ts'

export type Protect = {
  /** Tasks by their numbers: 7 is web.7. */
  readonly tasks: readonly number[]
  /** From now; 0 ends the protection. */
  readonly seconds: number
}

/** Keeps tasks from being picked when a service is scaled in, for work that must finish. */
export async function protect(ports: LogPorts, name: string, service: string, asked: Protect, asker: Asker): Promise<Appended<Service>> {
  const wished = (await stackOrThrow(ports, name)).services[service]
  if (!wished || isRemoved(wished)) throw new CodedError('LS-NOT-FOUND', `${name} has no service ${service}`)
  const command = { id: asker.commandId, body: { type: 'protect', ...asked } }
  const until = () => ports.clock.now() + asked.seconds * 1_000
  return onService(ports, serviceStream(name, service), s => decideProtect(s, service, asked.tasks, until()), {
    actor: asker.actor,
    command,
  })
}
