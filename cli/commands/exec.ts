import { Option } from 'commander'
import type { ExecOpen } from '../../shared/api/exec.ts'
import { type Cli, type CommandSpec, type Given, isJson, printJson } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { needHost } from '../context.ts'
import { execIn } from '../exec-client.ts'
import { idempotencyKey } from '../idempotency-key.ts'
import { UsageError } from '../io.ts'
import { needPlugin, walkIn } from '../session-plugin.ts'

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value]

/** `-e KEY=value`, or `-e KEY` for ours. */
function variable(text: string, env: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  const [, key, value] = /^([^=]+)(?:=([\s\S]*))?$/.exec(text) ?? []
  if (!key) throw new UsageError(`"${text}" is not KEY=value`)
  const found = value ?? (text.includes('=') ? '' : env[key])
  return found === undefined ? [] : [[key, found]]
}

/** What ECS Exec has no way to say. @throws UsageError */
function refuseForAws(cli: Cli, options: Given['options']): void {
  const not = { user: '-u', workdir: '-w', env: '-e' } as const
  for (const [name, flag] of Object.entries(not))
    if (options[name] !== undefined) throw new UsageError(`${flag} has no meaning on AWS: let a shell do it (sh -c '…')`)
  if (options['tty'] === false || isJson(cli))
    throw new UsageError('on AWS a program inside of a task always has a terminal, and all that it says goes there')
}

/** Through a session of Systems Manager, that AWS's own plugin walks through. */
async function execOnAws(cli: Cli, subject: string, command: readonly string[], options: Given['options']): Promise<number> {
  refuseForAws(cli, options)
  const stack = await stackNameOf(cli)
  await needPlugin(cli.io)
  return walkIn(cli.io, await cli.api.openSession(stack, { subject, command: [...command] }, idempotencyKey(cli.io.now())))
}

export const exec: CommandSpec = {
  name: 'exec',
  operands: '<task> <command...>',
  summary: 'runs a program inside of a running task (web.7, or a service for its first one) and answers its exit code',
  group: 'Run',
  passesOn: true,
  options: [
    new Option('-T, --no-tty', 'no terminal, as when the output goes into a pipe'),
    new Option('-u, --user <user>', 'run it as this user'),
    new Option('-w, --workdir <path>', 'in this folder of the task'),
    new Option('-e, --env <key=value>', 'with this variable; KEY alone takes yours').argParser(collect),
    new Option('--index <number>', 'the task of that number'),
  ],
  run: async (cli, { operands: [named, ...command], options }) => {
    const { io } = cli
    const subject = options['index'] === undefined ? named! : `${named}.${options['index']}`
    const { runtime } = await needHost(cli)
    const endpoint = cli.api.endpoint()
    if (runtime === 'ecs' || endpoint.sign) return execOnAws(cli, subject, command, options)
    const stack = await stackNameOf(cli)
    const withTerminal = options['tty'] !== false && io.isInteractive && !isJson(cli)
    const open: ExecOpen = {
      subject,
      command,
      user: options['user'] as string | undefined,
      workingDir: options['workdir'] as string | undefined,
      environment: Object.fromEntries(((options['env'] as readonly string[]) ?? []).flatMap(text => variable(text, io.env))),
      ...(withTerminal && { terminal: { columns: io.columns(), rows: io.rows() } }),
    }
    if (!isJson(cli)) return execIn(endpoint, stack, open, io)
    const told = { stdout: '', stderr: '' }
    const gather = (stream: keyof typeof told) => (text: string | Uint8Array) => {
      told[stream] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
    }
    const code = await execIn(endpoint, stack, open, { ...io, write: gather('stdout'), writeErr: gather('stderr') })
    printJson(io, { code, ...told })
    return code
  },
}
