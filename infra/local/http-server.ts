import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Invoke } from './queue.ts'

/** API Gateway's limit for a body. */
const MOST_BYTES = 10_000_000

type GatewayAnswer = {
  readonly statusCode?: number
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

/** What API Gateway v2 does in the cloud: each request becomes its event, each answer a response. Loopback only. */
export function createHttpServer(invoke: Invoke): Server {
  const server = createServer((request, response) => {
    answer(invoke, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { code: 'LS-INTERNAL', message: 'the request could not be handled' } }))
    })
  })
  server.keepAliveTimeout = 65_000
  return server
}

async function answer(invoke: Invoke, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request)
  if (body === 'too large') {
    response.writeHead(413, { 'content-type': 'application/json', connection: 'close' })
    response.end(JSON.stringify({ error: { code: 'LS-REQUEST-INVALID', message: `a request may have ${MOST_BYTES} bytes` } }))
    return
  }
  const result = JSON.parse(await invoke('api', JSON.stringify(gatewayEvent(request, body)))) as GatewayAnswer
  response.writeHead(result.statusCode ?? 200, result.headers)
  response.end(result.isBase64Encoded ? Buffer.from(result.body ?? '', 'base64') : result.body)
}

async function readBody(request: IncomingMessage): Promise<Buffer | 'too large'> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES) return 'too large'
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, payload format 2.0 */
function gatewayEvent(request: IncomingMessage, body: Buffer) {
  const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s)
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : (value ?? '')]),
  )
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers,
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
    requestContext: {
      accountId: 'home',
      apiId: 'home',
      domainName: headers['host'] ?? '',
      domainPrefix: '',
      http: {
        method: request.method ?? 'GET',
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: '',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    body: body.length ? body.toString('utf8') : undefined,
    isBase64Encoded: false,
  }
}
