import { Option } from 'commander'
import type { HostInfo } from '../../shared/api/contract.ts'
import type { ExecOpen } from '../../shared/api/exec.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import type { Endpoint, TokenEndpoint } from '../api-client.ts'
import { type CommandSpec, isJson, printJson } from '../command.ts'
import { stackNameOf } from '../compose-files.ts'
import { needHost } from '../context.ts'
import { execIn } from '../exec-client.ts'
import { UsageError } from '../io.ts'

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value]

/** `-e KEY=value`, or `-e KEY` for ours. */
function variable(text: string, env: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  const [, key, value] = /^([^=]+)(?:=([\s\S]*))?$/.exec(text) ?? []
  if (!key) throw new UsageError(`"${text}" is not KEY=value`)
  const found = value ?? (text.includes('=') ? '' : env[key])
  return found === undefined ? [] : [[key, found]]
}

/** A connection that both sides speak on cannot go through AWS's gateway. @throws CodedError LS-RUNTIME-UNSUPPORTED */
function hereOrRefused({ runtime }: HostInfo, endpoint: Endpoint): TokenEndpoint {
  if (runtime !== 'ecs' && endpoint.sign === undefined) return endpoint
  throw new CodedError('LS-RUNTIME-UNSUPPORTED', 'programs cannot be run inside of tasks on AWS yet', {
    hint: 'longshore logs shows what tasks say.',
  })
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
    const endpoint = hereOrRefused(await needHost(cli), cli.api.endpoint())
    const stack = await stackNameOf(cli)
    const { io } = cli
    const withTerminal = options['tty'] !== false && io.isInteractive && !isJson(cli)
    const open: ExecOpen = {
      subject: options['index'] === undefined ? named! : `${named}.${options['index']}`,
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
