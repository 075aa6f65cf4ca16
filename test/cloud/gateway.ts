import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * The name of an HTTP API on AWS leads to its root; on the emulator the API stands under a path. This puts the one before the other, so that
 * the client is told a root as it is on AWS.
 */
export async function openGateway(emulatorUrl: string, apiUrl: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const [id] = new URL(apiUrl).hostname.split('.')
  const { hostname, port } = new URL(emulatorUrl)
  const server = createServer((incoming, outgoing) => {
    const path = `/_aws/execute-api/${id}/$default${incoming.url}`
    const onward = request({ hostname, port, path, method: incoming.method, headers: incoming.headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
