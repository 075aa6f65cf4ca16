import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Loaded } from '../shared/compose/load.ts'
import { CodedError } from '../shared/domain/errors.ts'
import type { Cli } from './command.ts'

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']
const OVERRIDES = ['compose.override.yaml', 'compose.override.yml', 'docker-compose.override.yaml', 'docker-compose.override.yml']
/** What `-f -` reads is called this in messages. */
const INPUT = 'stdin'

export type FoundFiles = {
  /** Absolute. */
  readonly files: readonly string[]
  readonly projectDirectory: string
}

/** The files that were named, else the first of Compose's default names in this folder or the nearest one above, with its override. */
export function findFiles(cwd: string, named: readonly string[], projectDirectory?: string): FoundFiles {
  if (named.length) {
    const files = named.map(file => resolve(cwd, file === '-' ? INPUT : file))
    return { files, projectDirectory: projectDirectory ?? dirname(files[0]!) }
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const name = NAMES.find(candidate => existsSync(join(folder, candidate)))
    const override = OVERRIDES.find(candidate => existsSync(join(folder, candidate)))
    if (name)
      return {
        files: [name, ...(override ? [override] : [])].map(file => join(folder, file)),
        projectDirectory: projectDirectory ?? folder,
      }
    if (dirname(folder) === folder) break
  }
  throw new CodedError('LS-COMPOSE-FILE', `there is no compose.yaml in ${cwd} or a folder above it`, {
    hint: '-f names a file in another place; -p names a stack that runs already.',
  })
}

function readerOf({ io, settings }: Pick<Cli, 'io' | 'settings'>): (path: string) => Uint8Array | undefined {
  const input = settings.files.includes('-') ? resolve(io.cwd, INPUT) : undefined
  return path => {
    if (path === input) return io.readInput()
    try {
      return readFileSync(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}

function inputOf(cli: Pick<Cli, 'io' | 'settings'>) {
  const { io, settings } = cli
  const found = findFiles(io.cwd, settings.files, settings.projectDirectory)
  return {
    ...found,
    projectName: settings.projectName,
    env: io.env,
    envFiles: settings.envFiles.length ? settings.envFiles : undefined,
    profiles: settings.profiles,
    read: readerOf(cli),
  }
}

/** Loads what the command line names. @throws CodedError LS-COMPOSE-* */
export async function loadStack(cli: Pick<Cli, 'io' | 'settings'>): Promise<Loaded & FoundFiles> {
  const { loadCompose } = await import('../shared/compose/load.ts')
  const input = inputOf(cli)
  return { ...loadCompose(input), files: input.files, projectDirectory: input.projectDirectory }
}

/** The stack that is meant, for commands that need nothing else of the file: -p, the file's name, or the only stack that there is. */
export async function stackNameOf(cli: Pick<Cli, 'io' | 'settings' | 'api'>): Promise<string> {
  const asked = cli.settings.projectName ?? cli.io.env['COMPOSE_PROJECT_NAME']
  if (asked) return asked
  try {
    return await nameInFile(cli)
  } catch (error) {
    if (cli.settings.files.length || !(error instanceof CodedError) || error.code !== 'LS-COMPOSE-FILE') throw error
    const { stacks } = await cli.api
      .with({ patienceMs: 0 })
      .stacks()
      .catch(() => ({ stacks: [] }))
    if (stacks.length !== 1) throw error
    return stacks[0]!.stack
  }
}

async function nameInFile(cli: Pick<Cli, 'io' | 'settings'>): Promise<string> {
  const [{ stackName }, { gatherVariables, mustRead }, { parseFile }] = await Promise.all([
    import('../shared/compose/stack-name.ts'),
    import('../shared/compose/variables.ts'),
    import('../shared/compose/parse.ts'),
  ])
  const input = inputOf(cli)
  const sources = input.files.flatMap(file => parseFile(file, mustRead(input.read, file, { file, line: 1, column: 1 })))
  return stackName(undefined, input.projectDirectory, sources, gatherVariables({ ...input, note: () => {} }))
}
