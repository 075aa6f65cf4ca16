/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, payload format 2.0, as JSON text. */
export function apiEvent({
  method,
  path,
  body,
  key,
}: {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly key?: string
}): string {
  const headers = {
    host: 'longshore.test',
    authorization: 'Bearer user',
    'content-type': 'application/json',
    ...(key ? { 'idempotency-key': key } : {}),
  }
  return JSON.stringify({
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers,
    queryStringParameters: {},
    requestContext: {
      accountId: '0',
      apiId: 'simulated',
      domainName: headers.host,
      domainPrefix: '',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'simulated' },
      requestId: '',
      routeKey: '$default',
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    isBase64Encoded: false,
  })
}

export type HttpAnswer = { readonly statusCode: number; readonly body: string }
