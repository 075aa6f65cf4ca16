import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tarOf } from '../../shared/adapters/docker/tar.ts'

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A registry on loopback with one image, `<host>/app:1`, whose layer is given only when told so. Engines trust 127.0.0.0/8 without TLS. */
export async function fakeRegistry() {
  const layer = tarOf([{ path: 'hello', type: 'file', content: Buffer.from(`made at ${Date.now()} ${Math.random()}`), mode: 0o644 }])
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }),
  )
  const type = 'application/vnd.docker.distribution.manifest.v2+json'
  const blob = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: blob('application/vnd.docker.container.image.v1+json', config),
      layers: [blob('application/vnd.docker.image.rootfs.diff.tar', layer)],
    }),
  )
  let open = () => {}
  const opened = new Promise<void>(resolve => (open = resolve))
  const pulls: string[] = []
  const send = (response: ServerResponse, bytes: Buffer, contentType: string) =>
    response
      .writeHead(200, { 'content-type': contentType, 'content-length': bytes.length, 'docker-content-digest': digestOf(bytes) })
      .end(bytes)
  const server = createServer(async (request, response) => {
    const url = request.url ?? ''
    if (url === '/v2/') return void response.writeHead(200).end('{}')
    if (url === '/v2/app/manifests/1' || url === `/v2/app/manifests/${digestOf(manifest)}`) return void send(response, manifest, type)
    if (url.endsWith(digestOf(config))) return void send(response, config, 'application/octet-stream')
    if (url.endsWith(digestOf(layer))) {
      pulls.push(url)
      await opened
      return void send(response, layer, 'application/octet-stream')
    }
    response
      .writeHead(404, { 'content-type': 'application/json' })
      .end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    digest: digestOf(manifest),
    pulls,
    giveLayer: () => open(),
    close: () => {
      open()
      server.closeAllConnections()
      return new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}
