import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RUNTIMES } from '../end-to-end/runtimes.ts'

const LAUNCHER = new URL('../../cli/longshore.js', import.meta.url).pathname
const SERVER = `
import { createServer } from 'node:http'
if (process.env.BROKEN) throw new TypeError("Cannot read properties of undefined (reading 'url')")
createServer((request, response) => response.end(process.env.LONGSHORE_TASK + ' ' + process.env.LEVEL)).listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => process.exit(0))
`

type Ran = { readonly code: number; readonly out: string; readonly err: string }

/** The command as people run it: the launcher, from the folder of the Compose file, on processes. */
describe('longshore on the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-cli-'))
  const data = join(folder, 'data')
  const longshore = (...args: string[]): Promise<Ran> =>
    new Promise(resolve => {
      const env = { ...process.env, LONGSHORE_DATA: data, LONGSHORE_RUNTIME: 'process', LONGSHORE_PORT: '17310', NO_COLOR: '1' }
      execFile(process.execPath, [LAUNCHER, ...args], { cwd: folder, env, timeout: 60_000 }, (error, out, err) => {
        resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, out, err })
      })
    })
  const compose = (environment: string, replicas = 2) =>
    writeFileSync(
      join(folder, 'compose.yaml'),
      `name: clitest\nservices:\n  web:\n    ports: [{ target: 3000, published: 18171, app_protocol: http }]\n    environment: {${environment}}\n    deploy: { replicas: ${replicas}, update_config: { monitor: 200ms, parallelism: 0 } }\n    x-longshore: { process: { command: [${JSON.stringify(process.execPath)}, server.mjs] } }\n`,
    )

  beforeAll(() => {
    writeFileSync(join(folder, 'server.mjs'), SERVER)
    compose('LEVEL: info')
  })
  afterAll(async () => {
    await longshore('down')
    const { pid } = JSON.parse(readFileSync(join(data, 'host.json'), 'utf8')) as { pid: number }
    process.kill(pid, 'SIGTERM')
    const deadline = Date.now() + 10_000
    while (existsSync(join(data, 'host.json')) && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 50))
    rmSync(folder, { recursive: true, force: true })
  })

  it('commands that look say that no host runs, and what to do', async () => {
    const { code, err } = await longshore('ps')
    expect(code).toBe(1)
    expect(err).toMatch(/^LS-HOST-UNREACHABLE {2}no Longshore host runs/)
    expect(err).toContain('longshore up')
  })

  it('a wrong command line ends with 2', async () => {
    expect((await longshore('up', '--no-such-flag')).code).toBe(2)
    expect((await longshore('scale', 'web')).code).toBe(2)
  })

  it('diff and up start a host where none answers; a dry run records nothing', { timeout: 60_000 }, async () => {
    const { code, out } = await longshore('diff')
    expect(out).toMatch(/Started a host on/)
    expect(out).toMatch(/web {3}new/)
    expect(code).toBe(0)
    expect(JSON.parse((await longshore('ls', '--format', 'json')).out)).toEqual({ stacks: [] })
  })

  it('up shows the plan, follows without bars or colours, and ends with 0', { timeout: 60_000 }, async () => {
    const { code, out } = await longshore('up')
    expect(out).toMatch(/compose\.yaml → this machine \(processes\) {5}stack clitest, deployment 1/)
    expect(out).toMatch(/web {3}done: 2\/2 available/)
    expect(out).toMatch(/Done in .* http:\/\/localhost:18171/)
    expect(out).not.toContain('\u001b')
    expect(code).toBe(0)
    expect(await (await fetch('http://127.0.0.1:18171/')).text()).toMatch(/^web\.\d info$/)
    expect(statSync(join(data, 'token')).mode & 0o777).toBe(0o600)
  })

  it('up --dry-run right after up plans nothing, and up has nothing to do', async () => {
    const plan = JSON.parse((await longshore('up', '--dry-run', '--format', 'json')).out) as { changes: { change: string }[] }
    expect(plan.changes.map(({ change }) => change)).toEqual(['none'])
    expect((await longshore('up')).out).toContain('Nothing to do')
  })

  it('ps prints the columns of Compose, ls, status, history and explain answer', async () => {
    const { out } = await longshore('ps')
    expect(out.split('\n')[0]).toMatch(/^NAME +IMAGE +COMMAND +SERVICE +CREATED +STATUS +PORTS/)
    expect(out).toMatch(/clitest-web-1 .*Up .*18171->3000\/tcp/)
    expect((await longshore('ls')).out).toMatch(/clitest +running +2\/2/)
    expect((await longshore('status')).out).toMatch(/stack clitest: deployment 1 \(up\) by token local/)
    expect((await longshore('history', 'web')).out).toMatch(/1 \(current\)/)
    expect((await longshore('explain', 'web.1')).out).toMatch(/^web\.1 is available, on revision 1\./)
    expect(JSON.parse((await longshore('ps', '--format', 'json')).out)).toMatchObject({ stack: 'clitest', settled: true })
  })

  it('a revision that exits is rolled back: exit code 1, its own error on the screen, and the reason by explain', {
    timeout: 60_000,
  }, async () => {
    compose('LEVEL: debug, BROKEN: yes')
    const { code, out } = await longshore('up')
    expect(code).toBe(1)
    expect(out).toMatch(/✗ revision 2 exited with code 1, \w+ times/)
    expect(out).toContain("TypeError: Cannot read properties of undefined (reading 'url')")
    expect(out).toContain('rolled back: the 2 tasks of revision 1 were never stopped')
    expect(out).toContain('Failed: LS-DEPLOY-FAILED, rolled back. Why: longshore explain web')
    expect((await longshore('explain', 'web')).out).toMatch(
      /^web runs revision 1: a newer one was tried and given up, since 3 tasks failed/,
    )
    expect((await longshore('logs', 'web', '--revision', '2', '--no-log-prefix')).out).toContain('TypeError')
  })

  it('a good revision, then rollback: the environment comes back with it, the scale stays', { timeout: 60_000 }, async () => {
    compose('LEVEL: debug')
    expect((await longshore('up', '--progress', 'quiet')).code).toBe(0)
    expect(await (await fetch('http://127.0.0.1:18171/')).text()).toContain('debug')
    expect((await longshore('scale', 'web=3')).code).toBe(0)
    expect((await longshore('rollback', '-y')).code).toBe(0)
    expect(await (await fetch('http://127.0.0.1:18171/')).text()).toContain('info')
    const status = JSON.parse((await longshore('status', '--format', 'json')).out) as { services: { desired: number; available: number }[] }
    expect(status.services[0]).toMatchObject({ desired: 3, available: 3 })
  })

  it('malformed YAML and unknown keys are told with file, line and column', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'services:\n  web: [\n')
    expect((await longshore('-f', 'broken.yaml', 'config')).err).toMatch(/^LS-COMPOSE-SYNTAX {2}broken\.yaml:\d+:\d+/)
    writeFileSync(join(folder, 'unknown.yaml'), 'services:\n  web:\n    image: a\n    imagine: b\n')
    const { code, err } = await longshore('-f', 'unknown.yaml', 'up', '--dry-run')
    expect(err).toMatch(/^LS-COMPOSE-KEY {2}unknown\.yaml:4:5 {2}"imagine" is unknown here/)
    expect(code).toBe(1)
  })

  it('events and rebuild: every row of the read model is the same when it is made again', async () => {
    const lines = (await longshore('events', '--json')).out.trim().split('\n')
    expect(lines.map(line => (JSON.parse(line) as { type: string }).type)).toContain('DeploymentEnded')
    expect((await longshore('rebuild')).out).toContain('every row is the same')
  })

  it('down ends when nothing is left', { timeout: 60_000 }, async () => {
    const { code, out } = await longshore('down')
    expect(out).toContain('Gone in')
    expect(code).toBe(0)
    // The logs of what ended are cleared by the step that follows the end.
    await vi.waitFor(() => expect(readdirSync(join(data, 'tasks'))).toEqual([]), 10_000)
  })
})

