import { describe, expect, it } from 'vitest'
import { checkPorts } from '../../shared/adapters/alb/check-ports.ts'

const front = (published: number, more = {}) => ({ published, protocol: 'tcp' as const, layer: 'http' as const, ...more })
const listening =
  (ports: readonly number[], isOurs = true) =>
  async () =>
    new Map(ports.map(port => [port, { isOurs }]))

describe('ports that a load balancer could not listen on', () => {
  it('are refused by what they are without asking what it has', async () => {
    const never = () => Promise.reject(new Error('asked'))
    expect(await checkPorts([front(53, { protocol: 'udp' }), front(80)], never)).toEqual([
      { published: 53, why: expect.stringContaining('UDP') },
    ])
    expect(await checkPorts([], never)).toEqual([])
  })

  it('are those of somebody else, and the fifty-first; one that it listens on already is no new one', async () => {
    expect(await checkPorts([front(80)], listening([80], false))).toEqual([
      { published: 80, why: expect.stringContaining('somebody else') },
    ])
    const fifty = Array.from({ length: 50 }, (_, index) => 1_000 + index)
    expect(await checkPorts([front(1_000)], listening(fifty))).toEqual([])
    expect(await checkPorts([front(80)], listening(fifty))).toEqual([{ published: 80, why: expect.stringContaining('50 ports at most') }])
    expect(await checkPorts([front(80), front(80)], listening(fifty.slice(1)))).toEqual([])
  })
})
