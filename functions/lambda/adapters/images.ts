import { ECRClient } from '@aws-sdk/client-ecr'
import { createImages } from '../../../shared/adapters/ecr/images.ts'
import type { Ports } from '../../../shared/application/ports.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const images = (): Ports['images'] =>
  createImages({ client: region => new ECRClient(region ? { ...PATIENCE, region } : PATIENCE), registry: told('registry') })
