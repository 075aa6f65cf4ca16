import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '../cli/free-port.ts'
import { tryAnswer } from './client.ts'
import { type Bench, median } from './figure.ts'
import { until } from './until.ts'

const CLONE = fileURLToPath(new URL('..', import.meta.url))
const DATA = fileURLToPath(new URL('../.longshore', import.meta.url))
const ROUNDS = 3

/** What somebody waits who has just cloned it and types `npm start`: from nothing until the example answers, on processes. */
export const start: Bench = {
  name: 'start',
  does: 'npm start until the example answers, on processes',
  run: async () => {
    const hadData = existsSync(DATA)
    if (existsSync(`${DATA}/host.json`)) return { figures: [], traces: ['left out: a host uses .longshore/, which npm start would share'] }
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      times.push(await startOnce())
      if (!hadData) rmSync(DATA, { recursive: true, force: true })
    }
    const note = `the start of npm and of Node included; ${hadData ? 'into the .longshore/ that was there' : 'from nothing'}`
    return { figures: [{ name: 'npm start → first answer', unit: 'ms', value: median(times), note }], traces: [] }
  },
}

async function startOnce(): Promise<number> {
  const port = await freePort(8_080)
  const began = performance.now()
  const env = { ...process.env, LONGSHORE_RUNTIME: 'process' }
  const child = spawn('npm', ['start', '--silent'], { cwd: CLONE, env, stdio: 'ignore', detached: true })
  const exited = once(child, 'exit')
  try {
    await until('the example answers', () => tryAnswer(port))
    return performance.now() - began
  } finally {
    process.kill(-child.pid!, 'SIGINT') // its group, as a terminal's Ctrl-C does
    await exited
  }
}
