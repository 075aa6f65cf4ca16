// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { interpolate } from '../../shared/compose/interpolate.ts'
import { textOf } from '../../shared/compose/node.ts'
import { loadService, notesOf, refusal, revealed, specOf } from './load-text.ts'

function text(template: string, values: Readonly<Record<string, string>> = {}): string {
  const lookup = (name: string) => (Object.hasOwn(values, name) ? { value: values[name]!, isSecret: true } : undefined)
  const fail = (message: string): never => {
    throw new Error(message)
  }
  return textOf(interpolate(template, { lookup, unset: () => {}, fail }))
}

describe('interpolation', () => {
  it.each([
    ['$A', 'a'],
    ['${A}', 'a'],
    ['x$A-y', 'xa-y'],
    ['${U:-d}', 'd'],
    ['${E:-d}', 'd'],
    ['${E-d}', ''],
    ['${U-d}', 'd'],
    ['${A:+r}', 'r'],
    ['${E:+r}', ''],
    ['${E+r}', 'r'],
    ['${U+r}', ''],
    ['${U:-${A}}', 'a'],
    ['${U:-x${U:-y${A}z}}', 'xyaz'],
    ['${U:-{"k": {}}}', '{"k": {}}'],
    ['${U:-a$$b}', 'a$b'],
    ['$$', '$'],
    ['$$A', '$A'],
    ['$$$A', '$a'],
    ['${A:?why}', 'a'],
    ['${E?why}', ''],
    ['}${A}}', '}a}'],
    ['${A:-${B:?never asked}}', 'a'],
  ])('%s is %s', (template, wanted) => {
    expect(text(template, { A: 'a', E: '' })).toBe(wanted)
  })

  it.each(['$', '${', '${}', '${A', '${A:}', '${A!b}', '$1', 'a$ b', '${U:-x', '${ A }', '${U:-{}'])('refuses %s', template => {
    expect(() => text(template, { A: 'a' })).toThrow()
  })

  it('says why a required variable is needed', () => {
    expect(() => text('${U:?ask ${A}}', { A: 'Ann' })).toThrow('required variable U is missing a value: ask Ann')
    expect(() => text('${E:?}', { E: '' })).toThrow('required variable E is missing a value')
  })

  it('does not take what objects inherit for variables', () => {
    const loaded = loadService('environment: {X: "${constructor:-d}", Y: "${__proto__-e}"}')
    expect(specOf(loaded).environment).toEqual({ X: 'd', Y: 'e' })
  })

  it('leaves text without a dollar sign as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), raw => text(raw.replaceAll('$', '')) === raw.replaceAll('$', '')))
  })

  it('gives back every text whose dollar signs are doubled', () => {
    fc.assert(fc.property(fc.string(), raw => text(raw.replaceAll('$', '$$$$')) === raw))
  })

  it('never reads a value as a template', () => {
    fc.assert(fc.property(fc.string(), value => text('<${V}>', { V: value }) === `<${value}>`))
  })

  it('field case 1: keeps closing braces after a default, and doubled dollar signs', () => {
    const keys = 'environment:\n  T: "<{ ${N:-n} }}>"\n  H: "$$2a$$12$$Qz"'
    expect(specOf(loadService(keys)).environment).toEqual({ T: '<{ n }}>', H: '$2a$12$Qz' })
    const set = loadService(keys, { env: { N: '7' } })
    expect(revealed(set)).toEqual({ T: '<{ 7 }}>', H: '$2a$12$Qz' })
    expect(specOf(set).environment['T']).toBe('<{ ‹secret:N› }}>')
  })

  it('tells of a variable that is not set, once, with its place', () => {
    const loaded = loadService('environment:\n  X: ${NOPE}\n  Y: ${NOPE:-}')
    expect(specOf(loaded).environment).toEqual({ X: '', Y: '' })
    expect(loaded.notes).toEqual([
      { place: { file: '/p/compose.yml', line: 5, column: 10 }, text: 'variable NOPE is not set; it is taken as empty' },
    ])
  })

  it('refuses a malformed or missing variable with its place', () => {
    const missing = refusal(() => loadService('environment:\n  X: ${NOPE:?set it}'))
    expect(missing).toMatchObject({ code: 'LS-COMPOSE-VARIABLE', place: { line: 5, column: 10 } })
    expect(missing.message).toContain('set it')
    expect(refusal(() => loadService('command: echo $1')).hint).toContain('$$')
  })

  it('leaves keys alone and does not evaluate extensions that nobody uses', () => {
    const loaded = loadService('environment: {"$X": "1"}\nlabels: {"${L}": "2"}')
    expect(specOf(loaded).environment).toEqual({ $X: '1' })
    expect(specOf(loaded).labels).toEqual({ '${L}': '2' })
    expect(notesOf(loadService('expose: []\n'))).toEqual([])
  })
})
