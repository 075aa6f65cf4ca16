import { describe, expect, it } from 'vitest'
import { peerDomain, peerNames, peerRecord, peerZone } from '../../shared/domain/peer-names.ts'

describe('names of peers on AWS', () => {
  it('end in the stack and the installation, and the search list makes them of a bare name', () => {
    expect(`db.${peerDomain('prod', 'shop')}`).toBe('db.shop.prod.internal')
    expect(`${peerRecord('service/shop/DB', 'DB')}.${peerZone('prod')}`).toBe('db.shop.prod.internal')
  })

  it('are the service’s own and its aliases on any network, each once, in small letters', () => {
    const networks = [{ aliases: ['pg', 'DB'] }, { aliases: ['pg', 'store'] }]
    expect(peerNames('Db', networks)).toEqual(['db', 'pg', 'store'])
    expect(peerNames('db', [])).toEqual([])
  })

  it('leave out what is no name in DNS, instead of failing for ever', () => {
    expect(peerNames('my.db', [{ aliases: ['ok', 'not ok', 'dash-', ''] }])).toEqual(['my.db', 'ok'])
    expect(peerNames('a..b', [{ aliases: [] }])).toEqual([])
  })
})
