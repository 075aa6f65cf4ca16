import { describe, expect, it } from 'vitest'
import { renderConfig } from '../../shared/compose/render.ts'
import { load, loadService, notesOf, refusal, specOf } from './load-text.ts'

const indent = (text: string, by: number) => text.replace(/^(?=.)/gm, ' '.repeat(by))
const probes = (text: string, more = 'ports: ["8080:3000"]\nexpose: ["9000"]\n') => `${more}x-longshore:\n  probes:\n${indent(text, 4)}\n`

describe('x-longshore.probes', () => {
  it('of all kinds, with their shorthands and Kubernetes’ defaults', () => {
    const text =
      'startup: { exec: ["test", "-e", "/up"], period: 1s, failureThreshold: 30 }\nreadiness: { http: /healthz }\nliveness: { grpc: 9000 }'
    const defaults = { period: 10_000, timeout: 1_000, failureThreshold: 3, successThreshold: 1, initialDelay: 0 }
    expect(specOf(loadService(probes(text))).probes).toEqual({
      startup: { ...defaults, exec: ['test', '-e', '/up'], period: 1_000, failureThreshold: 30 },
      readiness: { ...defaults, http: { port: 3000, path: '/healthz', scheme: 'http' } },
      liveness: { ...defaults, grpc: { port: 9000 } },
    })
  })

  it('written out', () => {
    const text = `readiness:
  http: { port: 9000, path: /a?b=c, scheme: https, host: a.example, headers: { X-From: probe, Authorization: Bearer abc } }
  timeout: 500ms
  successThreshold: 2
  initialDelay: 1m30s
liveness: { tcp: { port: 3000 } }`
    const loaded = loadService(probes(text))
    const { readiness, liveness } = specOf(loaded).probes!
    expect(readiness).toMatchObject({
      http: { port: 9000, path: '/a?b=c', scheme: 'https', host: 'a.example', headers: { 'X-From': 'probe' } },
      timeout: 500,
      successThreshold: 2,
      initialDelay: 90_000,
    })
    expect(liveness!.tcp).toEqual({ port: 3000 })
  })

  it('M3: a header that looks like a secret is one', () => {
    const loaded = loadService(probes('readiness: { http: { headers: { Authorization: Bearer abc123, X-Api-Key: xyz789 } } }'))
    expect(JSON.stringify(loaded.stack)).not.toMatch(/abc123|xyz789/)
    expect(Object.values(loaded.secrets).sort()).toEqual(['Bearer abc123', 'xyz789'])
  })

  it.each([
    ['{}', '"probes" names none of'],
    ['readiness: {}', 'a probe is one of exec, http, tcp, grpc; here is none'],
    ['readiness: { tcp: 3000, http: / }', 'here are http and tcp'],
    ['ready: { tcp: 3000 }', '"ready" is unknown here'],
    ['readiness: { tcp: 3000, periodSeconds: 3 }', '"periodSeconds" is unknown here'],
    ['readiness: { tcp: 3001 }', 'port 3001 is neither published nor exposed'],
    ['readiness: { tcp: 99999 }', '"99999" is not a port'],
    ['readiness: { tcp: 3000, period: 10ms }', 'period is 100 ms at least'],
    ['readiness: { tcp: 3000, period: 5 }', '"5" is not a duration'],
    ['readiness: { tcp: 3000, timeout: 0s }', 'timeout is more than nothing'],
    ['readiness: { tcp: 3000, failureThreshold: 0 }', '0 is not within 1'],
    ['liveness: { tcp: 3000, successThreshold: 2 }', 'successThreshold of a liveness probe is 1'],
    ['startup: { tcp: 3000, successThreshold: 2 }', 'successThreshold of a startup probe is 1'],
    ['readiness: { exec: [] }', 'the command is empty'],
    ['readiness: { http: healthz }', '"healthz" is not a path'],
    ['readiness: { http: { scheme: ftp } }', '"ftp" is not one of http, https'],
    ['readiness: { http: { headers: { "a b": c } } }', '"a b" is not a header'],
    ['readiness: { http: { host: 169.254.169.254 } }', "169.254.169.254 is where the machine's own credentials are"],
    ['readiness: { http: { host: "fd00:ec2::254" } }', "fd00:ec2::254 is where the machine's own credentials are"],
    ['readiness: { http: { headers: { Host: 0xA9FEA9FE } } }', 'a probe must not ask there'],
    ['liveness: { exec: "wget -qO- http://169.254.169.254/latest" }', 'a probe must not ask there'],
  ])('%s is refused with its path and line', (text, message) => {
    const error = refusal(() => loadService(probes(text)))
    expect(error.message).toContain(message)
    expect(error.place).toMatchObject({ file: '/p/compose.yml', path: expect.stringMatching(/^services\.a\.x-longshore\.probes/) })
    expect(error.place!.line).toBe(text === '{}' ? 7 : 8)
  })

  it('a service without a port has nothing to probe from outside', () => {
    expect(refusal(() => loadService(probes('readiness: { http: / }', ''))).message).toContain('no port to probe')
    expect(specOf(loadService(probes('readiness: { exec: "true" }', ''))).probes!.readiness!.exec).toEqual(['true'])
  })

  it('a timeout longer than the period is told', () => {
    expect(notesOf(loadService(probes('readiness: { tcp: 3000, period: 1s, timeout: 5s }')))).toEqual([
      "the readiness probe's timeout is longer than its period: the next try waits until the one before is over",
    ])
  })

  it('field case 11: a start_interval without start_period is told', () => {
    const text = 'healthcheck: { test: "false", start_interval: 30s }\n'
    expect(notesOf(loadService(text))).toEqual(['start_interval has no effect without start_period'])
  })

  it('is rendered so that it reads the same again', () => {
    const text =
      'startup: { exec: "test -e $$HOME" }\nreadiness: { http: /, period: 90s }\nliveness: { grpc: { port: 9000, service: a.B } }'
    const { stack } = loadService(probes(text))
    expect(load(renderConfig(stack)).stack.services['a']!.spec.probes).toEqual(stack.services['a']!.spec.probes)
  })
})
