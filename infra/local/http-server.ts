import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { requestsGoTo } from '../function-table.ts'
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
  const result = JSON.parse(await invoke(functionFor(request), JSON.stringify(gatewayEvent(request, body)))) as GatewayAnswer
  const content = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8')
  response.writeHead(result.statusCode ?? 200, { ...result.headers, 'content-length': content.length }) // else it would go in chunks
  response.end(content)
}

const [QUESTIONS, COMMANDS] = [requestsGoTo('questions'), requestsGoTo('commands')]
const functionFor = ({ method }: IncomingMessage): string => (method === 'GET' ? QUESTIONS : COMMANDS)

/** By events, which cost a command half of what iterating does. */
function readBody(request: IncomingMessage): Promise<Buffer | 'too large'> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MOST_BYTES) chunks.push(chunk)
      else resolve('too large')
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => request.complete || reject(new Error('the client went away'))) // an error costs more than all the rest here
  })
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, payload format 2.0 */
function gatewayEvent(request: IncomingMessage, body: Buffer) {
  const { url = '/' } = request
  const mark = url.indexOf('?')
  const [path, query] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
  const headers: Record<string, string> = {}
  for (const name in request.headers) headers[name] = String(request.headers[name]) // of a list: joined by commas
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers,
    ...(query && { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
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
