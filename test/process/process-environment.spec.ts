import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { secretReference } from '../../shared/domain/secret-text.ts'
import type { ServiceSpec } from '../../shared/domain/spec.ts'
import { eventually } from '../contracts/eventually.ts'
import { ended, freshRequest, hasPrinted, textsOf } from '../contracts/runtime-harness.ts'
import { makeWorld, processesOf, scripted, supervisorsOf } from './process-world.ts'

const world = makeWorld()
afterAll(() => world.close())
const runtime = world.open()

const environmentOf = async (spec: ServiceSpec): Promise<Record<string, string>> => {
  const request = freshRequest(world.options, spec)
  await runtime.start(request)
  await ended(runtime, request.id)
  const lines = await textsOf(runtime, request.id)
  return Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

/** Every file under a folder, with its text; one that was renamed or removed since it was listed is left out. */
const filesUnder = (folder: string): readonly { readonly path: string; readonly text: string }[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .flatMap(path => {
      try {
        return [{ path, text: readFileSync(path, 'latin1') }]
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw error
      }
    })

describe('what a process is told', () => {
  it('M5: PORT is the first target, every target has its own free port, and each answers at its address', async () => {
    const listen = ['PORT_3000', 'PORT_4000'].map(
      name => `http.createServer((_,r)=>r.end('${name}')).listen(process.env.${name},'127.0.0.1')`,
    )
    const spec: ServiceSpec = {
      ...scripted(''),
      process: { command: [process.execPath, '-e', `const http=require('http');${listen.join(';')};console.log(process.env.PORT)`] },
      ports: [{ target: 3000, protocol: 'tcp', layer: 'http' }],
      expose: [
        { target: 4000, protocol: 'tcp' },
        { target: 3000, protocol: 'udp' },
      ],
    }
    const request = freshRequest(world.options, spec)
    const { addresses } = await runtime.start(request)
    expect(Object.keys(addresses!).sort()).toEqual(['3000/tcp', '3000/udp', '4000/tcp'])
    expect(addresses!['3000/udp']).toEqual(addresses!['3000/tcp'])
    expect(addresses!['4000/tcp']!.port).not.toBe(addresses!['3000/tcp']!.port)
    const ask = (port: number): Promise<string> =>
      eventually('it answers', async () => await (await fetch(`http://127.0.0.1:${port}/`)).text())
    expect(await ask(addresses!['3000/tcp']!.port)).toBe('PORT_3000')
    expect(await ask(addresses!['4000/tcp']!.port)).toBe('PORT_4000')
    await hasPrinted(runtime, request.id, String(addresses!['3000/tcp']!.port))
    await runtime.stop(request.id, { graceMs: 0 })
  })

  it('M5: finds a peer by its name, knows itself, and has the later of two values of one key', async () => {
    const told = await environmentOf({
      ...scripted('env', { environment: { DB_HOST: 'db', A: 'service', B: 'service', PORT: '80', HOST: '0.0.0.0', LONGSHORE_STACK: 'x' } }),
      expose: [{ target: 80, protocol: 'tcp' }],
      process: { command: ['/usr/bin/env'], peers: { db: 5432, 'my-cache': 6379 }, environment: { B: 'process' } },
    })
    expect(told).toMatchObject({
      DB_HOST: '127.0.0.9',
      DB_PORT: '5434',
      MY_CACHE_HOST: '127.0.0.9',
      MY_CACHE_PORT: '6387',
      A: 'service',
      B: 'process',
      HOST: '127.0.0.1',
      LONGSHORE_SERVICE: 'web',
      LONGSHORE_STACK: 'shop',
    })
    expect(told['LONGSHORE_TASK']).toMatch(/^web\.\d+$/)
    expect(told['PORT']).toBe(told['PORT_80'])
    expect(told['PORT']).not.toBe('80')
  })

  it('M5: has none of the host’s own environment but what programs need', async () => {
    process.env['LONGSHORE_TEST_CREDENTIAL'] = 'only for the host'
    try {
      const told = await environmentOf({ ...scripted(''), process: { command: ['env'] } })
      expect(told['PATH']).toBe(process.env['PATH'])
      for (const key of ['LONGSHORE_TEST_CREDENTIAL', 'NODE_COMPILE_CACHE', 'PORT']) expect(told).not.toHaveProperty(key)
    } finally {
      delete process.env['LONGSHORE_TEST_CREDENTIAL']
    }
  })

  it('passes a variable of 100,000 bytes whole', async () => {
    const told = await environmentOf(scripted('echo length=$(printf %s "$BIG" | wc -c)', { environment: { BIG: 'x'.repeat(100_000) } }))
    expect(told['length']!.trim()).toBe('100000')
  })

  it('runs in the folder that it names, or in one of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'longshore-cwd-'))
    const told = await environmentOf({ ...scripted(''), process: { command: ['/bin/sh', '-c', 'echo cwd=$(pwd)'], cwd: folder } })
    expect(told['cwd']).toBe(folder)
    rmSync(folder, { recursive: true })
    expect((await environmentOf(scripted('echo cwd=$(pwd)')))['cwd']).toMatch(/\/tasks\/web-.*\/work$/)
  })
})

describe('configs and secrets of a process', () => {
  it('M5: stand as files of the mode that was told, and go when it ends', async () => {
    world.secrets.set('shop/db-password/2', 'planted-in-a-file')
    world.blobs.set('abc', Buffer.from('listen 80;\n'))
    const request = freshRequest(
      world.options,
      scripted('cat "$LONGSHORE_FILE_NGINX_CONF"; echo "$LONGSHORE_FILE_DB_PASSWORD"; exec sleep 60', {
        files: [
          { kind: 'config', name: 'nginx.conf', target: '/etc/nginx.conf', content: 'abc', mode: 0o440 },
          { kind: 'secret', name: 'db-password', target: '/run/secrets/db-password', secret: 'db-password' },
        ],
        secrets: { 'db-password': { version: 2, hash: 'h' } },
      }),
    )
    await runtime.start(request)
    await hasPrinted(runtime, request.id, 'listen 80;')
    const path = await eventually('the path', async () => (await textsOf(runtime, request.id))[1])
    expect(readFileSync(path, 'utf8')).toBe('planted-in-a-file')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(path, '../nginx.conf')).mode & 0o777).toBe(0o440)
    const folder = join(world.folder, 'tasks', request.id)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    await runtime.stop(request.id, { graceMs: 5_000 })
    await ended(runtime, request.id)
    expect(filesUnder(folder).filter(file => file.text.includes('planted'))).toEqual([])
  })

  it('M3: a secret in the environment is in no file, in no command line and not in the supervisor’s environment', async () => {
    const planted = 'planted-in-the-environment-51c7'
    world.secrets.set('shop/token/1', planted)
    const reference = `Bearer ${secretReference('token')}`
    const request = freshRequest(
      world.options,
      scripted('test "$TOKEN" = "$ALSO" && test -n "$TOKEN" && echo equal; exec sleep 60', {
        environment: { TOKEN: reference },
        process: {
          command: ['/bin/sh', '-c', 'test "$TOKEN" = "$ALSO" && test -n "$TOKEN" && echo equal; exec sleep 60'],
          environment: { ALSO: reference },
        },
        healthcheck: { test: ['CMD-SHELL', 'test -n "$TOKEN"'], interval: 50, timeout: 5_000, retries: 1, startPeriod: 0 },
        secrets: { token: { version: 1, hash: 'h' } },
      }),
    )
    await runtime.start(request)
    await hasPrinted(runtime, request.id, 'equal')
    await eventually('it is healthy', async () => (await runtime.lookup(request.id))?.health === 'healthy')
    const processes = processesOf(request.id)
    expect(processes.some(one => one.environ.includes(planted))).toBe(true)
    expect([...processes, ...supervisorsOf(request.id)].filter(one => one.cmdline.includes(planted))).toEqual([])
    expect(supervisorsOf(request.id).filter(one => one.environ.includes(planted))).toEqual([])
    expect(filesUnder(world.folder).filter(file => file.text.includes(planted))).toEqual([])
    await runtime.stop(request.id, { graceMs: 5_000 })
    await ended(runtime, request.id)
    expect(filesUnder(world.folder).filter(file => file.text.includes(planted))).toEqual([])
  })

  it('M3: refuses a start whose config is gone, naming it', async () => {
    const request = freshRequest(
      world.options,
      scripted('exit 0', { files: [{ kind: 'config', name: 'app.yml', target: '/app.yml', content: 'no-such-hash' }] }),
    )
    const fact = await runtime.start(request)
    expect(fact).toMatchObject({ state: 'refused', refusal: { kind: 'revision', message: expect.stringContaining('app.yml') } })
  })
})
