import { describe, expect, it } from 'vitest'
import { renderConfig } from '../../shared/compose/render.ts'
import { load, notesOf, refusal, specOf } from './load-text.ts'

const stack = (web: string, db = '', more = '') => `services:
  web:
    image: i
    networks: [front]
    x-longshore: ${web}
  db:
    image: i
    networks: [back]
    expose: [5432]
${db}  other: {image: i}
${more}networks: {front: {}, back: {}}
`
const networksOf = (text: string, service: string) => specOf(load(text), service).networks

describe('M4: x-longshore.connects', () => {
  it('gives two services that share no network one of their own, which is no way out', () => {
    const text = stack('{connects: [db]}')
    const [own, pair, ...none] = networksOf(text, 'web')
    expect([own, pair, none]).toEqual([
      { name: 'p_front', aliases: [] },
      { name: expect.stringMatching(/^p_db\.web-[0-9a-f]{8}$/), aliases: [], internal: true },
      [],
    ])
    expect(networksOf(text, 'db').at(-1)).toEqual(pair)
    expect(networksOf(text, 'other')).toEqual([{ name: 'p_default', aliases: [] }])
  })

  it('said from both sides, or twice, is one', () => {
    const both = stack('{connects: [db, db]}', '    x-longshore: {connects: [web]}\n')
    expect(networksOf(both, 'db')).toEqual(networksOf(stack('{connects: [db]}'), 'db'))
  })

  it('each pair has its own, and their names cannot be mistaken for another pair’s', () => {
    const dotted =
      'services: {a.b: {image: i, networks: [x], x-longshore: {connects: [c, b.c]}}, c: {image: i}, b.c: {image: i}, a: {image: i, networks: [y], x-longshore: {connects: [b.c]}}}\nnetworks: {x: {}, y: {}}'
    const names = ['a.b', 'a'].flatMap(service => networksOf(dotted, service).slice(1)).map(({ name }) => name)
    expect(new Set(names).size).toBe(3)
    expect(networksOf(dotted, 'b.c')).toHaveLength(3)
  })

  it('a process finds its peer there', () => {
    const text = stack('{connects: [db], process: {command: [run]}}')
    expect(specOf(load(text), 'web').process!.peers).toEqual({ db: 5432 })
    expect(specOf(load(stack('{process: {command: [run]}}')), 'web').process!.peers).toEqual({})
  })

  it('where they share a network already nothing is made, and the person hears it', () => {
    const loaded = load('services: {web: {image: i, x-longshore: {connects: [db]}}, db: {image: i}}')
    expect(specOf(loaded, 'web').networks).toEqual([{ name: 'p_default', aliases: [] }])
    expect(notesOf(loaded)).toEqual(['it reaches "db" already, by the network p_default'])
    expect(loaded.notes[0]!.place).toMatchObject({ line: 1, path: 'services.web.x-longshore.connects.0' })
  })

  it('prints as the networks that it makes, which read again are the same', () => {
    const loaded = load(stack('{connects: [db]}'))
    expect(load(renderConfig(loaded.stack)).stack).toEqual(loaded.stack)
  })

  it.each([
    ['{connects: [nobody]}', '', 'it connects to "nobody", which is no service'],
    ['{connects: [web]}', '', 'a service reaches itself anyway'],
    ['{connects: [late]}', '  late: {image: i, profiles: [night]}\n', 'it connects to "late", which only the profiles night switch on'],
    ['{connects: db}', '', '"connects" takes a list'],
    ['{connects: [{service: db}]}', '', '"0" takes a single value'],
  ])('%s is refused with its line', (web, more, message) => {
    expect(refusal(() => load(stack(web, '', more)))).toMatchObject({ code: 'LS-COMPOSE-VALUE', message, place: { line: 5 } })
  })
})

describe('what x-longshore does not know', () => {
  it.each([
    ['services: {a: {image: i, x-longshore: {routes: [x]}}}', 'services.a.x-longshore.routes'],
    ['services: {a: {image: i, x-longshore: {placement: {}}}}', 'services.a.x-longshore.placement'],
    ['services: {a: {image: i, x-longshore: {volumes: {/d: {efs: fs-1}}}, volumes: [/d]}}', 'services.a.x-longshore.volumes./d.efs'],
    ['services: {a: {image: i, x-longshore: {deploy: {strategy: canary}}}}', 'services.a.x-longshore.deploy.strategy'],
    ['services: {a: {image: i, x-longshore: {process: {command: [x], user: me}}}}', 'services.a.x-longshore.process.user'],
    ['services: {a: {image: i, x-longshore: {scale: {max: 2, surprise: 1}}}}', 'services.a.x-longshore.scale.surprise'],
    [
      'services: {a: {image: i, x-longshore: {probes: {liveness: {tcp: 1, surprise: 1}}}}}',
      'services.a.x-longshore.probes.liveness.surprise',
    ],
    ['x-longshore: {scale: {}}\nservices: {a: {image: i}}', 'x-longshore'],
    ['services: {a: {image: i, deploy: {x-longshore: {}}}}', 'services.a.deploy.x-longshore'],
    ['services: {a: {image: i, healthcheck: {test: x, x-longshore: {}}}}', 'services.a.healthcheck.x-longshore'],
    ['services: {a: {image: i, networks: {n: {x-longshore: {}}}}}\nnetworks: {n: {}}', 'services.a.networks.n.x-longshore'],
    ['services: {a: {image: i}}\nnetworks: {n: {x-longshore: {}}}', 'networks.n.x-longshore'],
    ['services: {a: {image: i}}\nvolumes: {v: {x-longshore: {}}}', 'volumes.v.x-longshore'],
    ['services: {a: {image: i}}\nconfigs: {c: {content: x, x-longshore: {}}}', 'configs.c.x-longshore'],
    ['services: {a: {image: i}}\nsecrets: {s: {file: x, x-longshore: {}}}', 'secrets.s.x-longshore'],
  ])('%s is refused by its path', (text, path) => {
    expect(refusal(() => load(text))).toMatchObject({ code: 'LS-COMPOSE-KEY', place: { path } })
  })
})
