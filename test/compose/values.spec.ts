import { describe, expect, it } from 'vitest'
import { parseBytes, parseDuration } from '../../shared/compose/amounts.ts'
import { loadService, refusal, specOf } from './load-text.ts'

const check = (keys: string) => `healthcheck:\n  test: ["CMD", "true"]\n  ${keys}`

describe('values that are refused, each with its reason', () => {
  it.each([
    ['ports: ["1:2:3:4"]', '"1:2:3:4" is not a port'],
    ['ports: ["80/tcp/udp"]', '"80/tcp/udp" is not a port'],
    ['ports: ["[::1]:80"]', '"[::1]:80" is not a port'],
    ['ports: ["8080:"]', '"8080:" is not a port'],
    ['ports: ["x[::1]:8080:80"]', 'is not'],
    ['ports: ["80x:80"]', '"80x" is not a port'],
    ['ports: ["x80:80"]', '"x80" is not a port'],
    ['ports: ["65536:80"]', '"65536" is not a port between 1 and 65535'],
    ['ports: ["1.2.3.4.5:80:80"]', '"1.2.3.4.5" is not an IP address'],
    ['ports: ["1.2.3:80:80"]', '"1.2.3" is not an IP address'],
    ['ports: ["host:80:80"]', '"host" is not an IP address'],
    ['ports: ["8080:80", {target: 80, published: 8080, app_protocol: tcp}]', 'published twice'],
    ['expose: ["x3000"]', '"x3000" is not a port'],
    ['expose: ["3000/sctp"]', '"3000/sctp" is not a port'],
    ['expose: ["3002-3000"]', 'is not a range of 1 to 1000 ports'],
    ['expose: ["3000-4000"]', 'is not a range of 1 to 1000 ports'],
    ['mem_limit: 5 apples', '"5 apples" is not a size'],
    ['deploy: {replicas: 2.5}', '"2.5" is not a whole number'],
    ['deploy: {replicas: 2x}', '"2x" is not a whole number'],
    ['deploy: {replicas: -1}', '-1 is not within 0'],
    ['cpus: x1', '"x1" is not a number'],
    ['cpus: 1x', '"1x" is not a number'],
    ['cpus: ".5x"', '".5x" is not a number'],
    [check('interval: 5'), '"5" is not a duration'],
    [check('retries: -1'), '-1 is not within 0'],
    ['healthcheck: {test: [curl, localhost]}', 'the list begins with NONE, CMD or CMD-SHELL'],
    ['healthcheck: {test: [NONE, x]}', 'nothing follows NONE'],
    ['healthcheck: {test: [CMD]}', 'a command follows CMD'],
    ['healthcheck: {test: " "}', 'the test is empty'],
    ['healthcheck: {interval: 5s}', 'a healthcheck needs a test'],
  ])('%s', (keys, why) => expect(refusal(() => loadService(keys)).message).toContain(why))

  it('a number without a unit says which one is missing, and nothing else does', () => {
    const hintOf = (interval: string) => refusal(() => loadService(check(`interval: "${interval}"`))).hint
    expect([hintOf('5'), hintOf('5x'), hintOf('x5')]).toEqual([
      'a unit is missing: 5s is seconds',
      'write it like 1m30s or 500ms',
      'write it like 1m30s or 500ms',
    ])
  })
})

describe('values that are good', () => {
  it.each([
    ['65535:65535', { published: 65_535, target: 65_535 }],
    ['[::1]:8080:80', { published: 8_080, target: 80, hostIp: '::1' }],
    ['127.100.0.255:8080:80', { published: 8_080, target: 80, hostIp: '127.100.0.255' }],
    ['0:80', { target: 80 }],
  ])('ports: %s', (text, wanted) => {
    const [port] = specOf(loadService(`ports: ["${text}"]`)).ports
    expect(port).toEqual({
      ...wanted,
      protocol: 'tcp',
      layer: 'tcp',
      ...('published' in wanted && wanted.published === 8_080 && { layer: 'http' }),
    })
  })

  it('one host port on two addresses, and an empty published or host_ip', () => {
    expect(specOf(loadService('ports: ["127.0.0.1:8080:80", "127.0.0.2:8080:81"]')).ports).toHaveLength(2)
    expect(specOf(loadService('ports: [{target: 80, published: "", host_ip: ""}]')).ports).toEqual([
      { target: 80, protocol: 'tcp', layer: 'tcp' },
    ])
  })

  it('a thousand exposed ports', () => expect(specOf(loadService('expose: ["3001-4000"]')).expose).toHaveLength(1_000))

  it.each([
    ['0', 0],
    ['1m30s', 90_000],
    ['.5h', 1_800_000],
    ['1ns', 1],
    ['0s', 0],
    ['1w2d', 777_600_000],
    ['', undefined],
    ['5', undefined],
    ['1s x', undefined],
  ])('duration %j', (text, wanted) => expect(parseDuration(text)).toBe(wanted))

  it.each([
    ['1024', 1_024],
    [' 64m ', 67_108_864],
    ['1.5gb', 1_610_612_736],
    ['1KiB', 1_024],
    ['2p', 2 * 1024 ** 5],
    ['m', undefined],
    ['1.m', undefined],
  ])('size %j', (text, wanted) => expect(parseBytes(text)).toBe(wanted))
})
