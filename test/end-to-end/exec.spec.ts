import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execIn } from '../../cli/exec-client.ts'
import { type Ran, run, type Surroundings } from '../cli/run-in-process.ts'
import { appSpec, type Installation, makeInstallation } from './installation.ts'
import { prepareRuntime, RUNTIMES } from './runtimes.ts'

/** Status and body of an upgrade that must not come about. */
function refusedUpgrade(url: string, headers: Record<string, string>): Promise<{ readonly status?: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { connection: 'Upgrade', upgrade: 'longshore-exec', ...headers } })
    asked.on('upgrade', () => reject(new Error('it was upgraded')))
    asked.on('error', reject)
    asked.on('response', async answer => {
      let body = ''
      for await (const chunk of answer) body += chunk
      resolve({ status: answer.statusCode, body })
    })
    asked.end()
  })
}

describe.each(RUNTIMES)('a program inside of a task, on runtime %s', runtime => {
  const node = runtime === 'docker' ? '/bin/node' : process.execPath
  let home: Installation
  beforeAll(async () => {
    await prepareRuntime(runtime)
    home = await makeInstallation({ runtime, port: 19_820 })
    const spec = appSpec({ published: 19_821, environment: { VERSION: 'seven', API_TOKEN: '‹secret:t›' }, update: { monitor: 0 } })
    await home.api.up({ name: 'exec', services: { web: { replicas: 2, spec } } }, { secrets: { t: 'hush' } })
    await home.api.settled('exec', 1)
  }, 60_000)
  afterAll(() => home.dispose())

  const exec = (argv: readonly string[], around: Surroundings = {}): Promise<Ran> =>
    run(['--data', home.folder, '-p', 'exec', 'exec', ...argv], around)

  it('has the environment of the task, secrets included, and its output, error output and exit code are told apart', async () => {
    const code = 'console.log(process.env.VERSION, process.env.API_TOKEN, process.env.LONGSHORE_TASK); console.error("E"); process.exit(7)'
    const ran = await exec(['web.2', node, '-e', code])
    expect(ran).toEqual({ code: 7, out: 'seven hush web.2\n', err: 'E\n' })
  })

  it('takes flags before the task as ours and behind it as the program’s, and a service for its first task', async () => {
    const code = 'console.log(process.env.LONGSHORE_TASK, process.env.EXTRA, process.cwd(), process.argv.slice(1).join())'
    const ran = await exec(['-T', '-e', 'EXTRA=more', '-w', '/tmp', 'web', node, '-e', code, '--', '-u', '--format', 'json'])
    expect(ran).toMatchObject({ code: 0, out: 'web.1 more /tmp -u,--format,json\n' })
  })

  it('reads our standard input to its end', async () => {
    const input = 'x'.repeat(300_000)
    const ran = await exec(
      ['web', node, '-e', 'let n = 0; process.stdin.on("data", d => { n += d.length }).on("end", () => console.log(n))'],
      { input },
    )
    expect(ran).toMatchObject({ code: 0, out: '300000\n' })
  })

  it('may print more than fits into any buffer', { timeout: 30_000 }, async () => {
    const ran = await exec(['web', node, '-e', 'process.stdout.write("y".repeat(3e6))'])
    expect(ran.code).toBe(0)
    expect(ran.out.length).toBe(3e6)
  })

  it('stands in the log with who and what, without its arguments', async () => {
    await exec(['web', node, '-e', '0 // very-secret'])
    const { events } = await home.api.events('exec')
    const asked = events.filter(({ type }) => type === 'ExecAsked')
    expect(asked.at(-1)).toMatchObject({ stream: 'service/exec/web', actor: 'token local', data: { program: node } })
    expect(JSON.stringify(events)).not.toContain('very-secret')
  })

  it('prints one document for programs', async () => {
    const ran = await exec(['--format', 'json', 'web', node, '-e', 'console.log(1); process.exit(3)'])
    expect(ran.code).toBe(3)
    expect(JSON.parse(ran.out)).toEqual({ code: 3, stdout: '1\n', stderr: '' })
  })

  it.each([
    ['web.9', 'exec has no service and no task web.9 that runs'],
    ['none', 'exec has no service and no task none that runs'],
  ])('is refused in %s', async (task, why) => {
    const ran = await exec([task, 'sh'])
    expect(ran.code).not.toBe(0)
    expect(ran.err).toContain('LS-NOT-FOUND')
    expect(ran.err).toContain(why)
  })

  it('that cannot be run is an error, not silence', async () => {
    const ran = await exec(['web', '/no/such/program'])
    expect(ran.code).not.toBe(0)
    expect(ran.out + ran.err).toContain('/no/such/program')
  })

  it('needs the token, and a Host header that is ours', async () => {
    const url = `http://127.0.0.1:${new URL(JSON.parse(readFileSync(join(home.folder, 'host.json'), 'utf8')).url).port}/v1/stacks/exec/exec`
    const authorization = `Bearer ${readFileSync(join(home.folder, 'token'), 'utf8')}`
    expect(await refusedUpgrade(url, {})).toMatchObject({ status: 401, body: expect.stringContaining('LS-UNAUTHENTICATED') })
    expect(await refusedUpgrade(url, { authorization: 'Bearer wrong' })).toMatchObject({ status: 401 })
    expect(await refusedUpgrade(url, { authorization, host: 'evil.example' })).toMatchObject({ status: 403 })
    expect(await refusedUpgrade(url, { authorization, upgrade: 'websocket' })).toMatchObject({ status: 404 })
  })

  if (runtime === 'docker') {
    it('gets a terminal of our size where we have one', async () => {
      const { url } = JSON.parse(readFileSync(join(home.folder, 'host.json'), 'utf8')) as { url: string }
      const endpoint = { url, token: readFileSync(join(home.folder, 'token'), 'utf8').trim() }
      let out = ''
      let isRaw = false
      const io = {
        write: (text: string | Uint8Array) => {
          out += Buffer.from(text as Uint8Array).toString('utf8')
        },
        writeErr: () => {},
        columns: () => 91,
        rows: () => 17,
        interrupt: new AbortController().signal,
        keyboard: () => ({
          chunks: async function* () {
            yield Buffer.from('typed\r')
          },
          setRaw: (raw: boolean) => {
            isRaw = raw
          },
          onResize: () => {},
          release: () => {},
        }),
      }
      const program =
        'process.stdin.once("data", d => { console.log([process.stdout.isTTY, process.stdout.columns, process.stdout.rows, String(d).trim()].join()); process.exit(4) })'
      const open = { subject: 'web', command: [node, '-e', program], environment: {}, terminal: { columns: 91, rows: 17 } }
      expect(await execIn(endpoint, 'exec', open, io)).toBe(4)
      expect(out).toContain('true,91,17,typed')
      expect(isRaw).toBe(true)
    })
  } else {
    it('has no other users, which is said', async () => {
      const ran = await exec(['-u', 'nobody', 'web', node, '-e', '0'])
      expect(ran.err).toContain('LS-RUNTIME-UNSUPPORTED')
    })
  }
})
