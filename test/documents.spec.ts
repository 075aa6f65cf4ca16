import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../cli/commands.ts'

const ROOT = new URL('..', import.meta.url).pathname
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const filesIn = (folder: string, ending: RegExp) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => ending.test(name))
    .map(name => `${folder}/${name}`)
const DOCUMENTS = ['README.md', ...filesIn('docs', /\.md$/)]

describe('decisions', () => {
  const files = readdirSync(join(ROOT, 'docs/adr'))
  const numbers = files.map(file => Number(file.slice(0, 4)))

  it('have each a number of their own, the same in name and title', () => {
    expect(new Set(numbers).size).toBe(numbers.length)
    for (const file of files) expect(read(`docs/adr/${file}`), file).toMatch(new RegExp(`^# ${Number(file.slice(0, 4))}\\. `))
  })

  it('exist where they are named', () => {
    const places = [...DOCUMENTS, ...['cli', 'functions', 'infra', 'shared'].flatMap(folder => filesIn(folder, /\.ts$/))]
    for (const place of places)
      for (const [, number] of read(place).matchAll(/\bADR (\d+)/g)) expect(numbers, place).toContain(Number(number))
  })
})

describe('links between documents', () => {
  /** As GitHub makes an anchor of a title. */
  const anchorOf = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  const anchorsOf = (path: string) => [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title]) => anchorOf(title!))

  it.each(DOCUMENTS)('of %s lead somewhere', document => {
    for (const [, link] of read(document).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)) {
      const [path, anchor] = link!.split('#')
      const target = path ? join(document, '..', path) : document
      expect(existsSync(join(ROOT, target)), link).toBe(true)
      if (anchor) expect(anchorsOf(target), link).toContain(anchor)
    }
  })
})

describe('the README’s table of commands', () => {
  const table = read('README.md').split('| command | does |')[1]!.split('\n\n')[0]!
  const named = [...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`(\w+)/g)].map(([, word]) => word!))

  it('names every command, and none that there is not', () => {
    expect(named.toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted())
  })
})
