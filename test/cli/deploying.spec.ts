import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Plan } from '../../shared/api/contract.ts'
import { deployment, error, FakeHost, inTurn, service, status } from './fake-api.ts'
import { run, type Surroundings } from './run-in-process.ts'

const PLAN: Plan = {
  stack: 'shop',
  deployment: 2,
  changes: [
    {
      service: 'web',
      change: 'update',
      fromRevision: 1,
      toRevision: 2,
      differences: [{ path: 'LEVEL', from: 'info', to: 'debug' }],
      what: 'roll 2 tasks, start first, one at a time',
      notes: [],
    },
  ],
  notes: [],
}
const ACCEPTED = { stack: 'shop', version: 4, deployment: 2, changed: true }
const OLD = deployment(1, { outcome: 'ok' })
const task = (number: number, revision: number, state: 'available' | 'running') => ({
  id: `web-${number}-x`,
  number,
  revision,
  state,
  createdAt: 0,
})

describe('up against a host that follows the contract', () => {
  let host: FakeHost
  let folder: string
  const before = status(OLD, [service({ tasks: [task(1, 1, 'available'), task(2, 1, 'available')] })])
  const going = status(deployment(2), [service({ outcome: undefined, revision: 2, updated: 1, live: 3, waitsFor: ['task 3 is starting'] })])
  const done = status(deployment(2, { outcome: 'ok' }), [service({ revision: 2 })])
  const up = (argv: readonly string[] = [], around: Surroundings = {}) =>
    run(['--data', host.folder, 'up', ...argv], { cwd: folder, ...around })
  /** The stack's status: as it was, then what is given, in turn. */
  const answers = (statuses: readonly unknown[], deployments: readonly unknown[]) => ({
    'POST /v1/stacks/shop/plan': inTurn(PLAN),
    'POST /v1/stacks/shop/deployments': () => ({ status: 202, body: ACCEPTED }),
    'GET /v1/stacks/shop': inTurn(before, ...statuses),
    'GET /v1/stacks/shop/history': inTurn({ stack: 'shop', deployments, revisions: [] }),
  })

  beforeEach(async () => {
    host = await new FakeHost().start()
    folder = mkdtempSync(join(tmpdir(), 'longshore-up-'))
    writeFileSync(join(folder, 'compose.yaml'), 'name: shop\nservices:\n  web:\n    image: shop/web\n    ports: ["8080:3000"]\n')
  })
  afterEach(async () => {
    await host.stop()
    rmSync(folder, { recursive: true })
  })

  it('shows the plan, one line a change, and how it ended', async () => {
    host.answers = answers([going, going, done], [deployment(2, { outcome: 'ok' }), OLD])
    const { code, out, err } = await up()
    expect(out.replace(/[\d.]+ s/g, '0 s')).toBe(
      [
        'compose.yaml → this machine (processes)     stack shop, deployment 2',
        '',
        '  web   LEVEL info → debug     roll 2 tasks, start first, one at a time',
        '',
        '  web   0/2 on revision 2, 2 available, web.3 is starting (0 s)',
        '  web   done: 2/2 available (0 s)',
        '',
        'Done in 0 s.     undo: longshore rollback',
        '',
      ].join('\n'),
    )
    expect(err).toBe('')
    expect(code).toBe(0)
  })

  it('tells where published ports answer, as the API says; nothing when the API cannot tell', async () => {
    const published = { ports: [{ published: 80, target: 3000, protocol: 'tcp', layer: 'http' }] }
    const rolled = status(deployment(2, { outcome: 'ok' }), [service({ revision: 2, ...published })])
    const told = answers([going, rolled], [deployment(2, { outcome: 'ok' }), OLD])
    host.answers = { ...told, 'GET /v1/stacks/shop/urls': inTurn({ urls: ['http://ls-1.elb.amazonaws.com:80'] }) }
    expect((await up()).out).toMatch(/Done in .*\. http:\/\/ls-1\.elb\.amazonaws\.com:80 {5}undo/)
    host.answers = { ...told, 'GET /v1/stacks/shop': inTurn(rolled), 'GET /v1/stacks/shop/urls': () => error(503, 'LS-STORAGE', 'no') }
    const { code, out } = await up()
    expect([code, out]).toEqual([0, expect.stringMatching(/Done in [\d.]+ s\. {5}undo/)])
  })

  it('L4: a lost connection repeats the command with the key that it had', async () => {
    host.answers = {
      ...answers([done], [deployment(2, { outcome: 'ok' })]),
      'POST /v1/stacks/shop/deployments': (_, count) => (count < 2 ? 'hang up' : { status: 202, body: ACCEPTED }),
    }
    expect((await up()).code).toBe(0)
    const keys = host.asked.filter(({ path }) => path.endsWith('/deployments')).map(({ key }) => key)
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('goes on following when the host was away, and says so once', async () => {
    host.answers = {
      ...answers([], [deployment(2, { outcome: 'ok' })]),
      'GET /v1/stacks/shop': (_, count) => (count === 0 ? { body: before } : count < 4 ? 'hang up' : { body: done }),
    }
    const { code, err } = await up()
    expect(code).toBe(0)
    expect(err).toBe('The host does not answer; what it began goes on. Waiting for it.\n')
  })

  it('a rollback by policy: what failed, what it said, what runs on; exit code 1', async () => {
    const crash = (number: number) => ({
      id: `web-${number}-x`,
      number,
      revision: 2,
      at: 2_500,
      byItself: true,
      code: 1,
      reason: 'exited with code 1',
    })
    const why = 'web: 3 tasks failed before one was available (limit 3): exited with code 1'
    const back = deployment(3, { cause: 'rollback', why, outcome: 'ok' })
    const after = service({
      cause: 'rollback',
      tasks: [task(1, 1, 'available'), task(2, 1, 'available')],
      ended: [crash(3), crash(4), crash(5)],
    })
    host.answers = {
      ...answers([going, status(back, [after])], [back, deployment(2, { outcome: 'failed' }), OLD]),
      'GET /v1/stacks/shop/logs': () => ({
        body: {
          lines: [
            { service: 'web', number: 5, task: 'web-5-x', at: 1, stream: 'stderr', text: 'TypeError: no url' },
            { service: 'web', number: 5, task: 'web-5-x', at: 1, stream: 'stderr', text: '  at /app/server.js:12:30' },
          ],
          cursor: 'c',
          ended: true,
        },
      }),
    }
    const { code, out } = await up()
    expect(
      out
        .split('\n')
        .slice(-8)
        .map(line => line.replace(/ \([\d.]+ s\)/, '')),
    ).toEqual([
      '  web   done: 2/2 available, back on revision 1',
      '',
      '  web   ✗ revision 2 exited with code 1, three times',
      '          web.5 said:  TypeError: no url',
      '                         at /app/server.js:12:30',
      '          rolled back: the 2 tasks of revision 1 were never stopped',
      'Failed: LS-DEPLOY-FAILED, rolled back. Why: longshore explain web     All its output: longshore logs web --revision 2',
      '',
    ])
    expect(host.asked.map(({ path }) => path)).toContain('/v1/stacks/shop/logs?task=web-5-x&tail=20')
    expect(code).toBe(1)
  })

  it('a failed rollback is told as that', async () => {
    const back = deployment(3, { cause: 'rollback', why: 'web: it failed', outcome: 'failed' })
    const after = service({ cause: 'rollback', outcome: 'failed', why: 'it failed again' })
    host.answers = answers([status(back, [after])], [back, deployment(2, { outcome: 'failed' }), OLD])
    const { code, out } = await up()
    expect(out).toContain('rolling back to revision 1 failed too')
    expect(out).toContain('LS-DEPLOY-FAILED, and so did the rollback')
    expect(code).toBe(1)
  })

  it('a newer deployment by somebody else ends following at once', async () => {
    const theirs = deployment(3, { actor: 'token other' })
    const newer = status(theirs, [service({ outcome: undefined, revision: 3, updated: 0 })])
    host.answers = answers([going, newer], [theirs, deployment(2, { outcome: 'superseded' }), OLD])
    const { code, out } = await up()
    expect(out).toContain('Superseded by deployment 3.')
    expect(code).toBe(1)
  })

  it('a deployment that was done before somebody deployed a newer one was done', async () => {
    const theirs = deployment(3)
    const newer = status(theirs, [service({ outcome: undefined, revision: 3, updated: 0 })])
    host.answers = answers([newer], [theirs, deployment(2, { outcome: 'ok' }), OLD])
    expect((await up()).code).toBe(0)
  })

  it('--wait-timeout ends with LS-TIMEOUT, and says that the deployment goes on', async () => {
    host.answers = answers([going], [])
    const { code, err } = await up(['--wait-timeout', '0.3'])
    expect(err).toMatch(/^LS-TIMEOUT {2}deployment 2 of shop is not over after 0\.3 s; it goes on\n/)
    expect(code).toBe(1)
  })

  it('Ctrl-C detaches with 130 and says how to come back', async () => {
    host.answers = answers([going], [])
    const interrupt = new AbortController()
    const onOut = (text: string) => void (text.includes('web.3 is starting') && interrupt.abort())
    const { code, err } = await up([], { interrupt: interrupt.signal, onOut })
    expect(err).toMatch(/^Detached: deployment 2 goes on\..*longshore status/)
    expect(code).toBe(130)
  })

  it('asks on a terminal only, and "no" changes nothing', async () => {
    host.answers = answers([done], [deployment(2, { outcome: 'ok' })])
    const no = await up([], { typed: ['what?', 'n'] })
    expect(no.out).toMatch(/Deploy\? \[Y\/n\] Deploy\? \[Y\/n\] Nothing was changed\.\n$/)
    expect(no.code).toBe(1)
    expect(host.asked.some(({ path }) => path.endsWith('/deployments'))).toBe(false)
    expect((await up(['-y'], { typed: [] })).out).not.toContain('Deploy?')
    expect((await up([], { typed: [''] })).code).toBe(0)
  })

  it('-d returns with what was recorded, --dry-run before anything is', async () => {
    host.answers = answers([going], [])
    const dry = await up(['--dry-run'])
    expect(dry.out).toContain('LEVEL info → debug')
    expect(host.asked.some(({ path }) => path.endsWith('/deployments'))).toBe(false)
    const detached = await up(['-d'])
    expect(detached.out).toContain('Deployment 2 is recorded.')
    expect(detached.code).toBe(0)
  })

  it('--format json prints one document, without progress', async () => {
    host.answers = answers([going, done], [deployment(2, { outcome: 'ok' })])
    const { code, out } = await up(['--format', 'json'])
    expect(JSON.parse(out)).toMatchObject({ outcome: 'ok', status: { stack: 'shop' }, failures: [] })
    expect(code).toBe(0)
  })

  it('--progress json prints a line for each change', async () => {
    host.answers = answers([going, going, done], [deployment(2, { outcome: 'ok' })])
    const lines = (await up(['--progress', 'json'])).out.split('\n').filter(line => line.startsWith('{'))
    expect(lines.map(line => JSON.parse(line) as unknown)).toMatchObject([
      { service: 'web', state: 'going', waits: 'web.3 is starting' },
      { service: 'web', state: 'done', available: 2 },
    ])
  })

  it('redraws on a terminal, never wider than it', async () => {
    host.answers = answers([going, going, done], [deployment(2, { outcome: 'ok' })])
    const { out } = await up([], { isTty: true, columns: 60 })
    expect(out).toContain('\u001b[1A\u001b[2K')
    const drawn = out.split('\n').filter(line => line.includes('█') || line.includes('·'))
    expect(drawn.length).toBeGreaterThanOrEqual(3)
    for (const line of drawn) expect(line.replaceAll(/\u001b\[\w+/g, '').length).toBeLessThan(60)
  })

  it("an answer about a part of the spec is told with the file's line", async () => {
    host.answers = {
      ...answers([], []),
      'POST /v1/stacks/shop/plan': () => error(409, 'LS-PORT-TAKEN', 'port 8080: in use', { path: 'services.web.ports', hint: 'Another.' }),
    }
    const { code, err } = await up()
    expect(err).toBe('LS-PORT-TAKEN  compose.yaml:5:5  port 8080: in use\n               Another.\n')
    expect(code).toBe(1)
  })

  it('errors as JSON on standard error', async () => {
    host.answers = { ...answers([], []), 'POST /v1/stacks/shop/plan': () => error(422, 'LS-SPEC-LIMIT', 'too large') }
    const { err, out } = await up(['--format', 'json'])
    expect(JSON.parse(err)).toEqual({ error: { code: 'LS-SPEC-LIMIT', message: 'too large' } })
    expect(out).toBe('')
  })
})
