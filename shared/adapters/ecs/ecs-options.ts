import type { CapacityProviderStrategyItem, ECSClient, LaunchType } from '@aws-sdk/client-ecs'
import type { Blobs } from '../../ports/blobs.ts'
import type { Budgets } from '../../ports/budgets.ts'
import type { Clock } from '../../ports/clock.ts'
import type { LogLine, LogQuery } from '../../ports/runtime.ts'
import type { Secrets } from '../../ports/secrets.ts'

/** Where tasks run: through capacity providers (the only way to Spot) or by launch type, never both. */
export type Capacity =
  | {
      readonly strategy: readonly CapacityProviderStrategyItem[]
      /** Asked next, for the same task, when the first has no room: `FARGATE` behind `FARGATE_SPOT`. */
      readonly fallback?: readonly CapacityProviderStrategyItem[]
    }
  | { readonly launchType: Extract<LaunchType, 'FARGATE' | 'EC2'> }

type Find = (id: string, runtimeId?: string) => Promise<{ readonly taskArn?: string; readonly group?: string } | undefined>
/** `find`: what ECS knows of the task, for about an hour after its end. */
export type ReadLogs = (id: string, query: LogQuery, find: Find) => Promise<readonly LogLine[]>

export type EcsOptions = {
  readonly ecs: ECSClient
  /** Absent where nobody reads logs (read-logs.ts). */
  readonly logs?: ReadLogs
  readonly clock: Clock
  readonly budgets: Budgets
  /** `valueFrom`: how a task definition names one version of a secret; undefined when it is gone. */
  readonly secrets: Pick<Secrets, 'get' | 'put'> & {
    valueFrom(stack: string, name: string, version: number): Promise<string | undefined>
  }
  /** Contents of configs. */
  readonly blobs: Pick<Blobs, 'get'>
  /** Of the container that writes configs and secrets as files: has `sh`, `base64` and `gunzip`, and no entry point of its own. By digest. */
  readonly filesImage: string
  /** The installation's id: only what bears it is ever listed, stopped or removed (E7). */
  readonly installation: string
  readonly cluster: string
  readonly region: string
  readonly capacity: Capacity
  readonly architecture?: 'X86_64' | 'ARM64'
  readonly subnets: readonly string[]
  /** M4: those of a task, at most 5, made where they are missing. */
  readonly networks: {
    /** `anew`: one that was answered before is gone. */
    groupsFor(networks: readonly string[], anew: boolean): Promise<readonly string[]>
    keepOnly(named: () => Promise<ReadonlySet<string>>): Promise<void>
  }
  readonly assignPublicIp: boolean
  readonly executionRole: string
  /** Of tasks whose file asks for `x-longshore.exec`: it may open the channels of ECS Exec and nothing else. Others have none. */
  readonly execRole: string
  readonly logGroup: string
  /** A task that AWS made longer ago than this was started by an earlier request with the same token. Default 30,000 ms. */
  readonly replayAfterMs?: number
}

/** The service that a task definition is of. */
export type ServiceOf = { readonly stack: string; readonly service: string }

/** Rules of Fargate do not hold on instances of one's own. */
export const isFargate = (capacity: Capacity): boolean =>
  'launchType' in capacity
    ? capacity.launchType === 'FARGATE'
    : capacity.strategy.every(item => item.capacityProvider === 'FARGATE' || item.capacityProvider === 'FARGATE_SPOT')
