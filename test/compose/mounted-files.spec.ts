import { describe, expect, it } from 'vitest'
import { load, refusal, specOf } from './load-text.ts'

const WITH = 'configs: {c: {content: x}}\nsecrets: {s: {environment: S}}'
const service = (keys: string) => () => load(`services: {a: {image: i, ${keys}}}\n${WITH}`, { env: { S: 'v' } })

describe('the places of configs and secrets in a container', () => {
  it('are / and /run/secrets by the name, or the target', () => {
    expect(specOf(service('configs: [c], secrets: [s, {source: s, target: db/pass}]')()).files.map(({ target }) => target)).toEqual([
      '/c',
      '/run/secrets/s',
      '/run/secrets/db/pass',
    ])
  })

  it.each([
    ['secrets: [s, s]', 'two secrets are at /run/secrets/s'],
    ['configs: [{source: c, target: /run/secrets/s}], secrets: [s]', 'a config and a secret are at /run/secrets/s'],
    ['configs: [{source: c, target: /run/x/../secrets/s}], secrets: [s]', 'a config and a secret are at /run/secrets/s'],
    ['configs: [{source: c, target: /a}, {source: c, target: /a/b}]', '/a/b and /a: one of these files would be a folder'],
    [
      'secrets: [{source: s, target: a/b}, {source: s, target: a}]',
      '/run/secrets/a and /run/secrets/a/b: one of these files would be a folder',
    ],
  ])('cannot be one place, nor one below another: %s', (keys, message) => {
    expect(refusal(service(keys))).toMatchObject({ code: 'LS-COMPOSE-VALUE', message, place: { line: 1 } })
  })

  it('beginning alike is not being below', () => {
    expect(specOf(service('configs: [{source: c, target: /a}, {source: c, target: /ab}]')()).files).toHaveLength(2)
  })

  it('a secret with a NUL in it is a binary one, and refused with its line', () => {
    const text = 'services: {a: {image: i, secrets: [s]}}\nsecrets:\n  s: {file: ./key}'
    expect(refusal(() => load(text, {}, { '/p/key': Uint8Array.of(97, 0, 98) }))).toMatchObject({
      message: '/p/key holds a NUL character; binary secrets are not supported yet',
      place: { line: 3 },
    })
  })
})
