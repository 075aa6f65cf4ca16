import { randomUUID } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { inject } from 'vitest'
import { createTables, type TableNames } from '../../shared/adapters/dynamo/tables.ts'
import type { Make } from '../contracts/fixture.ts'

/** What any client needs to reach the server. */
export const onMoto = () => ({
  endpoint: inject('moto'),
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 3,
  // One request at a time, as DynamoDB takes an item's: moto's threads look at a condition and put in two steps.
  requestHandler: { httpAgent: { keepAlive: true, maxSockets: 1 } },
})

/** Names that no other test uses, since all share one server. */
export const fresh = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`

export type MotoAccount = {
  readonly dynamo: DynamoDBClient
  readonly secrets: SecretsManagerClient
  readonly tables: TableNames
  readonly prefix: string
}

/** An adapter on tables and secrets of its own. */
export const motoFixture =
  <Port>(create: (account: MotoAccount) => Port): Make<Port> =>
  async () => {
    const names = { tables: { log: fresh('log'), rows: fresh('rows') }, prefix: fresh('longshore/test') }
    const clients = () => ({
      dynamo: new DynamoDBClient(onMoto()),
      secrets: new SecretsManagerClient(onMoto()),
    })
    const account = { ...clients(), ...names }
    await createTables(account.dynamo, names.tables)
    return { port: create(account), reopen: async () => create({ ...clients(), ...names }), close: async () => undefined }
  }