/** The two commands of the README; `npm ci` is what made this clone. */
describe.each(RUNTIMES)('npm start, with tasks as on runtime %s', runtime => {
  const root = new URL('../..', import.meta.url).pathname

  it('answers through the router from several tasks, and Ctrl-C leaves nothing behind', { timeout: 180_000 }, async () => {
    const start = spawn(process.execPath, ['cli/start.ts'], { cwd: root, env: { ...process.env, LONGSHORE_RUNTIME: runtime } })
    let said = ''
    for (const stream of [start.stdout, start.stderr]) stream.on('data', data => void (said += String(data)))
    const ended = new Promise(resolve => start.on('exit', resolve))
    const deadline = Date.now() + 120_000
    while (!said.includes('Ctrl-C takes') && start.exitCode === null && Date.now() < deadline)
      await new Promise(resolve => setTimeout(resolve, 50))
    const url = /http:\/\/127\.0\.0\.1:\d+ {5}/.exec(said)?.[0].trim()
    expect(url, said).toBeDefined()
    const answers = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(url!)).text()))
    expect(new Set(answers).size).toBeGreaterThanOrEqual(2)
    if (runtime === 'docker') expect(containers()).toHaveLength(3)
    start.kill('SIGINT')
    await ended
    expect(said).toContain('Nothing is left running.')
    if (runtime === 'docker') expect(containers()).toEqual([])
    else expect(readdirSync(join(root, '.longshore', 'tasks'))).toEqual([])
    await expect(fetch(url!)).rejects.toThrow()
  })

  /** Running and ended ones of the example. */
  const containers = () =>
    execFileSync('docker', ['ps', '-aq', '--filter', 'label=longshore.stack=hello'], { encoding: 'utf8' }).split('\n').filter(Boolean)
})
