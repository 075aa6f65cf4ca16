import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { APP_IMAGE } from './app-image.ts'
import { containersFrom, fromFile } from './from-file.ts'
import { type Installation, makeInstallation } from './installation.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

/** Situations that other orchestrators got wrong, from a Compose file on containers, by the words of the command line. */
describe.runIf(RUNTIMES.includes('docker'))('field cases on containers', () => {
  let home: Installation
  const files = mkdtempSync(join(tmpdir(), 'longshore-cases-'))
  beforeEach(async () => {
    await prepareRuntime('docker')
    home = await makeInstallation({ runtime: 'docker', port: 19_800 })
  })
  afterEach(() => home.dispose())
  afterAll(() => rmSync(files, { recursive: true, force: true }))

  const longshore = fromFile(() => home.folder, files)
  const containersOf = containersFrom(() => home.folder)
  const fileIn = (container: string, path: string): string =>
    execFileSync('docker', ['exec', container, '/bin/node', '-p', `fs.readFileSync('${path}', 'utf8')`], { encoding: 'utf8' }).trim()

  it.each([
    ['may not be restarted', 'restart: "no"'],
    ['is restarted', ''],
  ])(
    'case 9: a dependency that ends before its first probe, and %s, fails the deployment at once; its dependent never starts',
    {
      timeout: 60_000,
    },
    async (_, restart) => {
      const name = restart ? 'case9' : 'case9again'
      const text = `
name: ${name}
services:
  a:
    image: ${APP_IMAGE}
    command: [/bin/sh, -c, exit 1]
    ${restart}
    healthcheck: {test: [CMD, /bin/sh, -c, exit 0], interval: 30s}
  b:
    image: ${APP_IMAGE}
    depends_on: {a: {condition: service_healthy}}`
      const began = Date.now()
      const ran = await longshore(text, 'up', '--wait', '--yes')
      const [exited] = containersOf(name, 'a')
      expect(Date.now() - began).toBeLessThan(20_000)
      expect(ran.code).not.toBe(0)
      expect(ran.out).toMatch(/a +✗/)
      expect(ran.out).toContain('exited with code 1')
      expect(exited).toBeDefined()
      expect(containersOf(name, 'b')).toEqual([])
      const status = await home.api.status(name)
      const a = status.services.find(({ service }) => service === 'a')!
      expect(status.deployment!.endedAt! - a.ended[0]!.at).toBeLessThan(10_000)
      expect(status.services.find(({ service }) => service === 'b')!.why).toContain('a, which it depends on, failed')
    },
  )

  it('what waits for another to complete starts only then, however long that runs, and its completion is not undone by the next up', {
    timeout: 60_000,
  }, async () => {
    const text = (version: string) => `
name: migrated
services:
  migrate:
    image: ${APP_IMAGE}
    command: [/bin/node, -e, "setTimeout(() => {}, 8000)"]
  app:
    image: ${APP_IMAGE}
    environment: {VERSION: "${version}"}
    depends_on: {migrate: {condition: service_completed_successfully}}
    deploy: {update_config: {monitor: 0s}}`
    expect((await longshore(text('1'), 'up', '--yes')).code).toBe(0)
    const times = (service: string, format: string) =>
      containersOf('migrated', service).map(id =>
        Date.parse(execFileSync('docker', ['inspect', '-f', format, id], { encoding: 'utf8' }).trim()),
      )
    const [ended] = times('migrate', '{{.State.FinishedAt}}')
    const [began] = times('app', '{{.State.StartedAt}}')
    expect(began).toBeGreaterThan(ended!)
    expect((await longshore(text('2'), 'up', '--yes')).code).toBe(0)
    expect(containersOf('migrated', 'migrate')).toHaveLength(1)
    expect(containersOf('migrated', 'app')).toHaveLength(2)
  })

  it('case 13: what was stopped stays stopped over a restart of the host, though its policy restarts failures, until start', {
    timeout: 90_000,
  }, async () => {
    // this command ignores the stop signal, so that it ends by SIGKILL, with 137
    const text = `
name: case13
services:
  s:
    image: ${APP_IMAGE}
    command: [/bin/node, -e, "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"]
    restart: on-failure
    stop_grace_period: 1s
    deploy: {update_config: {monitor: 0s}}`
    expect((await longshore(text, 'up', '--yes')).code).toBe(0)
    expect((await longshore(text, 'stop', 's')).code).toBe(0)
    const [stopped] = containersOf('case13', 's')
    const inspect = (format: string) => execFileSync('docker', ['inspect', '-f', format, stopped!], { encoding: 'utf8' }).trim()
    expect(inspect('{{.State.ExitCode}}')).toBe('137')
    expect(inspect('{{.HostConfig.RestartPolicy.Name}}')).toMatch(/^(no)?$/) // so that the engine's own restart starts nothing either
    await home.restart()
    await new Promise(resolve => setTimeout(resolve, 10_000))
    expect(containersOf('case13', 's')).toEqual([stopped])
    expect(inspect('{{.State.Running}}')).toBe('false')
    expect((await longshore(text, 'start', 's')).code).toBe(0)
    expect(containersOf('case13', 's')).toHaveLength(2)
  })

  it("case 33: a config's new content comes by a rolling replace, an unchanged apply restarts nothing, a rollback brings the old one back", {
    timeout: 90_000,
  }, async () => {
    const text = (content: string) => `
name: case33
services:
  s:
    image: ${APP_IMAGE}
    configs: [{source: c, target: /c}]
    deploy: {replicas: 2, update_config: {monitor: 0s}}
configs: {c: {content: ${content}}}`
    const running = async () =>
      (await home.api.status('case33')).services[0]!.tasks.filter(task => task.state === 'available').map(task => task.id)
    const contents = async () => (await running()).map(id => fileIn(id, '/c'))
    expect((await longshore(text('one'), 'up', '--yes')).code).toBe(0)
    const first = await running()
    expect(await contents()).toEqual(['one', 'one'])
    let fewest = 2
    const stopped = new AbortController()
    const watching = (async () => {
      while (!stopped.signal.aborted) {
        fewest = Math.min(fewest, (await home.api.status('case33')).services[0]!.available)
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    })()
    expect((await longshore(text('two'), 'up', '--yes')).code).toBe(0)
    stopped.abort()
    await watching
    const second = await running()
    expect(await contents()).toEqual(['two', 'two'])
    expect(second.filter(id => first.includes(id))).toEqual([])
    expect(fewest).toBe(2)
    const again = await longshore(text('two'), 'up', '--yes')
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Nothing to do') })
    expect(await running()).toEqual(second)
    expect((await longshore(text('two'), 'rollback', '--yes')).code).toBe(0)
    expect(await contents()).toEqual(['one', 'one'])
  })
})
