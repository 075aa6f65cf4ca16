import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appSpec, type Installation, makeInstallation } from './installation.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

/** The engine behind a socket that can be cut and mended: what a host sees of an engine that goes away. */
class CuttableEngine {
  private readonly folder = mkdtempSync(join(tmpdir(), 'longshore-engine-'))
  readonly path = join(this.folder, 'engine.sock')
  private readonly sockets = new Set<Socket>()
  private server: Server | undefined

  mend(): Promise<void> {
    const server = createServer(client => {
      const engine = connect('/var/run/docker.sock')
      for (const [socket, other] of [
        [client, engine],
        [engine, client],
      ] as const) {
        this.sockets.add(socket)
        socket.on('error', () => other.destroy())
        socket.on('close', () => {
          this.sockets.delete(socket)
          other.destroy()
        })
        socket.pipe(other)
      }
    })
    this.server = server
    return new Promise(resolve => server.listen(this.path, resolve))
  }

  cut(): Promise<void> {
    const closed = new Promise<void>(resolve => this.server!.close(() => resolve()))
    for (const socket of this.sockets) socket.destroy()
    return closed
  }

  async remove(): Promise<void> {
    await this.cut()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

describe.runIf(RUNTIMES.includes('docker'))('an engine that goes away in the middle of a deployment', () => {
  let home: Installation
  let engine: CuttableEngine
  beforeEach(async () => {
    await prepareRuntime('docker')
    engine = new CuttableEngine()
    await engine.mend()
    process.env['DOCKER_HOST'] = `unix://${engine.path}`
    home = await makeInstallation({ runtime: 'docker', port: 17_240 })
  })
  afterEach(async () => {
    await home.dispose()
    delete process.env['DOCKER_HOST']
    await engine.remove()
  })

  const stack = (version: string) => ({
    name: 'away',
    services: { web: { replicas: 2, spec: appSpec({ published: 18_161, environment: { VERSION: version }, update: { monitor: 500 } }) } },
  })

  it('keeps what ran, tells new commands that the engine is away, and goes on when it is back', { timeout: 120_000 }, async () => {
    await home.api.up(stack('1'))
    const before = await home.api.settled('away', 1)
    await home.api.up(stack('2'))
    await home.api.until('away', ({ services: [web] }) => web!.tasks.some(task => task.revision === 2))
    await engine.cut()
    await expect(home.api.up(stack('3'))).rejects.toMatchObject({ code: 'LS-ENGINE-UNREACHABLE', status: 503 })
    expect(await (await fetch('http://127.0.0.1:18161/')).json()).toMatchObject({ task: expect.stringMatching(/^web\./) })
    await new Promise(resolve => setTimeout(resolve, 3_000))
    await engine.mend()
    const after = await home.api.settled('away', 2, 90_000)
    expect(after.services[0]).toMatchObject({ outcome: 'ok', available: 2 })
    expect(after.deployment?.cause).toBe('up') // nothing good was rolled back because the engine was away
    expect(after.services[0]!.tasks.filter(task => task.state === 'available').map(task => task.id)).not.toContain(
      before.services[0]!.tasks[0]!.id,
    )
    expect(await (await fetch('http://127.0.0.1:18161/')).json()).toMatchObject({ version: '2' })
  })
})
