// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import { describe, expect, it } from 'vitest'
import { load, notesOf, refusal, revealed, specOf } from './load-text.ts'

const WEB = 'services: {web: {image: w}}'

describe('include', () => {
  it('takes services, networks, volumes, configs and secrets beside its own', () => {
    const sub = `
services:
  db: {image: db, networks: [back], volumes: ["data:/d"], configs: [c], secrets: [s]}
networks: {back: {}}
volumes: {data: {}}
configs: {c: {file: ./c.txt}}
secrets: {s: {file: ./s.txt}}`
    const more = { '/p/sub/db.yml': sub, '/p/sub/c.txt': 'C', '/p/sub/s.txt': 'S' }
    const loaded = load(`include: [sub/db.yml]\nservices: {web: {image: w, depends_on: [db]}}`, {}, more)
    expect(Object.keys(loaded.stack.services).sort()).toEqual(['db', 'web'])
    expect(specOf(loaded, 'db')).toMatchObject({ volumes: [{ source: 'p_data' }], networks: [{ name: 'p_back' }] })
    expect(loaded.secrets).toEqual({ 'secret.s': 'S' })
    expect(specOf(loaded, 'web').dependsOn).toHaveProperty('db')
    expect(loaded.places('services.db.image')).toMatchObject({ file: '/p/sub/db.yml', line: 3 })
  })

  it("counts an included file's paths from its own folder, or from project_directory", () => {
    const sub = 'services: {db: {image: db, volumes: ["./data:/d"], env_file: e.env}}'
    const more = { '/p/sub/db.yml': sub, '/p/sub/e.env': 'E=sub', '/p/other/e.env': 'E=other' }
    const own = load(`include: [sub/db.yml]\n${WEB}`, {}, more)
    expect(specOf(own, 'db').volumes).toMatchObject([{ source: '/p/sub/data' }])
    expect(revealed(own, specOf(own, 'db').environment)).toEqual({ E: 'sub' })
    const told = load(`include: [{path: sub/db.yml, project_directory: other}]\n${WEB}`, {}, more)
    expect(specOf(told, 'db').volumes).toMatchObject([{ source: '/p/other/data' }])
    expect(revealed(told, specOf(told, 'db').environment)).toEqual({ E: 'other' })
  })

  it("gives an included file its env_file's variables, the including side's winning, and its own .env by default", () => {
    const sub = 'services: {db: {image: "db:${V:-none}", environment: {W: "${W:-none}", V: }}}'
    const more = { '/p/sub/db.yml': sub, '/p/sub/.env': 'V=dot', '/p/x.env': 'V=x\nW=x', '/p/y.env': 'V=y' }
    const text = (entry: string) => `include: [${entry}]\nservices: {web: {image: "w:\${V:-none}"}}`
    const byDefault = load(text('sub/db.yml'), {}, more)
    expect(specOf(byDefault, 'db').image).toBe('db:dot')
    expect(specOf(byDefault, 'web').image).toBe('w:none')
    const named = load(text('{path: sub/db.yml, env_file: [x.env, y.env]}'), {}, more)
    expect(specOf(named, 'db').image).toBe('db:y')
    expect(revealed(named, specOf(named, 'db').environment)).toEqual({ W: 'x', V: 'y' })
    const outer = load(text('{path: sub/db.yml, env_file: x.env}'), { env: { V: 'mine' } }, more)
    expect(specOf(outer, 'db').image).toBe('db:mine')
  })

  it('merges the files of one include, later ones winning, and lets a second -f file override what was included', () => {
    const more = { '/p/a.yml': 'services: {db: {image: a, user: "1"}}', '/p/b.yml': 'services: {db: {image: b}}' }
    expect(specOf(load(`include: [{path: [a.yml, b.yml]}]\n${WEB}`, {}, more), 'db')).toMatchObject({ image: 'b', user: '1' })
    const over = { ...more, '/p/over.yml': 'services: {db: {image: over}}' }
    const loaded = load(`include: [a.yml]\n${WEB}`, { files: ['/p/compose.yml', '/p/over.yml'] }, over)
    expect(specOf(loaded, 'db')).toMatchObject({ image: 'over', user: '1' })
  })

  it('goes down more than one level, each file from its own folder, and takes what two includes share once', () => {
    const more = {
      '/p/a/a.yml': 'include: [../c/c.yml]\nservices: {a: {image: a}}',
      '/p/b/b.yml': 'include: [../c/c.yml]\nservices: {b: {image: b}}',
      '/p/c/c.yml': 'services: {c: {image: c, volumes: ["./c:/c"]}}\nnetworks: {n: {}}',
    }
    const loaded = load(`include: [a/a.yml, b/b.yml]\n${WEB}`, {}, more)
    expect(Object.keys(loaded.stack.services).sort()).toEqual(['a', 'b', 'c', 'web'])
    expect(specOf(loaded, 'c').volumes).toMatchObject([{ source: '/p/c/c' }])
  })

  it('refuses files that include each other, with the line', () => {
    const more = { '/p/a.yml': 'include: [b.yml]\nservices: {a: {image: a}}', '/p/b.yml': 'services: {b: {image: b}}\ninclude:\n  - a.yml' }
    const error = refusal(() => load(`include: [a.yml]\n${WEB}`, {}, more))
    expect(error).toMatchObject({ code: 'LS-COMPOSE-CYCLE', place: { file: '/p/b.yml', line: 3 } })
    expect(error.message).toContain('/p/a.yml → /p/b.yml → /p/a.yml')
    expect(refusal(() => load(`include: [compose.yml]\n${WEB}`)).code).toBe('LS-COMPOSE-CYCLE')
  })

  it('refuses one name with two meanings, naming both places', () => {
    const more = { '/p/a.yml': 'services:\n  web: {image: other}', '/p/n.yml': 'networks: {n: {internal: true}}' }
    const error = refusal(() => load(`include:\n  - a.yml\nservices:\n  web: {image: w}`, {}, more))
    expect(error).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { file: '/p/compose.yml', line: 2 } })
    expect(error.message).toContain('/p/a.yml:2')
    expect(error.message).toContain('/p/compose.yml:4')
    expect(refusal(() => load(`include: [n.yml]\nnetworks: {n: {}}\n${WEB}`, {}, more)).message).toContain('networks.n')
  })

  it.each([
    ['include: [none.yml]', 'LS-COMPOSE-FILE', 'none.yml'],
    ['include: [{path: a.yml, env_file: none.env}]', 'LS-COMPOSE-FILE', 'none.env'],
    ['include: [{env_file: a.yml}]', 'LS-COMPOSE-VALUE', 'needs a path'],
    ['include: [{path: []}]', 'LS-COMPOSE-VALUE', 'needs a path'],
    ['include: [{path: a.yml, paht: x}]', 'LS-COMPOSE-KEY', 'paht'],
    ['include: a.yml', 'LS-COMPOSE-VALUE', 'takes a list'],
    ['include: ["https://example.com/c.yml"]', 'LS-COMPOSE-VALUE', 'elsewhere'],
    ['include: [bad.yml]', 'LS-COMPOSE-KEY', 'servces'],
  ])('refuses %s', (include, code, part) => {
    const more = { '/p/a.yml': 'services: {a: {image: a}}', '/p/bad.yml': 'servces: {}' }
    const error = refusal(() => load(`${WEB}\n${include}`, {}, more))
    expect(error.code).toBe(code)
    expect(error.message).toContain(part)
    expect(error.place?.line).toBeGreaterThan(0)
  })

  it("says that an included file's name has no effect", () => {
    const loaded = load(`include: [a.yml]\n${WEB}`, {}, { '/p/a.yml': 'name: other\nservices: {a: {image: a}}' })
    expect(loaded.stack.name).toBe('p')
    expect(notesOf(loaded)).toEqual(['the "name" of an included file has no effect'])
  })
})

describe('case 7: include with an env_file, and extends from the included file', () => {
  const files = {
    '/t/p/compose.yml': `
include: [{path: sub/c.yml, env_file: sub/d.env}]
services: {third: {extends: {file: sub/c.yml, service: second}}}`,
    '/t/p/sub/c.yml': 'services: {second: {image: busybox, environment: {V: "${V}"}, env_file: ./e.env}}',
    '/t/p/sub/d.env': 'V=1',
    '/t/p/sub/e.env': 'W=2',
  }

  it('gives both services V=1 and W=2, and reads no path from the folder of the shell', () => {
    const loaded = load('', { files: ['/t/p/compose.yml'] }, files)
    expect(revealed(loaded, specOf(loaded, 'second').environment)).toEqual({ V: '1', W: '2' })
    expect(revealed(loaded, specOf(loaded, 'third').environment)).toEqual({ V: '1', W: '2' })
    expect(loaded.notes).toEqual([])
  })
})
