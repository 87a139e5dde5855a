import { connectAsync } from 'mqtt'
import { expect, test } from 'vitest'
import {
  describeReal,
  queryInfluxd,
  startInfluxd,
  startMosquitto,
  startVictoriaMetrics,
} from '../support/real-servers.ts'

describeReal(
  'influxd',
  'victoria-metrics',
  'mosquitto',
)('the real servers of the tests', () => {
  test('influxd keeps its data over stop and start', async () => {
    const server = await startInfluxd()
    try {
      await queryInfluxd(server, { query: 'CREATE DATABASE outpost' })
      await server.stop()
      await expect(fetch(`${server.url}/ping`)).rejects.toThrow()
      await server.start()
      const [databases] = await queryInfluxd(server, { query: 'SHOW DATABASES' })
      expect(databases?.values.flat()).toContain('outpost')
    } finally {
      await server.remove()
    }
  })

  test('influxd asks for the password when there is a user', async () => {
    const account = { user: 'admin', password: 'its-secret' }
    const server = await startInfluxd(account)
    try {
      await queryInfluxd(server, { query: 'CREATE DATABASE outpost', ...account })
      await expect(queryInfluxd(server, { query: 'SHOW DATABASES' })).rejects.toThrow(/credentials/)
    } finally {
      await server.remove()
    }
  })

  test('victoria-metrics answers, and a frozen one does not', async () => {
    const server = await startVictoriaMetrics()
    try {
      server.pause()
      await expect(fetch(`${server.url}/health`, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/)
      server.resume()
      expect((await fetch(`${server.url}/health`)).status).toBe(200)
    } finally {
      await server.remove()
    }
  })

  test('mosquitto lets in who has the password, before and after a kill', async () => {
    const server = await startMosquitto({ users: { gateway: 'its-secret' } })
    try {
      const account = { username: 'gateway', password: 'its-secret', reconnectPeriod: 0 }
      await (await connectAsync(server.url, account)).endAsync()
      await expect(connectAsync(server.url, { reconnectPeriod: 0 })).rejects.toThrow(/Not authorized/)
      await server.kill()
      await server.start()
      await (await connectAsync(server.url, account)).endAsync()
    } finally {
      await server.remove()
    }
  })
})
