import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOM = fileURLToPath(new URL('../.emulator', import.meta.url))

/**
 * Programs of PyPI, each in an environment of its own under .emulator/, made once and made again when `requirement` changes.
 * Answers its bin folder. @throws what pip says
 */
export function pythonEnvironment(name: string, requirement: string): string {
  const folder = join(ROOM, name)
  const bin = join(folder, 'bin')
  const installed = join(folder, 'installed.txt')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === requirement) return bin
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' })
  execFileSync(join(bin, 'pip'), ['install', '-q', '--disable-pip-version-check', requirement], { stdio: 'pipe', timeout: 300_000 })
  writeFileSync(installed, requirement)
  return bin
}
