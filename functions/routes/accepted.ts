import type { Accepted } from '../../shared/api/contract.ts'
import { type Appended, onStack } from '../../shared/application/append.ts'
import { stackOrThrow } from '../../shared/application/find-stack.ts'
import { stackStream } from '../../shared/domain/commit.ts'
import { CodedError, type ErrorCode } from '../../shared/domain/errors.ts'
import type { Service } from '../../shared/domain/service.ts'
import type { Stack } from '../../shared/domain/stack.ts'
import { decideStack, type StackCommand } from '../../shared/domain/stack-decide.ts'
import type { CommandPorts } from './context.ts'

/** A command of a stack that is there. */
export async function ask(
  ports: CommandPorts,
  stack: string,
  command: StackCommand,
  actor: string,
  id: string | undefined,
): Promise<Accepted> {
  if (!id) throw new CodedError('LS-REQUEST-INVALID', 'the Idempotency-Key header is missing')
  await stackOrThrow(ports, stack)
  const by = { actor, command: { id, body: command } }
  return accepted(stack, await onStack(ports, stackStream(stack), state => decideStack(state, command), by))
}

export function accepted(stack: string, { state, version, refusal }: Appended<Stack>): Accepted {
  if (refusal) throw new CodedError(refusal.code as ErrorCode, refusal.message)
  const deployment = state.deployments.findLast(record => record.version <= version)
  const touched = Object.values(state.services).some(({ wish }) => wish.stamp === version) // by a pause, which is no deployment
  return { stack, version, deployment: deployment?.number ?? state.lastDeployment, changed: deployment?.version === version || touched }
}

/** The answer to a command of one service, which is no deployment. */
export async function acceptedBy(ports: CommandPorts, stack: string, { version, appended, refusal }: Appended<Service>): Promise<Accepted> {
  if (refusal) throw new CodedError(refusal.code as ErrorCode, refusal.message)
  const { lastDeployment } = await stackOrThrow(ports, stack)
  return { stack, version, deployment: lastDeployment, changed: appended }
}
