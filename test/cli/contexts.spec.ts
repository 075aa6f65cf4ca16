import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run, type Surroundings } from './run-in-process.ts'

const CLOUD = { version: '0.1.0', installation: 'longshore', runtime: 'ecs', runtimeDetail: 'tasks of cluster longshore' }
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

let folder: string
let server: Server
let url: string
let asked: { readonly request: IncomingMessage; readonly body: string }[]
let answer: (path: string) => { readonly status: number; readonly body: string }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'longshore-contexts-'))
  asked = []
  answer = path => ({ status: 200, body: JSON.stringify(path.endsWith('/v1/host') ? CLOUD : { stacks: [] }) })
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ request, body })
    const { status, body: text } = answer(request.url!)
    response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const name of [...Object.keys(KEYS), 'AWS_EC2_METADATA_DISABLED', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'])
    delete process.env[name]
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  rmSync(folder, { recursive: true })
})

const longshore = (argv: string, around: Surroundings = {}) =>
  run(argv.split(' '), { cwd: folder, ...around, env: { HOME: folder, LONGSHORE_CONFIG: join(folder, 'config'), ...around.env } })
const book = () => readFileSync(join(folder, 'config', 'contexts.json'), 'utf8')

describe('contexts', () => {
  it('are kept for nobody else’s eyes, listed with the current one, shown without their token, and forgotten', async () => {
    expect(await longshore(`context add prod ${url} --token s3cret`)).toMatchObject({
      code: 0,
      out: expect.stringContaining(`Added prod: ${url} (Longshore 0.1.0, tasks of cluster longshore)`),
    })
    expect(statSync(join(folder, 'config', 'contexts.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'config')).mode & 0o777).toBe(0o700)
    expect(await longshore('context use prod')).toMatchObject({ code: 0, out: `Commands talk to prod now: ${url}\n` })
    const { out } = await longshore('context ls')
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^NAME +URL +ACCESS$/),
      expect.stringMatching(/^local +this machine$/),
      expect.stringMatching(/^prod \* +http:.* +token$/),
    ])
    const told = [out, (await longshore('context show --format json')).out, (await longshore('context ls --format json')).out].join()
    expect(told).not.toContain('s3cret')
    expect(book()).toContain('s3cret')
    expect((await longshore('context rm prod')).out).toContain('this machine now')
    expect(book()).not.toContain('s3cret')
    expect((await longshore('context show')).out).toBe('local   this machine\n')
  })

  it.each([
    ['add local https://a.example --token x', 'it is this machine'],
    ['add ../x https://a.example --token x', 'is no name'],
    ['add a ftp://a.example --token x', 'is not the URL'],
    ['add a https://me:pw@a.example --token x', 'is not the URL'],
    ['add a http://a.example --token x', 'not encrypted'],
    ['add a https://a.example', 'how do you prove'],
    ['add a https://a.example --iam', '--region'],
    ['add a https://a.example --iam --token x', 'not both'],
    ['use nowhere', 'there is no context nowhere'],
    ['rm toString', 'there is no context toString'],
    ['rm local', 'cannot be forgotten'],
  ])('context %s is refused and nothing is kept', async (argv, why) => {
    const { code, err } = await longshore(`context ${argv}`)
    expect([code, err]).toEqual([2, expect.stringContaining(why)])
    expect(() => book()).toThrow('ENOENT')
  })

  it('a name is not taken twice; a file that is no list is neither shown nor overwritten', async () => {
    await longshore(`context add prod ${url} --token one`)
    expect((await longshore(`context add prod ${url} --token two`)).err).toContain('already')
    expect(book()).toContain('"one"')
    writeFileSync(join(folder, 'config', 'contexts.json'), '{"token":"s3cret"')
    const { code, err } = await longshore('context use prod')
    expect([code, err]).toEqual([2, expect.stringContaining('is no list of contexts')])
    expect(err).not.toContain('s3cret')
    expect(book()).toBe('{"token":"s3cret"')
  })

  it('one that does not answer is kept, and the reason is told', async () => {
    const { code, err } = await longshore('context add prod http://127.0.0.1:1 --token x')
    expect([code, err]).toEqual([0, expect.stringContaining('does not answer yet: no Longshore host answers at http://127.0.0.1:1')])
  })
})

