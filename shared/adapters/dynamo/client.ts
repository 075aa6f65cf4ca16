import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'

/**
 * A client whose retries fit a short-lived function: six attempts with growing pauses outlast a moment of throttling. Standard rather than
 * adaptive mode, because adaptive holds back calls to every stream when one hot stream is throttled.
 */
export function createDynamoClient(overrides: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 6,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    ...overrides,
  })
}
