// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import { describe, expect, it } from 'vitest'
import { load, loadService, refusal, revealed, specOf } from './load-text.ts'

describe('YAML', () => {
  it.each([
    ['services: [', 'LS-COMPOSE-SYNTAX'],
    ['services: {a: {image: i}}\nservices: {}', 'LS-COMPOSE-SYNTAX'],
    ['- a', 'LS-COMPOSE-SYNTAX'],
    ['services: {a: *x}', 'LS-COMPOSE-SYNTAX'],
    ['services: {a: {image: !foo x}}', 'LS-COMPOSE-SYNTAX'],
    ['services: {a: {image: i, <<: 1}}', 'LS-COMPOSE-SYNTAX'],
    ['services: {? [a] : {image: i}}', 'LS-COMPOSE-SYNTAX'],
    ['services: &s {a: *s}', 'LS-COMPOSE-SYNTAX'],
    ['', 'LS-COMPOSE-VALUE'],
    ['services:', 'LS-COMPOSE-VALUE'],
    ['services: {}', 'LS-COMPOSE-VALUE'],
    ['services: [a]', 'LS-COMPOSE-VALUE'],
    ['services: {a: }', 'LS-COMPOSE-VALUE'],
    ['services: {"a b": {image: i}}', 'LS-COMPOSE-VALUE'],
    ['services: {a: {}}', 'LS-COMPOSE-VALUE'],
  ])('refuses %j', (text, code) => {
    expect(refusal(() => load(text))).toMatchObject({ code, place: { file: '/p/compose.yml' } })
  })

  it('refuses a duplicate key with its place', () => {
    const error = refusal(() => load('services:\n  a:\n    image: i\n    image: j\n'))
    expect(error).toMatchObject({ code: 'LS-COMPOSE-SYNTAX', place: { line: 4, column: 5 } })
  })

  it('refuses what grows without bound, is nested too deeply, or is no text', () => {
    const grow = Array.from({ length: 9 }, (_, i) => `x-${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`).join('\n')
    const bomb = `x-0: &l0 [y]\n${grow}\nservices: {a: {image: i, cap_add: *l9}}`
    expect(refusal(() => load(bomb)).message).toContain('aliases')
    expect(refusal(() => load('['.repeat(50_000))).code).toBe('LS-COMPOSE-SYNTAX')
    const bytes = new Uint8Array([0xff, 0xfe, 0x00])
    expect(refusal(() => load('', { read: () => bytes, envFiles: [] })).message).toContain('UTF-8')
    expect(refusal(() => load('', { files: ['/p/none.yml'] }))).toMatchObject({ code: 'LS-COMPOSE-FILE', place: { file: '/p/none.yml' } })
  })

  it('keeps the spelling of numbers and the words of YAML 1.2', () => {
    const spec = specOf(loadService('environment: {A: 1.10, B: 0123, C: no, D: True, E: 1e3, F: 0x1F}\nrestart: no'))
    expect(spec.environment).toEqual({ A: '1.10', B: '0123', C: 'no', D: 'true', E: '1e3', F: '0x1F' })
    expect(spec.restart).toEqual({ condition: 'none' })
  })

  it('follows anchors and merge keys, own keys winning', () => {
    const text = `
x-env: &env {A: "1", B: "1"}
x-base: &base
  image: base
  environment: &own {<<: *env, B: "2"}
services:
  a: {<<: *base, environment: {<<: *own, C: "3"}}
  b: {<<: *base, image: other}`
    const loaded = load(text)
    expect(specOf(loaded).environment).toEqual({ A: '1', B: '2', C: '3' })
    expect(specOf(loaded, 'b')).toMatchObject({ image: 'other', environment: { A: '1', B: '2' } })
    expect(loaded.notes).toEqual([])
  })

  it('field case 3: of two merged fragments the earlier wins, and the hidden one is told with its line', () => {
    const base = 'services: {app: {image: i, environment: {P: base, Q: base}}}'
    const over = 'x-a: &a {environment: {P: over}}\nx-b: &b {environment: {Q: over}}\nservices:\n  app:\n    <<: [*a, *b]\n'
    const loaded = load('', { files: ['/p/1.yml', '/p/2.yml'] }, { '/p/1.yml': base, '/p/2.yml': over })
    expect(specOf(loaded, 'app').environment).toEqual({ P: 'over', Q: 'base' })
    expect(loaded.notes).toEqual([
      {
        place: { file: '/p/2.yml', line: 2, column: 10 },
        text: expect.stringContaining('this "environment" has no effect: the one in line 1 hides it'),
      },
    ])
  })
})

