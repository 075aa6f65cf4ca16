import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ECRClient, ImageNotFoundException, RepositoryNotFoundException } from '@aws-sdk/client-ecr'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createImages } from '../../shared/adapters/ecr/images.ts'
import { emptySpec } from '../../shared/domain/spec.ts'
import { makeCanned } from './faulty-client.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const noEcr = () => {
  throw new Error('ECR was asked')
}

/** A registry that speaks the distribution API and gives tokens to strangers, as Docker Hub does. */
describe('images of other registries', () => {
  let server: Server
  let host: string
  let asked: string[]
  let behaviour: (request: IncomingMessage) => { status: number; headers?: Record<string, string>; body?: string }
  beforeEach(async () => {
    asked = []
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim())
      const { status, headers, body } = behaviour(request)
      response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => new Promise(resolve => server.close(resolve)))

  const withToken = (manifest: (request: IncomingMessage) => ReturnType<typeof behaviour>) => (request: IncomingMessage) => {
    if (request.url!.startsWith('/token')) return { status: 200, body: '{"token":"t0k"}' }
    if (request.headers.authorization === 'Bearer t0k') return manifest(request)
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${host}/token",service="registry.test"` } }
  }
  const resolve = (reference: string) => createImages({ client: noEcr }).resolve(reference, emptySpec)

  it('a tag becomes a digest, by HEAD and with the anonymous token that the registry points to', async () => {
    behaviour = withToken(() => ({ status: 200, headers: { 'docker-content-digest': DIGEST } }))
    expect(await resolve(`${host}/team/app:1.2`)).toBe(`${host}/team/app@${DIGEST}`)
    expect(asked).toEqual([
      'HEAD /v2/team/app/manifests/1.2',
      'GET /token?service=registry.test&scope=repository%3Ateam%2Fapp%3Apull',
      'HEAD /v2/team/app/manifests/1.2 Bearer t0k',
    ])
  })

  it('without a tag it is latest; a digest is looked up and kept', async () => {
    behaviour = () => ({ status: 200, headers: { 'docker-content-digest': DIGEST } })
    expect(await resolve(`${host}/app`)).toBe(`${host}/app@${DIGEST}`)
    expect(await resolve(`${host}/app:1@${DIGEST}`)).toBe(`${host}/app@${DIGEST}`)
    expect(asked).toEqual(['HEAD /v2/app/manifests/latest', `HEAD /v2/app/manifests/${DIGEST}`])
  })

  it('computes the digest where the registry does not tell it', async () => {
    behaviour = () => ({ status: 200, body: '{}' })
    const ofBraces = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    expect(await resolve(`${host}/app`)).toBe(`${host}/app@${ofBraces}`)
  })

  it.each([404, 403, 401])('a %i with the token in hand is an image that does not exist', async status => {
    behaviour = withToken(() => ({ status }))
    await expect(resolve(`${host}/team/app:no`)).rejects.toMatchObject({ code: 'LS-IMAGE-NOT-FOUND', hint: /Check the name/ })
  })

  it.each([429, 500, 503])('a %i says nothing about the image, and the message tells so', async status => {
    behaviour = () => ({ status })
    await expect(resolve(`${host}/app`)).rejects.toMatchObject({ code: 'LS-IMAGE-NOT-FOUND', hint: /Try again/ })
  })

  it('a registry that is not there, or gives strangers no token, is told apart', async () => {
    behaviour = () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } })
    await expect(resolve(`${host}/app`)).rejects.toThrow('wants a login')
    await expect(resolve('127.0.0.1:1/app')).rejects.toThrow('could not be asked')
  })

  it('a token is fetched from an encrypted place only', async () => {
    behaviour = () => ({ status: 401, headers: { 'www-authenticate': 'Bearer realm="http://evil.example/token"' } })
    await expect(resolve(`${host}/app`)).rejects.toThrow('wants a login')
    expect(asked).toHaveLength(1)
  })

  it('Docker Hub answers under its registry’s name, and keeps short names short', async () => {
    const urls: string[] = []
    const fetched = (async (url: string | URL) => {
      urls.push(String(url))
      return new Response(null, { status: 200, headers: { 'docker-content-digest': DIGEST } })
    }) as typeof fetch
    expect(await createImages({ client: noEcr, fetch: fetched }).resolve('nginx:1.27', emptySpec)).toBe(`nginx@${DIGEST}`)
    expect(urls).toEqual(['https://registry-1.docker.io/v2/library/nginx/manifests/1.27'])
  })
})

describe('images of ECR', () => {
  const answering = (answer: (input: unknown) => unknown) => {
    const inputs: unknown[] = []
    const regions: (string | undefined)[] = []
    const images = createImages({
      registry: 'localhost:4566',
      client: region => {
        regions.push(region)
        return makeCanned(new ECRClient({ region: 'us-east-1' }), (_command, input) => {
          inputs.push(input)
          return answer(input)
        }).client
      },
    })
    return { images, inputs, regions }
  }

  it('are asked for by API, in the account and Region of their name', async () => {
    const { images, inputs, regions } = answering(() => ({ imageDetails: [{ imageDigest: DIGEST }] }))
    const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
    expect(await images.resolve(`${host}/shop/web:7`, emptySpec)).toBe(`${host}/shop/web@${DIGEST}`)
    expect(inputs).toEqual([{ registryId: '123456789012', repositoryName: 'shop/web', imageIds: [{ imageTag: '7' }] }])
    expect(regions).toEqual(['eu-central-1'])
  })

  it('of the installation’s own registry are asked for by API, whatever its host looks like', async () => {
    const { images, regions } = answering(() => ({ imageDetails: [{ imageDigest: DIGEST }] }))
    expect(await images.resolve('localhost:4566/shop/web', emptySpec)).toBe(`localhost:4566/shop/web@${DIGEST}`)
    expect(regions).toEqual([undefined])
  })

  it.each([
    ['no such tag', new ImageNotFoundException({ $metadata: {}, message: 'The image does not exist' })],
    ['no such repository', new RepositoryNotFoundException({ $metadata: {}, message: 'The repository does not exist' })],
  ])('%s is LS-IMAGE-NOT-FOUND', async (_what, error) => {
    const { images } = answering(() => {
      throw error
    })
    await expect(images.resolve('localhost:4566/shop/web:no', emptySpec)).rejects.toMatchObject({ code: 'LS-IMAGE-NOT-FOUND' })
  })
})
