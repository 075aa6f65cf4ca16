import { Agent, type AgentOptions, type Server } from 'node:http'
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { directRequests } from './direct-requests.ts'

/** The SDK on the local socket: for whoever is not the host itself. */
export const createEmbeddedClient = (socketPath: string): DynamoDBClient =>
  clientOn({ httpAgent: agentOn(socketPath), requestTimeout: 30_000, throwOnRequestTimeout: true })

/** The SDK on the server of this process. */
export const createDirectClient = (server: Server): DynamoDBClient => clientOn(directRequests(server) as never)

/**
 * Signing costs a quarter of a put and proves nothing here: whoever may open the socket owns the data, so the signature is a stub that
 * dynalite takes for one. Never use it for anything else.
 */
function clientOn(requestHandler: NonNullable<DynamoDBClientConfig['requestHandler']>): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: 'http://localhost',
    region: 'us-east-1',
    credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
    signer: {
      sign: async request => ({ ...request, headers: { ...request.headers, authorization: STUB, 'x-amz-date': '20260101T000000Z' } }),
    },
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler,
  })
}

/** The agent hands `socketPath` on to each connection, which Node documents for requests and its types know only there. */
const agentOn = (socketPath: string) => new Agent({ socketPath, keepAlive: true, maxSockets: 256 } as AgentOptions)

const STUB = 'AWS4-HMAC-SHA256 Credential=embedded/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0'
