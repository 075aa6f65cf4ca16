import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { withDirectImports } from '../../infra/cloud/past-barrels.ts'

const folder = mkdtempSync(join(tmpdir(), 'longshore-barrels-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, source: string) => writeFileSync(join(folder, name), source)
const at = (name: string) => JSON.stringify(join(folder, name))
const resolve = async (name: string, importer: string) => (name.startsWith('.') ? join(dirname(importer), `${name}.js`) : name)
const rewritten = (source: string) => withDirectImports(source, join(folder, 'user.js'), resolve)

file('barrel.js', 'export { a as renamed } from "./a";\nexport * from "./b";\nexport * from "./c";\nexport const own = 1;\n')
file('a.js', 'export function a() {}\n')
file('b.js', 'export class B {\n}\n')
file('c.js', 'const d = 1;\nexport { d };\nexport { e } from "./e";\n')
file('e.js', 'export async function e() {}\n')

it.each([
  ['import { renamed } from "./barrel";', `import { a as renamed } from ${at('a.js')};`],
  ['import { renamed as x, B } from "./barrel";', `import { a as x } from ${at('a.js')};import { B as B } from ${at('b.js')};`],
  ['import { d, e, } from "./barrel";', `import { d as d } from ${at('c.js')};import { e as e } from ${at('e.js')};`],
  ['import {\n  own,\n} from "./barrel";', `import { own as own } from ${at('barrel.js')};`],
])('names the file that makes what is imported: %j', async (source, expected) => {
  expect(await rewritten(`${source}\nB();\n`)).toBe(`${expected}\nB();\n`)
})

it.each([
  'import { unknown } from "./barrel";', // found by esbuild, or said to be missing by it
  'import { createHash } from "node:crypto";',
  'import whole from "./barrel";',
  'import * as all from "./barrel";',
])('leaves to esbuild what it does not know: %s', async source => {
  expect((await rewritten(source)).replaceAll(/ (\w+) as \1 /g, ' $1 ')).toBe(source)
})
