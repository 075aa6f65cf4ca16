// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import { describe, expect, it } from 'vitest'
import { load, loadService, notesOf, refusal, specOf } from './load-text.ts'

describe('mounts', () => {
  const mounts = (list: string, env = {}) =>
    specOf(
      load(`services: {a: {image: i, volumes: ${list}}}\nvolumes: {v: , w: {name: own}, x: {external: true}, y: {external: {name: z}}}`, {
        env,
      }),
    ).volumes

  it.each([
    ['v:/a', { type: 'volume', source: 'p_v', target: '/a', readOnly: false }],
    ['v:/a:ro', { type: 'volume', source: 'p_v', target: '/a', readOnly: true }],
    ['w:/a', { type: 'volume', source: 'own', target: '/a', readOnly: false }],
    ['x:/a', { type: 'volume', source: 'x', target: '/a', readOnly: false, external: true }],
    ['y:/a:rw', { type: 'volume', source: 'z', target: '/a', readOnly: false, external: true }],
    ['/a/', { type: 'volume', target: '/a', readOnly: false }],
    ['./d/:/a', { type: 'bind', source: '/p/d', target: '/a', readOnly: false }],
    ['../d:/a', { type: 'bind', source: '/d', target: '/a', readOnly: false }],
    ['.:/a', { type: 'bind', source: '/p', target: '/a', readOnly: false }],
    ['/x/../y:/a', { type: 'bind', source: '/y', target: '/a', readOnly: false }],
    ['~/d:/a', { type: 'bind', source: '/home/u/d', target: '/a', readOnly: false }],
  ])('%s', (text, wanted) => {
    expect(mounts(`["${text}"]`, { HOME: '/home/u' })).toEqual([wanted])
  })

  it.each([
    ['{type: volume, source: v, target: /a, read_only: true}', { type: 'volume', source: 'p_v', target: '/a', readOnly: true }],
    ['{type: bind, source: ./d, target: /a}', { type: 'bind', source: '/p/d', target: '/a', readOnly: false }],
    ['{type: tmpfs, target: /a, tmpfs: {size: 1m}}', { type: 'tmpfs', target: '/a', readOnly: false, sizeBytes: 1_048_576 }],
    ['{type: volume, target: /a}', { type: 'volume', target: '/a', readOnly: false }],
  ])('%s', (text, wanted) => {
    expect(mounts(`[${text}]`)).toEqual([wanted])
  })

  it.each([
    '"nope:/a"',
    '"v:a"',
    '"v:/a:nocopy"',
    '":/a"',
    '"~bob/x:/a"',
    '{type: npipe, target: /a}',
    '{type: volume}',
    '{target: /a}',
    '{type: bind, target: /a}',
    '{type: tmpfs, target: /a, source: v}',
    '{type: bind, source: /x, target: /a, tmpfs: {size: 1}}',
  ])('refuses %s', text => {
    expect(refusal(() => mounts(`[${text}]`))).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { line: 1 } })
  })

  it('refuses two mounts at one place, counts tmpfs among them, and knows shared ones', () => {
    expect(refusal(() => mounts('["v:/a", "w:/a"]')).message).toContain('two mounts are at /a')
    expect(refusal(() => loadService('tmpfs: [/a, /a]')).code).toBe('LS-COMPOSE-VALUE')
    expect(specOf(loadService('tmpfs: /run')).volumes).toEqual([{ type: 'tmpfs', target: '/run', readOnly: false }])
    const shared = load('services: {a: {image: i, volumes: ["v:/a"], x-longshore: {volumes: {v: {shared: true}}}}}\nvolumes: {v: }')
    expect(specOf(shared).volumes[0]).toMatchObject({ source: 'p_v', shared: true })
    expect(refusal(() => loadService('x-longshore: {volumes: {v: {shared: true}}}')).message).toContain('mounts nothing')
    expect(refusal(() => mounts('["~/x:/a"]')).message).toContain('HOME')
  })
})

