import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

/** A second implementation of AWS's APIs, from PyPI, that shares nothing with the other emulator. */
const PACKAGE = 'moto[server]==5.2.5'
const VENV = fileURLToPath(new URL('../../.emulator/moto', import.meta.url))
const INSTALLED = join(VENV, 'installed.txt')
const START_MS = 60_000

declare module 'vitest' {
  export interface ProvidedContext {
    moto: string
  }
}

/** Vitest's global setup: one server for the whole run, on a free port of 127.0.0.1. */
export default async function start(project: TestProject): Promise<() => Promise<void>> {
  install()
  const port = await freePort()
  const server = spawn(join(VENV, 'bin/moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  server.stderr.on('data', chunk => {
    said = (said + chunk).slice(-4_000)
  })
  const url = `http://127.0.0.1:${port}`
  const stop = () => end(server)
  if (!(await answers(url, server))) {
    await stop()
    throw new Error(`moto did not answer on ${url} within ${START_MS / 1_000} s:\n${said}`)
  }
  project.provide('moto', url)
  return stop
}

/** Makes the Python environment once; later runs find it. @throws what pip says */
function install(): void {
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === PACKAGE) return
  rmSync(VENV, { recursive: true, force: true })
  mkdirSync(dirname(VENV), { recursive: true })
  execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'pipe' })
  execFileSync(join(VENV, 'bin/pip'), ['install', '-q', '--disable-pip-version-check', PACKAGE], { stdio: 'pipe', timeout: 300_000 })
  writeFileSync(INSTALLED, PACKAGE)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}

async function answers(url: string, server: ChildProcess): Promise<boolean> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline && server.exitCode === null; await pause(200)) {
    const isUp = await fetch(`${url}/moto-api/`, { signal: AbortSignal.timeout(2_000) }).then(
      response => response.ok,
      () => false,
    )
    if (isUp) return true
  }
  return false
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise(resolve => server.once('exit', resolve))
  server.kill('SIGTERM')
  await Promise.race([ended, pause(5_000).then(() => server.kill('SIGKILL'))])
}
