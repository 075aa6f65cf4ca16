import { Option } from 'commander'
import { ApiClient } from '../api-client.ts'
import { type Cli, type CommandSpec, type Given, isJson, printJson, printLines } from '../command.ts'
import { endpointOf } from '../context.ts'
import { type Access, type Context, contextOf, LOCAL, readContexts, writeContexts } from '../contexts.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../io.ts'
import { renderTable } from '../render/table.ts'

const word = (name: string, summary: string, run: NonNullable<CommandSpec['run']>, more: Partial<CommandSpec> = {}): CommandSpec => ({
  name,
  summary,
  group: 'Run',
  isHere: true,
  run,
  ...more,
})

export const context: CommandSpec = {
  name: 'context',
  summary: 'the installations that commands can talk to: this machine, and those elsewhere',
  group: 'Run',
  commands: [
    word('ls', 'all contexts; the current one has a star', async cli => list(cli)),
    word('add', 'adds an installation: the URL of its API, and how you prove who you are', add, {
      operands: '<name> <url>',
      options: [
        new Option('--token <token>', 'its bearer token; others on this machine see it there, so rather LONGSHORE_TOKEN or --token-stdin'),
        new Option('--token-stdin', 'read the token from standard input'),
        new Option('--iam', 'sign as an IAM identity (SigV4), by the credentials that the AWS CLI would use'),
        new Option('--aws-profile <name>', 'sign as this profile'),
        new Option('--region <name>', "of the API, where its URL does not tell; by default AWS_REGION's"),
      ],
    }),
    word('use', 'makes a context the current one', use, { operands: '<name>' }),
    word('show', 'where a context leads, by default the current one; never its token', show, { operands: '[name]' }),
    word('rm', 'forgets a context; what runs there goes on', remove, { operands: '<name>' }),
  ],
}

/** What a person may see of it. */
const shown = (name: string, { url, access }: Context) => ({ name, url, access: 'iam' in access ? access : { token: 'kept' } })
const HERE = { name: LOCAL, url: 'this machine', access: {} }

function accessText(access: Access | object): string {
  if ('token' in access) return 'token'
  if (!('iam' in access)) return ''
  return `IAM, ${access.iam.profile ? `profile ${access.iam.profile}` : 'default credentials'}, ${access.iam.region}`
}

function list(cli: Cli): number {
  const { current, contexts } = readContexts(cli.settings.config)
  const all = [HERE, ...Object.entries(contexts).map(([name, one]) => shown(name, one))]
  if (isJson(cli))
    printJson(
      cli.io,
      all.map(one => ({ ...one, isCurrent: one.name === current })),
    )
  else
    printLines(
      cli.io,
      renderTable(
        ['NAME', 'URL', 'ACCESS'],
        all.map(one => [`${one.name}${one.name === current ? ' *' : ''}`, one.url, accessText(one.access)]),
      ),
    )
  return EXIT.ok
}

async function add(cli: Cli, { operands: [name = '', url = ''], options }: Given): Promise<number> {
  const { io, settings } = cli
  const book = readContexts(settings.config)
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name))
    throw new UsageError(`"${name}" is no name: letters, digits, dots, dashes and underscores`)
  if (name === LOCAL || Object.hasOwn(book.contexts, name))
    throw new UsageError(
      `there is a context ${name} already${name === LOCAL ? ': it is this machine' : `; longshore context rm ${name} forgets it`}`,
    )
  const added = { name, url: safeUrl(url), access: accessOf(url, options, cli) }
  const { name: _, ...kept } = added
  writeContexts(settings.config, { ...book, contexts: { ...book.contexts, [name]: kept } })
  const api = new ApiClient({ endpoint: () => endpointOf(added), interrupt: io.interrupt, patienceMs: 0 })
  const answer = await api.host().catch((error: Error) => error)
  if (answer instanceof Error) io.err(`It is kept, but does not answer yet: ${answer.message}`)
  if (isJson(cli)) printJson(io, shown(name, kept))
  else
    io.out(
      `Added ${name}: ${kept.url}${answer instanceof Error ? '' : ` (Longshore ${answer.version}, ${answer.runtimeDetail})`}     use it: longshore context use ${name}`,
    )
  return EXIT.ok
}

/** @throws UsageError for what is no URL of an API, or would show a token to everybody on the way */
function safeUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash)
    throw new UsageError(`"${text}" is not the URL of an API, as https://abc.execute-api.eu-west-1.amazonaws.com`)
  if (url.protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
    throw new UsageError(`${text} is not encrypted: whoever is on the way could act as you. Use https.`)
  return text.replace(/\/+$/, '')
}

function accessOf(url: string, options: Given['options'], { io }: Cli): Access {
  const profile = options['awsProfile'] as string | undefined
  const isSigned = Boolean(options['iam']) || profile !== undefined
  const token = (options['tokenStdin'] ? Buffer.from(io.readInput()).toString('utf8') : (options['token'] as string | undefined))?.trim()
  if (isSigned && token !== undefined) throw new UsageError('either a token or --iam, not both')
  if (token) return { token }
  if (!isSigned) throw new UsageError('how do you prove who you are? --token-stdin, LONGSHORE_TOKEN, or --iam')
  const told = /\.execute-api(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(new URL(url).hostname)?.[1]
  const region = (options['region'] as string | undefined) ?? told ?? io.env['AWS_REGION'] ?? io.env['AWS_DEFAULT_REGION']
  if (!region) throw new UsageError('the URL does not tell the Region that requests are signed for: --region does')
  return { iam: { region, ...(profile !== undefined && { profile }) } }
}

async function use({ io, settings }: Cli, { operands: [name = ''] }: Given): Promise<number> {
  const book = readContexts(settings.config)
  const found = contextOf(book, name)
  writeContexts(settings.config, { ...book, current: name })
  io.out(found ? `Commands talk to ${name} now: ${found.url}` : 'Commands talk to this machine now.')
  return EXIT.ok
}

async function show(cli: Cli, { operands: [named] }: Given): Promise<number> {
  const book = readContexts(cli.settings.config)
  const name = named ?? cli.settings.context ?? book.current
  const found = contextOf(book, name)
  const told = found ? shown(name, found) : HERE
  if (isJson(cli)) printJson(cli.io, told)
  else cli.io.out([told.name, told.url, accessText(told.access)].filter(Boolean).join('   '))
  return EXIT.ok
}

async function remove({ io, settings }: Cli, { operands: [name = ''] }: Given): Promise<number> {
  if (name === LOCAL) throw new UsageError('this machine cannot be forgotten')
  const book = readContexts(settings.config)
  contextOf(book, name)
  const { [name]: _, ...contexts } = book.contexts
  const wasCurrent = book.current === name
  writeContexts(settings.config, { current: wasCurrent ? LOCAL : book.current, contexts })
  io.out(`Forgot ${name}.${wasCurrent ? ' Commands talk to this machine now.' : ''}`)
  return EXIT.ok
}