describe('networks', () => {
  it('joins the default network where none is named, and others by engine name', () => {
    expect(specOf(loadService('')).networks).toEqual([{ name: 'p_default', aliases: [] }])
    const text = `
services:
  a: {image: i, networks: {front: {aliases: [x, y, x]}, back: , out: , default: }}
  b: {image: i, networks: [own]}
networks:
  front: {driver: bridge}
  back: {internal: true}
  out: {external: true}
  own: {name: named}
  default: {name: shared, external: true}`
    const loaded = load(text)
    expect(specOf(loaded).networks).toEqual([
      { name: 'p_front', aliases: ['x', 'y'] },
      { name: 'p_back', aliases: [], internal: true },
      { name: 'out', aliases: [], external: true },
      { name: 'shared', aliases: [], external: true },
    ])
    expect(specOf(loaded, 'b').networks).toEqual([{ name: 'named', aliases: [] }])
  })

  it('refuses unknown networks and other drivers', () => {
    expect(refusal(() => loadService('networks: [x]'))).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { line: 4 } })
    expect(refusal(() => load('services: {a: {image: i}}\nnetworks: {x: {driver: overlay}}')).place).toMatchObject({
      line: 2,
      path: 'networks.x.driver',
    })
  })
})

describe('published ports of a stack', () => {
  const both = (one: string, two: string) => () => load(`services:\n  a: {image: i, ports: ["${one}"]}\n  b: {image: i, ports: ["${two}"]}`)

  it.each([
    ['8080:80', '8080:80'],
    ['8080:80', '127.0.0.1:8080:90'],
  ])('refuses %s beside %s, naming who has it', (one, two) => {
    expect(refusal(both(one, two))).toMatchObject({
      code: 'LS-COMPOSE-VALUE',
      message: expect.stringContaining("the host's port 8080 is published by a already"),
      place: { line: 3 },
    })
  })

  it.each([
    ['8080:80', '8080:80/udp'],
    ['127.0.0.1:8080:80', '127.0.0.2:8080:80'],
    ['80', '80'],
  ])('lets %s stand beside %s', (one, two) => {
    expect(Object.keys(both(one, two)().stack.services)).toEqual(['a', 'b'])
  })
})

describe('configs and secrets', () => {
  it('mounts them where they belong', () => {
    const text = `
services:
  a:
    image: i
    configs: [c, {source: c, target: /etc/c, uid: "1", gid: 2, mode: 0440}]
    secrets: [s, {source: s, target: t, mode: "0400"}, {source: s, target: /abs}]
configs: {c: {file: c.bin}}
secrets: {s: {file: ./s}}`
    const loaded = load(text, {}, { '/p/c.bin': new Uint8Array([255, 0]), '/p/s': 'v' })
    const { files } = specOf(loaded)
    expect(files.map(file => file.target)).toEqual(['/c', '/etc/c', '/run/secrets/s', '/run/secrets/t', '/abs'])
    expect(files[1]).toMatchObject({ uid: '1', gid: '2', mode: 0o440 })
    expect(files[3]).toMatchObject({ mode: 0o400, secret: 'secret.s' })
    expect(Object.values(loaded.blobs)).toEqual([new Uint8Array([255, 0])])
  })

  it('takes a bare mode for decimal, as YAML does, and says so', () => {
    const loaded = load('services: {a: {image: i, configs: [{source: c, mode: 440}]}}\nconfigs: {c: {content: x}}')
    expect(specOf(loaded).files[0]?.mode).toBe(440)
    expect(notesOf(loaded)).toEqual([expect.stringContaining('0670')])
  })

  it('refuses unknown ones, two at one place, odd modes, and external configs', () => {
    const config = (uses: string) => () => load(`services: {a: {image: i, configs: ${uses}}}\nconfigs: {c: {content: x}}`)
    expect(refusal(config('[d]')).message).toContain('no config "d"')
    expect(refusal(config('[c, c]')).message).toContain('two configs')
    expect(refusal(config('[{source: c, mode: 0999}]')).code).toBe('LS-COMPOSE-VALUE')
    expect(refusal(config('[{target: /c}]')).code).toBe('LS-COMPOSE-VALUE')
    expect(refusal(() => load('services: {a: {image: i}}\nconfigs: {c: {external: true}}')).code).toBe('LS-COMPOSE-KEY')
  })
})

