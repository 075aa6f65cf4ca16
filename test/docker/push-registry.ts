import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A registry on loopback that takes pushes of whoever knows the password, and keeps manifests by `repository:tag` with their digests. */
export async function pushRegistry(password: string) {
  const manifests = new Map<string, { readonly digest: string; readonly by: string }>()
  const blobs = new Set<string>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const url = new URL(request.url!, 'http://registry')
    const answer = (status: number, headers: Record<string, string> = {}) => response.writeHead(status, headers).end()
    const [, login = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? []
    if (Buffer.from(login, 'base64').toString() !== `AWS:${password}`) return answer(401, { 'www-authenticate': 'Basic realm="test"' })
    if (url.pathname === '/v2/') return answer(200)
    const manifest = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url.pathname)
    if (manifest && request.method === 'PUT') {
      const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
      manifests.set(`${manifest[1]}:${manifest[2]}`, { digest, by: login })
      return answer(201, { 'docker-content-digest': digest })
    }
    const upload = /^\/v2\/(.+)\/blobs\/uploads\//.exec(url.pathname)
    if (upload && request.method === 'POST') return answer(202, { location: `${url.pathname}1`, 'docker-upload-uuid': '1', range: '0-0' })
    if (upload && request.method === 'PATCH') return answer(202, { location: url.pathname, range: `0-${Math.max(0, body.length - 1)}` })
    if (upload && request.method === 'PUT') {
      blobs.add(url.searchParams.get('digest')!)
      return answer(201, { 'docker-content-digest': url.searchParams.get('digest')! })
    }
    return answer(request.method === 'HEAD' && blobs.has(url.pathname.split('/').at(-1)!) ? 200 : 404, { 'content-length': '0' })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    manifests,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}
