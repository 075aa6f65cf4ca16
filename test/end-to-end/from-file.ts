import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
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

/** From outside: the engine's own list of this installation's containers, ended ones included; those of an earlier run may still be there. */
export const containersFrom =
  (data: () => string) =>
  (stack: string, service: string, ...more: string[]): readonly string[] => {
    const { id } = JSON.parse(readFileSync(join(data(), 'installation.json'), 'utf8')) as { readonly id: string }
    const labels = [`installation=${id}`, `stack=${stack}`, `service=${service}`]
    const filters = labels.flatMap(label => ['--filter', `label=longshore.${label}`])
    return execFileSync('docker', ['ps', '-aq', ...filters, ...more], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
  }