describe('several files', () => {
  const merged = (...texts: string[]) => {
    const files = texts.map((_, i) => `/p/${i}.yml`)
    return load('', { files }, Object.fromEntries(files.map((file, i) => [file, texts[i]!])))
  }

  it('merges mappings and lists, and replaces commands', () => {
    const loaded = merged(
      `services:
  a:
    image: one
    command: [x, y]
    entrypoint: e
    healthcheck: {test: [CMD, a, b], interval: 5s}
    environment: [A=1, B=1, D]
    labels: {l: "1"}
    ports: ["80:80", "81:81"]
    expose: ["1", "2"]
    volumes: ["v:/v", "./old:/c", "/anon"]
    cap_add: [NET_ADMIN]
    depends_on: [b]
  b: {image: b}
volumes: {v: }`,
      `services:
  a:
    image: two
    command: z
    healthcheck: {test: [CMD, c]}
    environment: {B: 2, C: 3, D: own}
    labels: [m=2]
    ports: ["81:81", "82:82"]
    expose: ["2", "3"]
    volumes: ["./new:/c:ro", {type: tmpfs, target: /anon}]
    cap_add: [NET_ADMIN, SYS_TIME]
    depends_on: {c: {condition: service_healthy}}
  c: {image: c}`,
    )
    const spec = specOf(loaded)
    expect(spec).toMatchObject({
      ...{ image: 'two', command: ['z'], entrypoint: ['e'], labels: { l: '1', m: '2' }, capAdd: ['NET_ADMIN', 'SYS_TIME'] },
      ...{ environment: { A: '1', B: '2', C: '3', D: 'own' }, healthcheck: { test: ['CMD', 'c'], interval: 5000 } },
      dependsOn: { b: { condition: 'service_started' }, c: { condition: 'service_healthy' } },
    })
    expect(spec.ports.map(port => port.published)).toEqual([80, 81, 82])
    expect(spec.expose.map(port => port.target)).toEqual([1, 2, 3])
    expect(spec.volumes).toEqual([
      { type: 'volume', source: 'p_v', target: '/v', readOnly: false },
      { type: 'bind', source: '/p/new', target: '/c', readOnly: true },
      { type: 'tmpfs', target: '/anon', readOnly: false },
    ])
  })

  it('keeps what a later file leaves empty, and takes a variable without value from the caller', () => {
    const loaded = merged(
      'services: {a: {image: i, environment: {A: x}, networks: {default: {aliases: [q]}}}}',
      'services: {a: {environment: {A: }, networks: [default], command: }}',
    )
    expect(specOf(loaded).environment).toEqual({})
    expect(specOf(loaded).networks).toEqual([{ name: 'p_default', aliases: ['q'] }])
  })

  it('honours !reset and !override', () => {
    const loaded = merged(
      'services: {a: {image: i, ports: ["80:80"], environment: {A: "1", B: "1"}, command: x, expose: ["1"]}}',
      'services: {a: {ports: !override ["81:81"], environment: {A: !reset null}, command: !reset null}}',
      'services: {a: {expose: !override ["2"]}}',
    )
    const spec = specOf(loaded)
    expect(spec).toMatchObject({ environment: { B: '1' }, expose: [{ target: 2 }], ports: [{ published: 81 }] })
    expect(spec).not.toHaveProperty('command')
  })

  it('merges build and env_file of either spelling, and the documents of one file', () => {
    const loaded = load(
      'services: {a: {build: ., env_file: 1}}\n---\nservices: {a: {build: {target: t}, env_file: [2]}}\n',
      {},
      { '/p/1': 'A=1', '/p/2': 'B=2' },
    )
    expect(loaded.builds).toEqual([{ service: 'a', image: 'p-a', context: '/p', dockerfile: 'Dockerfile', args: {}, target: 't' }])
    expect(revealed(loaded)).toEqual({ A: '1', B: '2' })
  })

  it('refuses a list that meets a mapping', () => {
    const run = () => merged('services: {a: {image: i, deploy: {replicas: 1}}}', 'services:\n  a:\n    deploy: [x]')
    expect(refusal(run)).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { file: '/p/1.yml', line: 3, path: 'services.a.deploy' } })
  })

  it('counts relative paths from the folder of the project, whichever file they stand in', () => {
    const files = ['/p/compose.yml', '/p/sub/over.yml']
    const loaded = load(
      'services: {a: {image: i, volumes: [./x:/x]}}',
      { files, projectDirectory: '/p' },
      { '/p/sub/over.yml': 'services: {a: {volumes: [./y:/y]}}' },
    )
    expect(specOf(loaded).volumes.map(mount => mount.source)).toEqual(['/p/x', '/p/y'])
  })
})

describe('places', () => {
  it('finds the place of a key by its dotted path', () => {
    const { places } = load('services:\n  my.web:\n    image: i\n    ports:\n      - "80:80"\n')
    expect(places('services.my.web.ports')).toEqual({ file: '/p/compose.yml', line: 4, column: 5, path: 'services.my.web.ports' })
    expect(places('services.my.web.ports.0')).toMatchObject({ line: 5, column: 9 })
    expect(places('services.other')).toBeUndefined()
    expect(places('services.my.web.ports.x')).toBeUndefined()
  })
})
