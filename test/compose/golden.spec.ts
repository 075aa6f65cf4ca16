import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { renderConfig } from '../../shared/compose/render.ts'
import { load, revealed, specOf } from './load-text.ts'

const text = readFileSync(new URL('golden/compose.yml', import.meta.url), 'utf8')
const shop = () =>
  load(
    text,
    { env: { VERSION: '1.4.0', PATH: '/bin' }, files: ['/p/compose.yml'] },
    { '/p/.env': "DB_PASSWORD='pa$$ word'\n", '/p/worker.env': 'QUEUE_URL=redis://cache\n' },
  )

describe('a realistic file', () => {
  it('becomes the stack that is kept beside it', async () => {
    const { stack, builds, blobs, notes } = shop()
    const text = stringify({ stack, builds, blobs: Object.keys(blobs), notes }, { aliasDuplicateObjects: false })
    await expect(text).toMatchFileSnapshot('golden/stack.yml')
  })

  it('prints as the configuration that is kept beside it', async () => {
    await expect(renderConfig(shop().stack)).toMatchFileSnapshot('golden/config.yml')
  })

  it('keeps its secrets apart', () => {
    const loaded = shop()
    expect(loaded.secrets).toEqual({
      DB_PASSWORD: 'pa$$ word',
      'web.SESSION_KEY': 'not-very-secret',
      'worker.QUEUE_URL': 'redis://cache',
      'db.POSTGRES_PASSWORD_FILE': '/run/secrets/db_password',
      'secret.db_password': 'pa$$ word',
    })
    expect(JSON.stringify(loaded.stack)).not.toMatch(/pa\$\$ word|not-very-secret|redis:\/\/cache/)
    expect(revealed(loaded, specOf(loaded, 'web').environment)['DATABASE_URL']).toBe('postgres://shop:pa$$ word@db:5432/shop')
  })

  it('gives equal stacks when loaded twice', () => {
    expect(JSON.stringify(shop().stack)).toBe(JSON.stringify(shop().stack))
  })
})