describe('a command in a context elsewhere', () => {
  beforeEach(() => longshore(`context add prod ${url} --token s3cret`))

  it.each([
    ['--context prod', '', {}],
    ['its variable', '', { LONGSHORE_CONTEXT: 'prod' }],
    ['context use', 'prod', {}],
  ])('chosen by %s, tells it before it asks there, and brings the token', async (how, used, env) => {
    if (used) await longshore(`context use ${used}`)
    asked = []
    const { code, out, err } = await longshore(how.startsWith('--') ? `${how} ls` : 'ls', { env })
    expect([code, err]).toEqual([0, `Context prod: ${url}\n`])
    expect(out).toContain('There are no stacks')
    expect(asked.map(({ request }) => `${request.url} ${request.headers.authorization}`)).toEqual([
      '/v1/host Bearer s3cret',
      '/v1/stacks Bearer s3cret',
    ])
  })

  it('tells it to machines as JSON, beside the one document', async () => {
    const { out, err } = await longshore('ls --context prod --format json')
    expect(JSON.parse(err)).toEqual({ target: { context: 'prod', url } })
    expect(JSON.parse(out)).toEqual({ stacks: [] })
  })

  it('a data folder means this machine, unless the context is named', async () => {
    await longshore('context use prod')
    asked = []
    expect((await longshore(`ls --data ${folder}`)).err).toContain('no Longshore host runs')
    expect(asked).toEqual([])
    expect((await longshore(`ls --data ${folder} --context prod`)).code).toBe(0)
  })

  it('no host is started for it', async () => {
    const { code, err } = await longshore('host --context prod')
    expect([code, err]).toEqual([2, expect.stringContaining('say --context local')])
  })

  it('a gateway that lets nobody in is told as that, at once', async () => {
    answer = () => ({ status: 403, body: '{"message":"Forbidden"}' })
    const { code, err } = await longshore('ls --context prod')
    expect([code, err]).toEqual([1, expect.stringContaining('LS-UNAUTHENTICATED')])
    expect(err).toContain('HTTP 403, {"message":"Forbidden"}')
  })

  it('the URL of an API may end in a path', async () => {
    await longshore(`context add deep ${url}/_aws/api/x/ --token t`)
    asked = []
    await longshore('ls --context deep')
    expect(asked.map(({ request }) => request.url)).toEqual(['/_aws/api/x/v1/host', '/_aws/api/x/v1/stacks'])
  })
})

/** AWS's recipe for a signature, written down once more (API reference, "Create a signed AWS API request"). */
function expectedSignature({ request, body }: (typeof asked)[number], secret: string): string {
  const { headers } = request
  const [, scope = '', names = ''] = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers.authorization!) ?? []
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const [path = '', query = ''] = request.url!.split('?')
  const twice = path.split('/').map(encodeURIComponent).join('/')
  const canonical = [
    request.method,
    twice,
    query.split('&').toSorted().join('&'),
    ...names.split(';').map(name => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    hash(body),
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secret}`)
  return hmac(key, toSign).toString('hex')
}

describe('a context by IAM', () => {
  it('signs every request for execute-api, on the way in that AWS checks', async () => {
    Object.assign(process.env, KEYS)
    await longshore(`context add prod ${url} --iam --region eu-west-1`)
    asked = []
    answer = path => ({ status: 200, body: JSON.stringify(path.endsWith('/v1/host') ? CLOUD : { events: [], cursor: 'c' }) })
    await longshore('--context prod -p shop explain a+b&c')
    await longshore('--context prod -p shop scale web=3 -d')
    expect(asked.map(({ request }) => request.url)).toEqual([
      '/iam/v1/host',
      '/iam/v1/stacks/shop/explain?subject=a%2Bb%26c',
      '/iam/v1/host',
      '/iam/v1/stacks/shop/services/web/scale',
    ])
    for (const one of asked) {
      expect(one.request.headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request/,
      )
      expect(one.request.headers.authorization).toContain(`Signature=${expectedSignature(one, KEYS.AWS_SECRET_ACCESS_KEY)}`)
      expect(one.request.headers.authorization).toMatch(/SignedHeaders=[^,]*host/)
    }
  })

  it('takes the Region from the URL and keeps the profile, but no key', async () => {
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: join(folder, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    })
    const { code, err } = await longshore('context add prod https://abc.execute-api.eu-central-1.amazonaws.com --aws-profile ops')
    expect([code, err]).toEqual([0, expect.stringContaining('no AWS credentials to sign with in the profile ops')])
    expect(JSON.parse(book())).toEqual({
      current: 'local',
      contexts: {
        prod: { url: 'https://abc.execute-api.eu-central-1.amazonaws.com', access: { iam: { region: 'eu-central-1', profile: 'ops' } } },
      },
    })
  })
})
