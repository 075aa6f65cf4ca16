// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import { describe, expect, it } from 'vitest'
import { load, refusal, revealed, specOf } from './load-text.ts'

describe('extends', () => {
  it('merges a service of the same file under its own keys, by the rules of files over files', () => {
    const loaded = load(`
services:
  base: {image: base, command: [one], environment: {A: "1", B: "1"}, ports: ["80"], profiles: [never], volumes: ["/x:/d"]}
  a: {extends: base, command: [two], environment: [B=2], ports: ["81"], profiles: !reset [], volumes: ["/y:/d"]}
  b: {extends: {service: a}, image: b}`)
    expect(Object.keys(loaded.stack.services)).toEqual(['a', 'b'])
    expect(specOf(loaded)).toMatchObject({ image: 'base', command: ['two'], environment: { A: '1', B: '2' } })
    expect(specOf(loaded).ports.map(port => port.target)).toEqual([80, 81])
    expect(specOf(loaded).volumes).toMatchObject([{ source: '/y', target: '/d' }])
    expect(specOf(loaded, 'b')).toMatchObject({ image: 'b', command: ['two'] })
  })

  it("counts another file's paths from that file's folder, with this file's variables, and takes nothing else of it", () => {
    const more = {
      '/p/lib/base.yml': `
services:
  base: {extends: deeper, env_file: e.env, volumes: ["./data:/d"], environment: {T: "\${T}"}}
  deeper: {extends: {file: more/deep.yml, service: deep}}
  unused: {image: unused}
networks: {unused: {}}`,
      '/p/lib/more/deep.yml': 'services: {deep: {image: deep, build: .}}',
      '/p/lib/e.env': 'E=lib',
    }
    const text = 'services: {a: {extends: {file: lib/base.yml, service: base}, volumes: ["./own:/o"]}}'
    const loaded = load(text, { env: { T: 'mine' } }, more)
    expect(Object.keys(loaded.stack.services)).toEqual(['a'])
    expect(specOf(loaded)).toMatchObject({ image: 'deep', volumes: [{ source: '/p/lib/data' }, { source: '/p/own' }] })
    expect(loaded.builds).toMatchObject([{ service: 'a', context: '/p/lib/more' }])
    expect(revealed(loaded)).toEqual({ E: 'lib', T: 'mine' })
  })

  it('keeps what a later -f file takes out or puts in its place', () => {
    const more = {
      '/p/over.yml': 'services: {a: {extends: tools, ports: !reset []}, tools: {image: t, user: "7"}}',
      '/p/last.yml': 'services: {a: {ports: ["82"]}}',
    }
    const text = 'services: {a: {image: a, ports: ["80"]}}'
    const over = load(text, { files: ['/p/compose.yml', '/p/over.yml'] }, more)
    expect(specOf(over)).toMatchObject({ image: 't', user: '7', ports: [] })
    const last = load(text, { files: ['/p/compose.yml', '/p/over.yml', '/p/last.yml'] }, more)
    expect(specOf(last).ports.map(port => port.target)).toEqual([82])
  })

  it('refuses services that extend each other, over files too, with the line', () => {
    const own = refusal(() => load('services:\n  a: {extends: b}\n  b:\n    image: b\n    extends: a'))
    expect(own).toMatchObject({ code: 'LS-COMPOSE-CYCLE', place: { line: 2 } })
    expect(own.message).toContain('a of /p/compose.yml → b of /p/compose.yml → a of /p/compose.yml')
    const more = { '/p/x.yml': 'services: {x: {extends: {file: compose.yml, service: a}}}' }
    const over = refusal(() => load('services: {a: {extends: {file: x.yml, service: x}}}', {}, more))
    expect(over.code).toBe('LS-COMPOSE-CYCLE')
  })

  it.each([
    ['extends: b', 'LS-COMPOSE-VALUE', '"b", which is no service of /p/compose.yml'],
    ['extends: {file: x.yml, service: b}', 'LS-COMPOSE-VALUE', '"b", which is no service of /p/x.yml'],
    ['extends: {file: none.yml, service: x}', 'LS-COMPOSE-FILE', '/p/none.yml'],
    ['extends: {file: x.yml}', 'LS-COMPOSE-VALUE', 'needs a service'],
    ['extends: {service: x, fiel: x.yml}', 'LS-COMPOSE-KEY', 'fiel'],
    ['extends: [x]', 'LS-COMPOSE-VALUE', 'mapping'],
    ['extends: {file: x.yml, service: empty}', 'LS-COMPOSE-VALUE', 'neither an image'],
  ])('refuses %s', (asked, code, part) => {
    const more = { '/p/x.yml': 'services:\n  x: {image: x}\n  empty:\n' }
    const error = refusal(() => load(`services:\n  a:\n    user: "1"\n    ${asked}`, {}, more))
    expect(error.code).toBe(code)
    expect(error.message).toContain(part)
    expect(error.place).toMatchObject({ file: '/p/compose.yml' })
  })
})
