import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectEngine, problemOf } from '../../shared/adapters/docker/connect-engine.ts'
import { usualSockets } from '../../shared/adapters/docker/engine-sockets.ts'

describe('finding the container engine', () => {
  let home = ''
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'longshore-home-'))
  })
  afterEach(async () => {
    await rm(home, { recursive: true })
  })

  /** Says that it is an engine, and nothing else. */
  const engineAt = async (path: string) => {
    const server = createServer((_, response) => response.end(JSON.stringify({ Version: '99.1.2', ApiVersion: '1.99' })))
    await new Promise<void>(resolve => server.listen(path, resolve))
    return server
  }

  it('takes DOCKER_HOST, and says so when nothing answers there', async () => {
    const server = await engineAt(join(home, 'engine.sock'))
    try {
      expect(await connectEngine({ DOCKER_HOST: `unix://${home}/engine.sock` })).toMatchObject({
        version: '99.1.2',
        socket: join(home, 'engine.sock'),
      })
      const nothing = await connectEngine({ DOCKER_HOST: `unix://${home}/other.sock` })
      expect(nothing).toEqual({ problem: expect.stringContaining(`no engine answers at ${home}/other.sock`) })
    } finally {
      server.close()
    }
  })

  it('takes the context that docker uses', async () => {
    const server = await engineAt(join(home, 'ctx.sock'))
    try {
      const meta = join(home, '.docker/contexts/meta', createHash('sha256').update('mine').digest('hex'))
      await mkdir(meta, { recursive: true })
      await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: 'mine', Endpoints: { docker: { Host: `unix://${home}/ctx.sock` } } }))
      await writeFile(join(home, '.docker/config.json'), JSON.stringify({ currentContext: 'mine' }))
      expect(await connectEngine({ HOME: home })).toMatchObject({ version: '99.1.2' })
    } finally {
      server.close()
    }
  })

  it('refuses addresses whose tasks could not be reached, and nonsense', async () => {
    for (const host of ['ssh://user@far', 'nonsense', 'tcp://']) {
      expect(await connectEngine({ DOCKER_HOST: host }), host).toEqual({ problem: expect.stringContaining(host) })
    }
    expect(await connectEngine({ DOCKER_HOST: 'tcp://127.0.0.1:1' })).toEqual({ problem: expect.stringContaining('no engine answers') })
  })

  it('names the fix of each fault', () => {
    const fault = (code: string) => Object.assign(new Error(code), { code })
    expect(problemOf('/s', fault('EACCES'), 'linux')).toContain('usermod -aG docker')
    expect(problemOf('/s', fault('ECONNREFUSED'), 'linux')).toContain('systemctl start docker')
    expect(problemOf('/s', fault('ENOENT'), 'darwin')).toContain('start Docker Desktop')
    expect(problemOf('/s', new Error('odd'), 'linux')).toContain('odd')
  })

  it("looks at Docker's, rootless, Docker Desktop's and Podman's sockets", () => {
    const sockets = usualSockets({ HOME: '/home/u', XDG_RUNTIME_DIR: '/run/user/7' }, 'linux')
    expect(sockets[0]).toBe('/var/run/docker.sock')
    expect(sockets).toEqual(
      expect.arrayContaining(['/run/user/7/docker.sock', '/home/u/.docker/run/docker.sock', '/run/user/7/podman/podman.sock']),
    )
    expect(usualSockets({}, 'win32')).toContain('//./pipe/docker_engine')
  })
})
