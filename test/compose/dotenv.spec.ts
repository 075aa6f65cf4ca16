// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDotenv, parseRawEnv } from '../../shared/compose/dotenv.ts'
import { load, loadService, refusal, revealed, specOf } from './load-text.ts'

const parse = (text: string, outer: Readonly<Record<string, string>> = {}) =>
  parseDotenv('/p/.env', text, { lookup: name => (Object.hasOwn(outer, name) ? outer[name] : undefined), note: () => {} })

describe('.env files', () => {
  it.each([
    ['A=b', { A: 'b' }],
    ['export A=b', { A: 'b' }],
    ['A = b', { A: 'b' }],
    ['A: b', { A: 'b' }],
    ['A=', { A: '' }],
    ['A=""', { A: '' }],
    ['  A=b  ', { A: 'b' }],
    ['A=b # no', { A: 'b' }],
    ['A=b# yes', { A: 'b# yes' }],
    ['A=#x', { A: '#x' }],
    ['A= # no', { A: '' }],
    ['A="b # yes" # no', { A: 'b # yes' }],
    ["A='$B'", { A: '$B' }],
    ["A='x\\n'", { A: 'x\\n' }],
    ["A='it\\'s'", { A: "it's" }],
    ['A="x\\ny\\t\\"q\\" \\\\ \\$B"', { A: 'x\ny\t"q" \\ $B' }],
    ['A="1\n2"\nB=3', { A: '1\n2', B: '3' }],
    ['# c\n\nA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A=1\nB=${A}-$A', { A: '1', B: '1-1' }],
    ['A=1\nB="<${A}>"', { A: '1', B: '<1>' }],
    ['B=${N:-d}', { B: 'd' }],
    ['A=a=b', { A: 'a=b' }],
    ['A=1\nA=2', { A: '2' }],
    ['export = 5', { export: '5' }],
  ])('%j', (text, wanted) => {
    expect(parse(text)).toEqual(wanted)
  })

  it('lets outer variables win, and inherits a key alone', () => {
    expect(parse('A=1\nB=$A\nC\nD', { A: 'outer', C: 'c' })).toEqual({ A: '1', B: 'outer', C: 'c' })
  })

  it.each([
    ['A=1\nB="x', 2],
    ['A=1\n\n=x', 3],
    ['A="x" y', 1],
    ['A="1\n2"\nB b', 3],
  ])('refuses %j with the line', (text, line) => {
    expect(refusal(() => parse(text)).place).toMatchObject({ file: '/p/.env', line })
  })

  it('never quotes a value in a refusal', () => {
    const error = refusal(() => parse('A=1\nPASS=hunter2$1'))
    expect(error).toMatchObject({ code: 'LS-COMPOSE-VARIABLE', place: { line: 2 } })
    expect(JSON.stringify([error.message, error.hint])).not.toContain('hunter2')
  })

  it('reads back every value that was written in double or in single quotes', () => {
    const key = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/)
    const value = fc.string({ unit: 'binary' }).map(raw => raw.replaceAll('\r', ''))
    const double = (raw: string) => `"${raw.replace(/[\\"$]/g, '\\$&').replaceAll('\n', '\\n')}"`
    fc.assert(
      fc.property(fc.dictionary(key, value), values => {
        const pairs = Object.entries(values)
        expect(parse(pairs.map(([k, v]) => `${k}=${double(v)}`).join('\n'))).toEqual({ ...values })
        const single = pairs.map(([k, v]) => [k, v.replace(/[\\']/g, '')] as const)
        expect(parse(single.map(([k, v]) => `export ${k}='${v}' # c`).join('\n'))).toEqual(Object.fromEntries(single))
      }),
    )
  })

  it('takes raw files as they are', () => {
    expect(parseRawEnv('A="x" # $B\n# c\nB=1=2\n')).toEqual({ A: '"x" # $B', B: '1=2' })
  })
})

describe('where variables come from', () => {
  const keys = 'environment: {X: "${V:-none}"}'

  it('reads .env of the project directory if there is one', () => {
    expect(revealed(loadService(keys, {}, { '/p/.env': 'V=dot' }))).toEqual({ X: 'dot' })
    expect(revealed(loadService(keys))).toEqual({ X: 'none' })
  })

  it("lets the caller's environment win", () => {
    expect(revealed(loadService(keys, { env: { V: 'caller' } }, { '/p/.env': 'V=dot' }))).toEqual({ X: 'caller' })
  })

  it('reads the named files in the place of .env, later ones winning, and misses none silently', () => {
    const more = { '/p/.env': 'V=dot', '/e/1': 'V=one\nW=w', '/p/2': 'V=two-$W' }
    expect(revealed(loadService(keys, { envFiles: ['/e/1', '2'] }, more))).toEqual({ X: 'two-w' })
    expect(refusal(() => loadService(keys, { envFiles: ['/e/3'] }, more))).toMatchObject({ code: 'LS-COMPOSE-FILE' })
  })

  it('reads env_file: order, requiredness, formats, and environment above all', () => {
    const text = `services:
  a:
    image: i
    env_file:
      - 1.env
      - {path: sub/2.env}
      - {path: nope.env, required: false}
      - {path: raw.env, format: raw}
    environment: {C: own}
  b:
    image: i
    env_file: 1.env`
    const more = { '/p/1.env': 'A=1\nB=1\nC=1', '/p/sub/2.env': 'B=2-$A-$OUT', '/p/raw.env': 'R=$x "y"' }
    const loaded = load(text, { env: { OUT: 'o' } }, more)
    expect(revealed(loaded)).toEqual({ A: '1', B: '2--o', C: 'own', R: '$x "y"' })
    expect(specOf(loaded).environment).toEqual({ A: '‹secret:a.A›', B: '‹secret:a.B›', R: '‹secret:a.R›', C: 'own' })
    expect(revealed(loaded, specOf(loaded, 'b').environment)).toEqual({ A: '1', B: '1', C: '1' })
  })

  it('refuses an env_file that is not there, with its line', () => {
    const error = refusal(() => loadService('env_file:\n  - a.env'))
    expect(error).toMatchObject({ code: 'LS-COMPOSE-FILE', place: { line: 5, path: 'services.a.env_file.0' } })
    expect(error.message).toContain('/p/a.env')
  })

  it('tells what the reader could not read', () => {
    const read = (path: string) => {
      if (path === '/p/d') throw new Error('EISDIR')
      return new TextEncoder().encode('services: {a: {image: i, env_file: d}}')
    }
    expect(refusal(() => load('', { read, envFiles: [] })).message).toContain('EISDIR')
  })
})
