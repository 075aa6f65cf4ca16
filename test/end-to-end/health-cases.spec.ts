import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { APP_IMAGE } from './app-image.ts'
import { containersFrom, fromFile } from './from-file.ts'
import { type Installation, makeInstallation } from './installation.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

/** Field cases of health checks, from a Compose file on containers; intervals are shorter than reported, their relations the same. */
describe.runIf(RUNTIMES.includes('docker'))('field cases of health on containers', () => {
  let home: Installation
  const files = mkdtempSync(join(tmpdir(), 'longshore-health-'))
  beforeEach(async () => {
    await prepareRuntime('docker')
    home = await makeInstallation({ runtime: 'docker', port: 19_270 })
  })
  afterEach(() => home.dispose())
  afterAll(() => rmSync(files, { recursive: true, force: true }))

  const longshore = fromFile(() => home.folder, files)
  const containersOf = containersFrom(() => home.folder)
  const rests = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  /** Looks again and again until the work is done. */
  const watching = async <T>(work: Promise<T>, look: () => Promise<void> | void): Promise<T> => {
    let isOver = false
    const looking = (async () => {
      while (!isOver) {
        await look()
        await rests(100)
      }
    })()
    return work.finally(async () => {
      isOver = true
      await looking
    })
  }
  const inspect = (id: string, format: string) => execFileSync('docker', ['inspect', '-f', format, id], { encoding: 'utf8' }).trim()

  it('case 11: unhealthy within start period + interval, though its start interval is 30 s', { timeout: 60_000 }, async () => {
    const text = `
name: case11
services:
  s:
    image: ${APP_IMAGE}
    restart: "no"
    healthcheck: {test: [CMD, /bin/sh, -c, exit 1], start_period: 2s, start_interval: 30s, interval: 2s, retries: 1}`
    expect((await longshore(text, 'up', '--yes', '--detach')).code).toBe(0)
    await home.api.until('case11', ({ services }) => services.some(({ tasks, ended }) => tasks.length + ended.length > 0))
    const unhealthy = await eventually(async () =>
      (await home.api.events('case11')).events.find(event => event.text.includes('is unhealthy: its health check failed')),
    )
    const first = containersOf('case11', 's').at(-1)! // newest first, and the next one may have been started already
    const after = unhealthy.at - Date.parse(inspect(first, '{{.State.StartedAt}}'))
    expect(after).toBeGreaterThan(2_000)
    expect(after).toBeLessThan(5_000 + BUSY)
  })

  it('case 15: a check that always fails costs no good task, though delay is longer than the check takes; the rollout is rolled back', {
    timeout: 120_000,
  }, async () => {
    const text = (code: number) => `
name: case15
services:
  s:
    image: ${APP_IMAGE}
    environment: {CODE: "${code}"}
    healthcheck: {test: [CMD, /bin/sh, -c, "exit $$CODE"], interval: 1s, retries: 1}
    deploy:
      replicas: 2
      update_config: {order: start-first, parallelism: 1, delay: 10s, failure_action: rollback${code ? '' : ', monitor: 0s'}}`
    expect((await longshore(text(0), 'up', '--yes')).code).toBe(0)
    const healthy = () => containersOf('case15', 's', '--filter', 'status=running', '--filter', 'health=healthy')
    const good = healthy()
    expect(good).toHaveLength(2)
    let fewest = 2
    const ran = await watching(longshore(text(1), 'up', '--wait', '--yes'), () => {
      fewest = Math.min(fewest, healthy().length)
    })
    expect(ran.code).not.toBe(0)
    expect(fewest).toBe(2)
    expect([...healthy()].sort()).toEqual([...good].sort())
    const status = await home.api.status('case15')
    expect(status.deployment).toMatchObject({ cause: 'rollback', outcome: 'ok' })
  })

  it('case 17: exit 0 before it was ever healthy is a failed start: tried again, then given up, and v1 serves on', {
    timeout: 120_000,
  }, async () => {
    const text = (command: string) => `
name: case17
services:
  s:
    image: ${APP_IMAGE}
    command: ${command}
    healthcheck: {test: [CMD, /bin/sh, -c, "exit 1"], interval: 30s, start_period: 0s}
    deploy: {update_config: {monitor: 0s}}`
    const first = text('[/bin/node, /app.js]').replace('"exit 1"], interval: 30s', 'exit 0], interval: 1s')
    expect((await longshore(first, 'up', '--yes')).code).toBe(0)
    const [good] = containersOf('case17', 's', '--filter', 'status=running')
    const ran = await longshore(text('[/bin/sh, -c, sleep 2]'), 'up', '--wait', '--yes')
    expect(ran.code).not.toBe(0)
    expect(containersOf('case17', 's', '--filter', 'status=running')).toEqual([good])
    const { ended } = (await home.api.status('case17')).services[0]!
    const failed = ended.filter(task => task.revision === 2)
    expect(failed.length).toBeGreaterThan(1)
    for (const task of failed) expect(task.reason).toContain('exited with code 0')
    const times = failed.map(task => task.at).sort((a, b) => a - b)
    expect(times.at(-1)! - times.at(-2)!, 'backoff').toBeGreaterThan(2_000)
  })

  it('case 25: of a check that hangs at most one lives, none is left defunct, and each timeout is a failure', {
    timeout: 90_000,
  }, async () => {
    const text = (more: string) => `
name: case25
services:
  s:
    image: ${APP_IMAGE}
    healthcheck: {test: [CMD, /bin/sh, -c, sleep 3625], interval: 1s, timeout: 1s, retries: 6${more}}
    deploy: {update_config: {failure_action: pause}}`
    expect((await longshore(text(''), 'up', '--yes', '--detach')).code).toBe(0)
    await home.api.until('case25', ({ services }) => services.some(({ tasks }) => tasks[0]?.state === 'running'))
    const [container] = containersOf('case25', 's')
    let most = 0
    const ill = eventually(async () =>
      (await home.api.events('case25')).events.find(event => event.text.startsWith('s.1 is unhealthy: its health check failed')),
    )
    await watching(ill, () => {
      const top = execFileSync('sh', ['-c', `docker top ${container} -eo pid,stat,args || true`], {
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      })
      most = Math.max(most, top.split('\n').filter(line => /sleep 3625|defunct/.test(line)).length)
    })
    expect(most).toBe(1)
    const after = (await ill).at - Date.parse(inspect(container!, '{{.State.StartedAt}}'))
    expect(after).toBeGreaterThan(6 * 1_000)
    expect(after).toBeLessThan(6 * 2_000 + 2 * BUSY)
  })
})

/** What a machine under load may take longer than the clock says, in milliseconds: far less than what is wrong would take. */
const BUSY = 6_000

async function eventually<T>(look: () => Promise<T | undefined>, withinMs = 40_000): Promise<T> {
  for (const end = Date.now() + withinMs; Date.now() < end; ) {
    const seen = await look()
    if (seen !== undefined) return seen
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`not within ${withinMs} ms`)
}
