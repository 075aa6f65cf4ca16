import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createLastNumbers } from '../../../shared/adapters/dynamo/last-numbers.ts'
import { type AwsSecrets, createSecrets } from '../../../shared/adapters/secrets-manager/secrets.ts'
import { logTable } from '../dynamo.ts'
import { told } from '../environment.ts'
import { PATIENCE } from '../patience.ts'

export const secrets = (): AwsSecrets =>
  createSecrets({
    client: new SecretsManagerClient(PATIENCE),
    prefix: `longshore/${told('installation')}`,
    numbers: createLastNumbers({ ...logTable(), set: 'secret-versions' }),
  })
