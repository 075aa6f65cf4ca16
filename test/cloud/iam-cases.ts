import { randomUUID } from 'node:crypto'
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs'
import { expect, it } from 'vitest'
import { ApiClient } from '../../cli/api-client.ts'
import { emptySpec } from '../../shared/domain/spec.ts'
import { eventually } from '../contracts/eventually.ts'
import { somebody } from './cli.ts'
import { clientOptions } from './emulator.ts'
import { makeUser, without } from './emulator-iam.ts'
import type { Room } from './room.ts'

/** What must not be possible where IAM is enforced (emulator-iam.ts says how far the emulator goes). */
export function casesOfIam(room: () => Room): void {
  it('a function whose role lacks one grant cannot do what it is for, and says so in AWS’s words', async () => {
    const { emulator, deployment, image } = room()
    const deploy = () => {
      const web = { replicas: 1, spec: { ...emptySpec, image, environment: { VERSION: '1' }, update: { monitor: 0 } } }
      return deployment.api.deploy('denied', { spec: { name: 'denied', services: { web } }, secrets: {}, blobs: {} }, randomUUID())
    }
    const unlogged = without(emulator, 'Api', 'dynamodb:PutItem', () => deploy())
    await expect(unlogged).rejects.toThrow(/dynamodb:PutItem|LS-STORAGE/)
    await expect(deployment.api.status('denied'), 'nothing was recorded').rejects.toThrow('there is no stack denied')

    const refused = await without(emulator, 'Reconcile', 'ecs:RunTask', async () => {
      await deploy()
      const why = async () => (await deployment.api.status('denied')).services[0]?.ended[0]?.reason
      return eventually('a start was refused', why, 60_000)
    })
    expect(refused).toMatch(/-ReconcileRole.* is not authorized to perform: ecs:RunTask/)
    await deployment.api.remove('denied', { volumes: true }, randomUUID())
  })

  it('keys of nobody in particular open neither the log nor the cluster, and a forged signature opens nothing', async () => {
    const { emulator } = room()
    const credentials = await makeUser(emulator, 'nobody')
    const tables = (await new DynamoDBClient(clientOptions(emulator)).send(new ListTablesCommand({}))).TableNames!
    const log = tables.find(name => name.includes('LogTable'))!
    const scan = (keys: typeof credentials) =>
      new DynamoDBClient({ ...clientOptions(emulator), credentials: keys, maxAttempts: 1 }).send(new ScanCommand({ TableName: log }))
    await expect(scan(credentials)).rejects.toThrow(/not authorized to perform: dynamodb:Scan/)
    const ecs = new ECSClient({ ...clientOptions(emulator), credentials, maxAttempts: 1 })
    await expect(ecs.send(new ListTasksCommand({ cluster: 'longshore' }))).rejects.toThrow(/not authorized to perform: ecs:ListTasks/)
    await expect(scan({ ...credentials, secretAccessKey: 'forged' })).rejects.toThrow(/signature/i)
  })

  it('the HTTP API lets nobody in without a token that it knows, or a signature of somebody who may', async () => {
    const { emulator, deployment } = room()
    const { url } = deployment
    for (const token of ['', 'wrong', deployment.token.slice(1)])
      await expect(new ApiClient({ endpoint: () => ({ url, token }), patienceMs: 0 }).stacks()).rejects.toMatchObject({
        code: 'LS-UNAUTHENTICATED',
      })
    expect((await fetch(`${url}/iam/v1/stacks`)).status, 'unsigned').toBe(403)

    const api = `arn:aws:execute-api:us-east-1:000000000000:${new URL(deployment.outputs['ApiUrl']!).hostname.split('.')[0]}`
    const allow = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${api}/*` }
    const deny = { Effect: 'Deny', Action: 'execute-api:Invoke', Resource: `${api}/*/POST/iam/v1/stacks/*/exec` }
    const may = await makeUser(emulator, 'may', { Statement: [allow] })
    const mayNotExec = await makeUser(emulator, 'may-not-exec', { Statement: [allow, deny] })
    const mayNot = await makeUser(emulator, 'may-not')
    const ls = async (keys: typeof may, words = 'ls') => {
      const person = somebody({ AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey })
      try {
        await person.types(`context add cloud ${url} --iam --region us-east-1`)
        return await person.types(`--context cloud ${words}`)
      } finally {
        person.leave()
      }
    }
    expect(await ls(may)).toMatchObject({ code: 0, err: `Context cloud: ${url}\n` })
    for (const keys of [mayNot, { ...may, secretAccessKey: 'forged' }])
      expect(await ls(keys)).toMatchObject({ code: 1, err: expect.stringContaining('LS-UNAUTHENTICATED') })
    expect(await ls(mayNotExec)).toMatchObject({ code: 0 })
  })
}
