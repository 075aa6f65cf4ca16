// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose spells its variables so
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../shared/compose/amounts.ts'
import { renderConfig } from '../../shared/compose/render.ts'
import { renderDuration } from '../../shared/compose/render-service.ts'
import { emptySpec, type StackSpec } from '../../shared/domain/spec.ts'
import { load, loadService, specOf } from './load-text.ts'

const again = (stack: StackSpec) => load(renderConfig(stack)).stack

describe('the printed configuration', () => {
  it('reads back to the same stack', () => {
    const { stack } = load(`
services:
  a:
    image: i
    entrypoint: []
    command: ["echo", "$$HOME", "a b", "12", "yes"]
    environment: {A: "$$x", B: "1.10", C: "", D: "line\\nline", E: "no"}
    labels: {l: "$$"}
    ports: ["2122:22", "80:80", "53:53/udp", "127.0.0.1::9"]
    expose: ["1", "2/udp"]
    healthcheck: {test: "x $$y", interval: 1m30s, start_period: 1s, start_interval: 250ms}
    deploy:
      replicas: 0
      resources: {limits: {cpus: "0.25", memory: 1g, pids: 3}, reservations: {memory: 1m}}
      update_config: {parallelism: 0, delay: 1s, max_failure_ratio: 0.1}
      rollback_config: {order: stop-first}
      restart_policy: {condition: on-failure, max_attempts: 0}
    volumes: ["v:/v", "./b:/b:ro", "/anon", "x:/x", {type: tmpfs, target: /t, tmpfs: {size: 1m}}]
    networks: {n: {aliases: [q]}, o: , default: }
    depends_on: {b: {condition: service_healthy, restart: true, required: false}}
    user: "0"
    hostname: h
    working_dir: /w
    init: true
    tty: false
    cap_add: [A]
    cap_drop: [B]
    stop_signal: SIGINT
    stop_grace_period: 0s
    x-longshore: {volumes: {v: {shared: true}, /b: {shared: true}}, deploy: {maxSurge: 10%, maxUnavailable: 2}}
  b:
    x-longshore: {exec: true, process: {command: x y, cwd: sub, environment: {P: "$$1"}}}
    ports: ["3000"]
networks: {n: {internal: true}, o: {external: true, name: other}}
volumes: {v: , x: {external: true}}`)
    expect(again(stack)).toEqual(stack)
  })

  it('doubles dollar signs and keeps references', () => {
    const loaded = loadService('environment: {A: "$$x ${V}"}', { env: { V: 'value' } })
    const text = renderConfig(loaded.stack)
    expect(text).toContain('A: $$x ‹secret:V›')
    expect(text).not.toContain('value')
  })

  it('field case 5: prints the ports as they were written', () => {
    const lines = renderConfig(loadService('ports: [2122:22, 9022:22]').stack).split('\n')
    const ports = lines.filter(line => /published|target/.test(line)).map(line => line.trim().replace('- ', ''))
    expect(ports).toEqual(['target: 22', 'published: "2122"', 'target: 22', 'published: "9022"'])
  })

  it('reads back every environment and command', () => {
    const value = fc.string({ unit: 'binary' }).filter(text => !text.includes('\0') && !text.includes('‹secret:') && text.isWellFormed())
    const key = fc.stringMatching(/^[A-JL-O]{1,3}$/)
    fc.assert(
      fc.property(fc.dictionary(key, value), fc.array(value), (environment, command) => {
        const spec = { ...emptySpec, image: 'i', environment: { ...environment }, command, networks: [{ name: 'p_default', aliases: [] }] }
        expect(specOf({ ...load('services: {a: {image: i}}'), stack: again({ name: 'p', services: { a: { spec } } }) })).toEqual(spec)
      }),
    )
  })

  it('prints every duration so that it reads back', () => {
    fc.assert(fc.property(fc.nat(), milliseconds => parseDuration(renderDuration(milliseconds)) === milliseconds))
  })
})