describe('build', () => {
  it('says what to build and as what', () => {
    const text = `
services:
  a: {build: ./a}
  b: {build: {context: ../b, dockerfile: D, args: [X=1, Y, Z], target: t}, image: "reg/b:\${TAG}"}
  c: {build: {args: {P: 2}}, pull_policy: build}`
    const { builds, stack } = load(text, { env: { Y: 'y', TAG: 'v1' } })
    expect(builds).toEqual([
      { service: 'a', image: 'p-a', context: '/p/a', dockerfile: 'Dockerfile', args: {} },
      { service: 'b', image: 'reg/b:v1', context: '/b', dockerfile: 'D', args: { X: '1', Y: 'y' }, target: 't' },
      { service: 'c', image: 'p-c', context: '/p', dockerfile: 'Dockerfile', args: { P: '2' } },
    ])
    expect(stack.services['b']?.spec.image).toBe('reg/b:v1')
    expect(stack.services['c']?.spec.image).toBe('p-c')
  })

  it('refuses to build from elsewhere', () => {
    expect(refusal(() => load('services: {a: {build: "https://x/y.git"}}')).code).toBe('LS-COMPOSE-VALUE')
    expect(refusal(() => load('services: {a: {build: {context: ., ssh: [default]}}}')).code).toBe('LS-COMPOSE-KEY')
  })
})

describe('x-longshore.process', () => {
  it('runs without an image, from the file’s folder, and finds its peers by network', () => {
    const text = `
services:
  a: {x-longshore: {process: {command: node server.js, environment: {A: 1}}}}
  b: {x-longshore: {process: {command: [x], cwd: sub}}, ports: ["80:81", "82:83"]}
  c: {image: i, expose: ["9"], networks: [other, default]}
  d: {image: i, ports: ["1:1"], networks: [other]}
  e: {image: i}
networks: {other: }`
    const loaded = load(text)
    expect(specOf(loaded).process).toEqual({ command: ['node', 'server.js'], cwd: '/p', environment: { A: '1' }, peers: { b: 81, c: 9 } })
    expect(specOf(loaded, 'b').process).toEqual({ command: ['x'], cwd: '/p/sub', peers: { c: 9 } })
    expect(specOf(loaded)).not.toHaveProperty('image')
  })

  it.each(['{}', '{process: {}}', '{process: {command: ""}}'])('needs a command: %s', text => {
    expect(refusal(() => load(`services: {a: {x-longshore: ${text}}}`)).code).toBe('LS-COMPOSE-VALUE')
  })

  it.each(['{scaling: {}}', '{process: {command: x, shell: true}}', '{deploy: {canary: 1}}', '{volumes: {v: {size: 1}}}'])(
    'refuses the rest: %s',
    text => {
      const error = refusal(() => load(`services:\n  a:\n    image: i\n    volumes: ["v:/v"]\n    x-longshore: ${text}\nvolumes: {v: }`))
      expect(error).toMatchObject({ code: 'LS-COMPOSE-KEY', place: { line: 5 } })
    },
  )
})

