import { beforeEach, describe, expect, it } from 'vitest'
import { api } from '../../functions/api.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import type { ExecSessions, OpenedSession } from '../../shared/ports/exec-sessions.ts'
import { makeWorld, settle, type World } from '../application/world.ts'
import { spec, stackSpec } from '../domain/given.ts'
import { apiPorts, makeApi } from './invoke.ts'

const SESSION: OpenedSession = {
  ...{ sessionId: 's', streamUrl: 'wss://example', tokenValue: 'the-token', target: 'ecs:c_t_r', region: 'eu-west-1' },
}
const KEY = { 'idempotency-key': 'a-key-of-this-test' }
const ASKED = { subject: 'web', command: ['psql', '-c', 'select secret'] }

let world: World
let opened: { readonly task: string; readonly command: readonly string[]; readonly commits: number }[]
let ask: ReturnType<typeof makeApi>
const execSessions: ExecSessions = {
  open: async ({ id }, command) => {
    opened.push({ task: id, command, commits: (await asked()).length })
    return SESSION
  },
}
const asked = async () => (await world.log.read('service/shop/web')).filter(({ events }) => JSON.stringify(events).includes('ExecAsked'))

async function deployed(exec: boolean | undefined, sessions: ExecSessions | undefined = execSessions) {
  world = { ...makeWorld(), execSessions: sessions }
  opened = []
  ask = makeApi(world)
  await ask('POST', '/v1/stacks/shop/deployments', {
    headers: { 'idempotency-key': 'deploy-in-this-test' },
    body: { spec: stackSpec({ web: spec('a', { exec }) }) },
  })
  await settle(world)
}

describe('POST /v1/stacks/shop/exec', () => {
  beforeEach(() => deployed(true))

  it('records who ran which program in which task before the way in is opened, and never its arguments', async () => {
    const { status, body } = await ask('POST', '/v1/stacks/shop/exec', { headers: KEY, body: ASKED })
    expect([status, body]).toEqual([200, { task: 'web.1', ...SESSION }])
    expect(opened).toEqual([{ task: expect.stringMatching(/^web-1-/), command: ASKED.command, commits: 1 }])
    const [commit] = await asked()
    expect(commit).toMatchObject({ actor: 'token laptop', events: [{ type: 'ExecAsked', program: 'psql' }] })
    expect(JSON.stringify(await world.log.read('service/shop/web'))).not.toMatch(/select secret|the-token/)
  })

  it('is recorded once however often the same command is asked', async () => {
    for (let time = 0; time < 2; time++) expect((await ask('POST', '/v1/stacks/shop/exec', { headers: KEY, body: ASKED })).status).toBe(200)
    expect(await asked()).toHaveLength(1)
  })

  it('is kept by nobody on the way', async () => {
    const handler = api(apiPorts(world)) as unknown as (event: unknown, context: unknown) => Promise<{ headers: Record<string, string> }>
    const { default: event } = (await import('./events/api-gateway-v2.json', { with: { type: 'json' } })) as unknown as {
      default: { headers: object; requestContext: { http: object } }
    }
    const path = '/v1/stacks/shop/exec'
    const answer = await handler(
      {
        ...event,
        rawPath: path,
        headers: { ...event.headers, ...KEY, authorization: 'Bearer the-token-of-this-test', 'content-type': 'application/json' },
        requestContext: { ...event.requestContext, http: { ...event.requestContext.http, method: 'POST', path } },
        body: JSON.stringify(ASKED),
      },
      { functionName: 'test', awsRequestId: 'test' },
    )
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it.each([
    ['a service that is not there', { ...ASKED, subject: 'db' }, 404, 'LS-NOT-FOUND'],
    ['a task that is not there', { ...ASKED, subject: 'web.7' }, 404, 'LS-NOT-FOUND'],
    ['no program', { ...ASKED, command: [] }, 400, 'LS-REQUEST-INVALID'],
    ['what AWS has no word for', { ...ASKED, user: 'root' }, 400, 'LS-REQUEST-INVALID'],
  ])('%s: refused, and nothing is recorded', async (_, body, status, code) => {
    const answer = await ask('POST', '/v1/stacks/shop/exec', { headers: KEY, body })
    expect([answer.status, answer.error?.code]).toEqual([status, code])
    expect([await asked(), opened]).toEqual([[], []])
  })

  it('a way in that cannot be opened is recorded all the same: it was asked for', async () => {
    await deployed(true, { open: () => Promise.reject(new CodedError('LS-RUNTIME-UNSUPPORTED', 'nobody listens')) })
    const answer = await ask('POST', '/v1/stacks/shop/exec', { headers: KEY, body: ASKED })
    expect([answer.status, answer.error?.message]).toEqual([422, 'nobody listens'])
    expect(await asked()).toHaveLength(1)
  })
})

describe('a service whose file does not ask for it', () => {
  it.each([undefined, false])('(exec: %s) is not let into', async exec => {
    await deployed(exec)
    const answer = await ask('POST', '/v1/stacks/shop/exec', { headers: KEY, body: ASKED })
    expect([answer.status, answer.error?.code]).toEqual([422, 'LS-RUNTIME-UNSUPPORTED'])
    expect(answer.error?.hint).toContain('exec: true')
    expect([await asked(), opened]).toEqual([[], []])
  })
})

it('on one machine the way in is an upgraded connection, and the API says so', async () => {
  world = makeWorld()
  const answer = await makeApi(world)('POST', '/v1/stacks/shop/exec', { headers: KEY, body: ASKED })
  expect([answer.status, answer.error?.message]).toEqual([422, expect.stringContaining('Upgrade: longshore-exec')])
})
