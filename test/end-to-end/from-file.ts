import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ran, run } from '../cli/run-in-process.ts'

/** The command line over a Compose file of that text, in a folder of the test's own. */
export const fromFile =
  (data: () => string, folder: string) =>
  (text: string, ...argv: string[]): Promise<Ran> => {
    const file = join(folder, 'compose.yaml')
    writeFileSync(file, text)
    return run(['--data', data(), '--file', file, ...argv], { cwd: folder })
  }

/** From outside: the engine's own list, ended containers included. */
export const containersOf = (stack: string, service: string, ...more: string[]): readonly string[] =>
  execFileSync(
    'docker',
    ['ps', '-aq', '--filter', `label=longshore.stack=${stack}`, '--filter', `label=longshore.service=${service}`, ...more],
    { encoding: 'utf8' },
  )
    .split('\n')
    .filter(Boolean)