describe('keys', () => {
  it.each([
    ['container_name: x', 'container_name', 'name of its own'],
    ['links: [b]', 'links', 'networks'],
    ['network_mode: host', 'network_mode', 'not supported'],
    ['ulimits: {nofile: 1}', 'ulimits', 'not yet'],
    ['imagee: x', 'imagee', 'unknown'],
    ['foo: x', 'foo', 'unknown'],
    ['deploy: {placement: {}}', 'deploy.placement', 'not yet'],
    ['build: {context: ., cache_from: [x]}', 'build.cache_from', 'not yet'],
    ['networks: {default: {ipv4_address: 1.2.3.4}}', 'networks.default.ipv4_address', 'own'],
  ])('refuses %s with its place and reason', (keys, path, reason) => {
    const error = refusal(() => loadService(keys))
    expect(error).toMatchObject({ code: 'LS-COMPOSE-KEY', place: { file: '/p/compose.yml', line: 4, path: `services.a.${path}` } })
    expect(error.message).toContain(reason)
  })

  it('guesses what was meant', () => {
    expect(refusal(() => loadService('enviroment: {}')).hint).toBe('did you mean "environment"?')
    expect(refusal(() => loadService('prots: []')).hint).toBe('did you mean "ports"?')
  })

  it('refuses unknown top-level keys, and x-longshore at the top', () => {
    const refuse = (line: string) => refusal(() => load(`services: {a: {image: i}}\n${line}`))
    expect(refuse('service: {}').hint).toBe('did you mean "services"?')
    expect(refuse('x-longshore: {}').message).toContain('belongs on a service')
  })

  it('ignores extensions at the top without a word, elsewhere with a note, and version with a note', () => {
    expect(notesOf(load('x-a: {b: "$NOPE"}\nservices: {a: {image: i}}'))).toEqual([])
    expect(notesOf(loadService('x-longshor: 1'))).toEqual([expect.stringContaining('x-longshor')])
    expect(notesOf(load('version: "3"\nservices: {a: {image: i}}'))).toEqual([expect.stringContaining('obsolete')])
  })

  it('reads the single values', () => {
    const keys =
      'user: 1000\nworking_dir: /w\nhostname: h\ninit: true\ntty: "${T:-yes}"\nread_only: true\ncap_drop: [ALL]\nprivileged: false\nstop_signal: SIGINT\nstop_grace_period: 1m30s'
    expect(specOf(loadService(keys))).toMatchObject({
      ...{ user: '1000', workingDir: '/w', hostname: 'h', init: true, tty: true, readOnly: true, capDrop: ['ALL'], privileged: false },
      ...{ stopSignal: 'SIGINT', stopGracePeriod: 90_000 },
    })
  })

  it.each([
    'init: maybe',
    'stop_signal: "a b"',
    'scale: x',
    'scale: -1',
    'cap_add: x',
    'image: [x]',
    'image: ""',
    'restart: never',
    'pull_policy: weekly',
    'pull_policy: build',
    'command: {a: b}',
    'deploy: {mode: global}',
    'environment: {A: [x]}',
    'environment: ["=x"]',
    'environment: x',
    'cpus: -1',
    'deploy: {update_config: {max_failure_ratio: 2}}',
    'x-longshore: {deploy: {maxSurge: 1000%}}',
  ])('refuses %s', keys => {
    const text = keys.startsWith('image') ? '' : '\n    image: i'
    expect(refusal(() => load(`services:\n  a:${text}\n    ${keys}`))).toMatchObject({
      code: 'LS-COMPOSE-VALUE',
      place: { path: expect.stringMatching(/^services\.a\./) },
    })
  })

  it('tells of pull policies without effect', () => {
    expect(notesOf(loadService('pull_policy: always'))).toHaveLength(1)
    expect(notesOf(loadService('pull_policy: missing'))).toEqual([])
  })
})

describe('the stack’s name', () => {
  const name = (input: object, text = '', more = {}) => load(`${text}\nservices: {a: {image: i}}`, input, more).stack.name

  it('is what was asked for, the variable, the file’s, or the folder’s, in that order', () => {
    const env = { COMPOSE_PROJECT_NAME: 'variable' }
    expect(name({ projectName: 'asked', env }, 'name: own')).toBe('asked')
    expect(name({ env }, 'name: own')).toBe('variable')
    expect(name({}, 'name: own', { '/p/.env': 'COMPOSE_PROJECT_NAME=dot' })).toBe('dot')
    expect(name({ env: { N: 'x' } }, 'name: own-$N')).toBe('own-x')
    expect(name({ projectDirectory: '/w/_My App.v2' })).toBe('myappv2')
  })

  it('refuses names that no engine would take', () => {
    expect(refusal(() => name({ projectName: 'A b' })).code).toBe('LS-COMPOSE-VALUE')
    expect(refusal(() => name({}, 'name: A'))).toMatchObject({ code: 'LS-COMPOSE-VALUE', place: { line: 1, path: 'name' } })
    expect(refusal(() => name({ projectDirectory: '/' })).code).toBe('LS-COMPOSE-VALUE')
  })
})
