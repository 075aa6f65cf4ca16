import type { DeploymentView, ServiceStatus, StackStatus } from '../shared/api/contract.ts'
import { CodedError } from '../shared/domain/errors.ts'
import type { Cli } from './command.ts'
import { Interrupted, sleep } from './io.ts'
import { longestName } from './render/progress.ts'
import { ProgressView } from './render/progress-view.ts'

/** What became of a deployment that was followed to its end. */
export type Followed = {
  readonly outcome: 'ok' | 'failed' | 'rolled back' | 'superseded'
  readonly status: StackStatus
  /** Ours, and the rollbacks by policy that it led to. */
  readonly deployments: readonly DeploymentView[]
  readonly milliseconds: number
}

const LOOK_MS = 250

/**
 * Follows until every service has its outcome, showing a line a service. Ctrl-C leaves the deployment going.
 * @throws Interrupted with how to come back, CodedError LS-TIMEOUT
 */
export async function follow(
  cli: Cli,
  stack: string,
  deployment: number,
  options: { readonly timeoutMs?: number } = {},
): Promise<Followed> {
  const { io, api } = cli
  const began = io.now()
  const view = new ProgressView(cli)
  try {
    for (;;) {
      const status = await api.status(stack)
      view.show(concerned(status, began), io.now() - began)
      if (status.settled && (status.deployment?.number ?? 0) >= deployment) return await ended(cli, status, deployment, io.now() - began)
      if (options.timeoutMs !== undefined && io.now() - began > options.timeoutMs) {
        throw new CodedError(
          'LS-TIMEOUT',
          `deployment ${deployment} of ${stack} is not over after ${options.timeoutMs / 1_000} s; it goes on`,
          {
            hint: `longshore status -p ${stack} shows how far it is; longshore rollback -p ${stack} undoes it.`,
          },
        )
      }
      await sleep(io, LOOK_MS)
    }
  } catch (error) {
    view.leave()
    if (error instanceof Interrupted)
      throw new Interrupted(
        `Detached: deployment ${deployment} goes on. To look at it: longshore status -p ${stack}     to undo it: longshore rollback -p ${stack}`,
      )
    throw error
  }
}

/** What is deployed now, and what was removed while we looked. */
function concerned(status: StackStatus, began: number): readonly ServiceStatus[] {
  const isOurs = (service: ServiceStatus) =>
    !(service.removed && service.outcome === 'ok') ||
    (status.deployment?.changed.includes(service.service) && (status.deployment.endedAt ?? began) >= began - 5_000)
  return status.services.filter(isOurs)
}

async function ended(cli: Cli, status: StackStatus, deployment: number, milliseconds: number): Promise<Followed> {
  const { deployments } = await cli.api.history(status.stack)
  const since = deployments.filter(({ number }) => number >= deployment).reverse()
  const [ours, ...later] = since
  const superseding = later.find(({ cause, why }) => !(cause === 'rollback' && why !== undefined))
  const rolledBack = later.length > 0
  const outcome = superseding ? 'superseded' : rolledBack ? 'rolled back' : ours?.outcome === 'ok' ? 'ok' : 'failed'
  return { outcome, status, deployments: since, milliseconds }
}

export const namesWidth = ({ services }: StackStatus): number => longestName(services)
