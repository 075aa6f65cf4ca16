import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createDynamoClient } from '../../shared/adapters/dynamo/client.ts'
import { told } from './environment.ts'

let made: DynamoDBClient | undefined

/** One client in a process, whatever ports stand on it. */
export const dynamoClient = (): DynamoDBClient => {
  made ??= createDynamoClient()
  return made
}

export const logTable = () => ({ client: dynamoClient(), table: told('logTable') })
