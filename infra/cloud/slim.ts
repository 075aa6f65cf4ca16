import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'

const ADAPTERS = fileURLToPath(new URL('../../shared/adapters', import.meta.url))

/**
 * Files of packages that a Lambda never runs, and what stands in their place. What is replaced must fail by name when it is used after all:
 * nothing here pretends to work. A replacement without a name that is imported fails the build.
 */
const REPLACED: readonly { readonly file: RegExp; readonly by: string; readonly because: string }[] = [
  {
    file: /\/@aws-sdk\/credential-provider-node\/dist-es\/index\.js$/,
    by: `import { fromEnv } from "@aws-sdk/credential-provider-env"; export const defaultProvider = () => fromEnv()`,
    because: "a function's credentials stand in its variables and outlive its process: no profiles, SSO, web identities or metadata",
  },
  {
    file: /\/shared-ini-file-loader\/(loadSharedConfigFiles|loadSsoSessionData)\.js$/,
    by: `export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} }); export const loadSsoSessionData = async () => ({}); export const CONFIG_PREFIX_SEPARATOR = '.'`,
    because: 'a Lambda has no files of settings',
  },
  {
    file: /\/getInstanceMetadataRegion\.js$/,
    by: 'export const getInstanceMetadataRegion = async () => undefined',
    because: 'the Region is a variable, and a Lambda is no EC2 instance',
  },
  {
    file: /\/@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/,
    by: `const no = () => { throw new Error('event streams are not in this bundle') }; export const eventStreamSerdeProvider = () => ({}); export const resolveEventStreamSerdeConfig = config => config; export { no as EventStreamSerde }`,
    because: 'no call here streams events',
  },
  {
    file: /\/createUserAgentStringParsingProvider\.js$/,
    by: `export const createUserAgentStringParsingProvider = () => { throw new Error('the reader of browsers is not in this bundle') }`,
    because: 'Node is no browser',
  },
  {
    file: /\/@aws-sdk\/endpoint-cache\/dist-es\/index\.js$/,
    by: 'export class EndpointCache {}',
    because: 'DynamoDB needs no endpoint discovery',
  },
  {
    file: /\/DescribeEndpointsCommand\.js$/,
    by: `export class DescribeEndpointsCommand { constructor() { throw new Error('endpoint discovery is not in this bundle') } }`,
    because: 'DynamoDB needs no endpoint discovery',
  },
  {
    file: /\/(Sha256Js|Sha1Js|Md5Js|Crc32Js)\.js$/,
    by: ['Sha256Js', 'Sha1Js', 'Md5Js', 'Crc32Js']
      .map(name => `export class ${name} { constructor() { throw new Error('${name} is not in this bundle: Node has its own') } }`)
      .join(';'),
    because: 'Node computes these itself',
  },
  {
    file: /\/signature-v4\/dist-es\/HeaderFormatter\.js$/,
    by: `export class HeaderFormatter { format() { throw new Error('signatures of events are not in this bundle') } }`,
    because: 'no call here streams events',
  },
  {
    file: /\/middleware-user-agent\/check-features\.js$/,
    by: 'export const checkFeatures = async () => {}',
    because: 'all that it does is to name in a header which features of the SDK a call uses',
  },
  {
    file: /\/AdaptiveRetryStrategy\.js$/,
    by: `export class AdaptiveRetryStrategy { constructor() { throw new Error('adaptive retries are not in this bundle') } }`,
    because: 'every client here retries in standard mode',
  },
  {
    file: /\/zod\/v4\/core\/compile\.js$/,
    by: `const no = () => { throw new Error("zod's compiler is not in this bundle") }; export const INVALID = Symbol.for('zod.compile.invalid'); export class ZodCompileAsyncError extends Error {}; export class ZodCompileUnsupportedError extends Error {}; export { no as compile, no as withParser, no as compileFn }`,
    because: 'schemas are few and read small things: compiling them takes longer than it saves',
  },
]

export const isReplaced = (file: string): boolean => REPLACED.some(one => one.file.test(file))

/** Leaves out what is never used, and lets esbuild see what is not. */
export const slim: Plugin = {
  name: 'slim',
  setup({ onLoad }) {
    for (const { file, by } of REPLACED) onLoad({ filter: file }, () => ({ contents: by }))
    onLoad({ filter: /\/dist-es\/schemas\/schemas_\d+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      return { contents: markedPure(withoutErrors(source, namedErrors())) }
    })
    onLoad({ filter: /\/@aws-sdk\/client-[\w-]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version: string }
      return { contents: JSON.stringify({ version }), loader: 'json' } // all that a client reads of it
    })
  },
}

/**
 * A client's file of schemas holds those of every operation. Their literals have computed keys, which esbuild must take for something that
 * could have an effect; said to have none, those that no command names are dropped: half a megabyte of EC2's.
 */
export const markedPure = (source: string): string =>
  source.replace(/^((?:export )?(?:var|const) \w+\$? = )(\[[\s\S]*?\n?\]);$/gm, '$1/* @__PURE__ */ (() => $2)();')

/**
 * A client registers a class for each error of its service, and so keeps them all. One without a class is thrown as the service's exception
 * with its own name and message, as those are that a service has added since; what differs is `instanceof`, and members beside the message.
 */
export const withoutErrors = (source: string, named: ReadonlySet<string>): string =>
  source.replace(/^n\d+_registry\.registerError\(\w+\$, (\w+)\);$/gm, (line, name: string) => (named.has(name) ? line : ''))

/** Every word that an adapter writes: more than the errors, and never one too few. */
const namedErrors = (() => {
  let words: ReadonlySet<string> | undefined
  return () => {
    words ??= new Set(sourcesUnder(ADAPTERS).flatMap(file => readFileSync(file, 'utf8').match(/\w+/g) ?? []))
    return words
  }
})()

const sourcesUnder = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => join(folder, file))
