import type { DeploymentView, StackStatus } from '../shared/api/contract.ts'
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
/** How long a host may be away while we follow: it may be restarted. */
const LOST_MS = 60_000

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
  const { io } = cli
  const began = io.now()
  const view = new ProgressView(cli)
  /** What this deployment and its rollbacks are about: the others only stand there. */
  const changed = new Set<string>()
  const api = cli.api.with({
    patienceMs: LOST_MS,
    onLost: () => {
      view.leave()
      io.err('The host does not answer; what it began goes on. Waiting for it.')
    },
  })
  try {
    for (;;) {
      const status = await api.status(stack)
      if ((status.deployment?.number ?? 0) >= deployment) for (const name of status.deployment?.changed ?? []) changed.add(name)
      view.show(
        status.services.filter(({ service, outcome }) => outcome === undefined || changed.has(service)),
        io.now() - began,
      )
      if (isOver(status, deployment)) return await ended(cli, status, deployment, io.now() - began)
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

/** A rollback by policy, recorded with its reason, belongs to the deployment that failed; anything else that is newer takes its place. */
const isByPolicy = ({ cause, why }: DeploymentView): boolean => cause === 'rollback' && why !== undefined

function isOver({ settled, deployment: last }: StackStatus, ours: number): boolean {
  if (!last || last.number < ours) return false
  return settled || (last.number > ours && !isByPolicy(last))
}

async function ended(cli: Cli, status: StackStatus, deployment: number, milliseconds: number): Promise<Followed> {
  const { deployments } = await cli.api.history(status.stack)
  const since = deployments.filter(({ number }) => number >= deployment).reverse()
  const [ours, ...later] = since
  const superseding = later.find(later => !isByPolicy(later))
  const rolledBack = later.length > 0
  const outcome = ours?.outcome === 'ok' ? 'ok' : superseding ? 'superseded' : rolledBack ? 'rolled back' : 'failed'
  return { outcome, status, deployments: since, milliseconds }
}

export const namesWidth = ({ services }: StackStatus): number => longestName(services)
