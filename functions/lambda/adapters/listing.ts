import { ECSClient } from '@aws-sdk/client-ecs'
import { listSeen, seenByArn } from '../../../shared/adapters/ecs/list-seen.ts'
import type { Runtime } from '../../../shared/ports/runtime.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const listing = (): Pick<Runtime, 'list' | 'named'> => {
  const at = { ecs: new ECSClient(PATIENCE), cluster: told('cluster'), installation: told('installation') }
  return { list: stream => listSeen(at, stream), named: arns => seenByArn(at, arns) }
}
