import { ECSClient } from '@aws-sdk/client-ecs'
import { createBlobs } from '../../../shared/adapters/dynamo/blobs.ts'
import { createBudgets } from '../../../shared/adapters/dynamo/budgets.ts'
import { createEcsRuntime } from '../../../shared/adapters/ecs/ecs-runtime.ts'
import type { AwsSecrets } from '../../../shared/adapters/secrets-manager/secrets.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Runtime } from '../../../shared/ports/runtime.ts'
import { logTable } from '../dynamo.ts'
import { told } from '../environment.ts'
import { FARGATE } from '../fargate.ts'
import { onFirstCall } from '../on-first-call.ts'
import { PATIENCE } from '../patience.ts'

/** On Fargate, in every subnet that the template told. */
export const runtime = ({ clock, secrets }: { readonly clock: Clock; readonly secrets: AwsSecrets }): Runtime =>
  createEcsRuntime({
    ecs: new ECSClient(PATIENCE),
    clock,
    budgets: createBudgets({ ...logTable(), clock }),
    secrets,
    blobs: createBlobs(logTable()),
    ...FARGATE(),
    cluster: told('cluster'),
    subnets: told('subnets').split(','),
    networks: onFirstCall(async () => (await import('./network-groups.ts')).networkGroups(), ['groupsFor', 'keepOnly']),
    assignPublicIp: told('publicAddress') === 'ENABLED',
  })
