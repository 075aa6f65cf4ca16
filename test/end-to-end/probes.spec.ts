import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PROBE_DEFAULTS } from '../../shared/domain/probe.ts'
import { appSpec, type Installation, makeInstallation } from './installation.ts'

/** What router and planner do with each verdict, read from the log. The program fails a probe while a file of its name is there. */
const PROGRAM = `const { existsSync } = require('node:fs')
require('node:http').createServer(({ url }, answer) => {
  answer.statusCode = existsSync(process.env.STATE + url) ? 503 : 200
  answer.end()
}).listen(process.env.PORT)`

let home: Installation
let state: string
beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'longshore-probes-'))
  home = await makeInstallation({ runtime: 'process', port: 19_200 })
})
afterEach(async () => {
  await home.dispose()
  rmSync(state, { recursive: true, force: true })
})

const http = (path: string) => ({
  ...PROBE_DEFAULTS,
  period: 300,
  failureThreshold: 2,
  http: { port: 3000, path, scheme: 'http' as const },
})
const specOf = (state: string) =>
  appSpec({
    published: 19_201,
    process: { command: [process.execPath, '-e', PROGRAM] },
    environment: { STATE: state },
    probes: {
      startup: { ...PROBE_DEFAULTS, period: 300, exec: ['sh', '-c', 'test -n "$PORT"'] },
      readiness: http('/ready'),
      liveness: http('/live'),
    },
  })
const answers = () =>
  fetch('http://127.0.0.1:19201/page', { signal: AbortSignal.timeout(2_000) }).then(
    ({ status }) => status,
    () => 0,
  )

it('field cases of health: readiness only routes, liveness replaces, and each change is an event', { timeout: 120_000 }, async () => {
  await home.api.up({ name: 'probed', services: { web: { replicas: 1, spec: specOf(state) } } })
  const [first] = (await home.api.settled('probed', 1)).services[0]!.tasks
  expect(await answers()).toBe(200)
  writeFileSync(join(state, 'ready'), '')
  const out = await home.api.until('probed', ({ services: [web] }) => web!.available === 0)
  expect(out.services[0]!.tasks).toMatchObject([{ id: first!.id, why: 'its readiness probe failed: HTTP 503' }])
  expect(out.services[0]!.waitsFor).toEqual(['task 1 runs and is not ready: its readiness probe failed: HTTP 503'])
  rmSync(join(state, 'ready'))
  await home.api.until('probed', ({ services: [web] }) => web!.available === 1)
  expect(await answers()).toBe(200)
  writeFileSync(join(state, 'live'), '')
  await home.api.until('probed', ({ services: [web] }) => web!.tasks.every(task => task.id !== first!.id || task.state !== 'available'))
  rmSync(join(state, 'live'))
  const healed = await home.api.until('probed', ({ services: [web] }) => web!.available === 1 && web!.tasks.length === 1)
  expect(healed.services[0]!.tasks[0]!.id).not.toBe(first!.id)
  const texts = (await home.api.events('probed')).events.map(event => event.text).filter(text => text.includes('probe'))
  const mine = texts.filter(text => text.startsWith('web.1 '))
  expect(mine).toEqual([
    'web.1 passed its startup probe',
    'web.1 is ready: its readiness probe passed',
    'web.1 failed its readiness probe: HTTP 503',
    'web.1 is ready: its readiness probe passed',
    'web.1 failed its liveness probe: HTTP 503',
  ])
})
