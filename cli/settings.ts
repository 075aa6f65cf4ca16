import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { Option } from 'commander'
import { configFolder, LOCAL } from './contexts.ts'

/** What every command understands, before its word or after it. */
export type Settings = {
  readonly files: readonly string[]
  readonly projectDirectory?: string
  readonly projectName?: string
  readonly profiles: readonly string[]
  readonly envFiles: readonly string[]
  readonly format: 'table' | 'json'
  readonly progress: ProgressMode
  /** Absolute path of the data folder. */
  readonly data: string
  /** The context that was named; undefined: the current one. */
  readonly context?: string
  /** Where contexts are kept. */
  readonly config: string
}
export type ProgressMode = 'auto' | 'tty' | 'plain' | 'json' | 'quiet'

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value]

/** `-f` stays free where it means "follow". */
export function globalOptions(shortFile: boolean): readonly Option[] {
  return [
    new Option(`${shortFile ? '-f, ' : ''}--file <path>`, 'Compose file; several are merged in order').argParser(collect),
    new Option('-p, --project-name <name>', "the stack's name; by default the file's `name`, or the folder's"),
    new Option('--project-directory <path>', 'what relative paths in the file count from'),
    new Option('--profile <name>', 'a profile to switch on').argParser(collect),
    new Option('--env-file <path>', 'variables of the file, instead of .env').argParser(collect),
    new Option('--format <kind>', 'how to print').choices(['table', 'json']),
    new Option('--progress <kind>', 'how to show progress').choices(['auto', 'tty', 'plain', 'json', 'quiet']),
    new Option('--context <name>', 'the installation to talk to (longshore context ls); local is this machine'),
    new Option('--data <folder>', 'data folder of the host (default: .longshore here or above if a host runs on it, else ~/.longshore)'),
  ]
}

type Raw = Readonly<Record<string, unknown>>
type Sources = { readonly program: Raw; readonly command: Raw; readonly env: Readonly<Record<string, string>>; readonly cwd: string }

/** After the word wins over before it; lists add up. The environment fills what neither says. */
export function settingsOf({ program, command, env, cwd }: Sources): Settings {
  const one = (name: string): string | undefined => (command[name] ?? program[name]) as string | undefined
  const list = (name: string) => [...((program[name] as readonly string[]) ?? []), ...((command[name] as readonly string[]) ?? [])]
  const all = (name: string, variable: string, separator: string): readonly string[] => {
    const told = list(name)
    return told.length ? told : (env[variable] ?? '').split(separator).filter(Boolean)
  }
  const files = all('file', 'LONGSHORE_FILE', delimiter)
  const data = one('data') ?? env['LONGSHORE_DATA']
  const directory = one('projectDirectory') ?? env['LONGSHORE_PROJECT_DIRECTORY']
  return {
    files: files.length ? files : (env['COMPOSE_FILE'] ?? '').split(env['COMPOSE_PATH_SEPARATOR'] || delimiter).filter(Boolean),
    projectDirectory: directory && resolve(cwd, directory),
    projectName: one('projectName') ?? env['LONGSHORE_PROJECT_NAME'],
    profiles: all('profile', 'LONGSHORE_PROFILE', ','),
    envFiles: all('envFile', 'LONGSHORE_ENV_FILE', delimiter).map(file => resolve(cwd, file)),
    format: (one('format') ?? 'table') as Settings['format'],
    progress: (one('progress') ?? 'auto') as ProgressMode,
    // whoever names a data folder means this machine
    context: one('context') ?? env['LONGSHORE_CONTEXT'] ?? (data === undefined ? undefined : LOCAL),
    config: configFolder(env),
    data: resolve(cwd, data ?? nearest(cwd) ?? join(env['HOME'] ?? homedir(), '.longshore')),
  }
}

/** The folder of a host that runs for this folder or one above it, as `npm start` does in a clone. */
function nearest(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.longshore', 'host.json'))) return join(folder, '.longshore')
    if (dirname(folder) === folder) return undefined
  }
}

/** Commander reads one variable for one option; lists are split above. */
const OWN_VARIABLES = new Set(['file', 'profile', 'env-file', 'data', 'context', 'project-name', 'project-directory'])

/** Every flag by LONGSHORE_*; shown in --help too. */
export function withVariable(option: Option): Option {
  const name = option.name()
  return OWN_VARIABLES.has(name) ? option : option.env(`LONGSHORE_${name.toUpperCase().replaceAll('-', '_')}`)
}

/** Commander takes any value of a flag's variable for "on": the words for "off" must not reach it. */
export function withoutOff(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env))
    if (name.startsWith('LONGSHORE_') && /^(|0|false|no|off)$/i.test(value ?? '')) delete env[name]
}
