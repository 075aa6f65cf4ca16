import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { TestProject } from 'vitest/node'
import { pythonEnvironment } from '../python-environment.ts'

/** A second implementation of AWS's APIs, from PyPI, that shares nothing with the other emulator. */
const PACKAGE = 'moto[server]==5.2.5'
const START_MS = 60_000

declare module 'vitest' {
  export interface ProvidedContext {
    moto: string
  }
}

/** Vitest's global setup: one server for the whole run, on a free port of 127.0.0.1. */
export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const bin = pythonEnvironment('moto', PACKAGE)
  const port = await freePort()
  const server = spawn(join(bin, 'moto_server'), ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
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
