import { ECRClient } from '@aws-sdk/client-ecr'
import { createRegistry } from '../../../shared/adapters/ecr/registry.ts'
import type { Registry } from '../../../shared/ports/registry.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

/** `platform`: that of the tasks' definitions (ecs/task-definition.ts). */
export const registry = (): Registry =>
  createRegistry({
    client: new ECRClient(PATIENCE),
    installation: told('installation'),
    registry: told('registry'),
    platform: 'linux/amd64',
  })
