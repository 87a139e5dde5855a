/** `GET /api/reports/monthly` over a real server. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { monthlyReport } from '../../../gateway/ledgers/monthly-report.ts'
import { startTestServer, type TestServer } from '../../support/http.ts'
import { sampleFigures } from '../../support/monthly-figures.ts'

let served: TestServer
const asked: (string | null)[] = []
beforeAll(async () => {
  served = await startTestServer()
  served.gateway.ledgers = {
    ...served.gateway.ledgers,
    monthly: (month) => {
      asked.push(month)
      if (month === '2026-12') {
        const message = { zh: '2026-12 还没有开始', en: '2026-12 has not begun yet' }
        return Promise.resolve({ ok: false, refusal: 'month-to-come', message })
      }
      return Promise.resolve({ ok: true, html: monthlyReport(sampleFigures()) })
    },
  }
})
afterAll(() => served.server.stop())

const get = (query = '') => fetch(`${served.url}/api/reports/monthly${query}`)

test('is a page whose policy lets nothing in but its own style', async () => {
  const answer = await get()
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const html = await answer.text()
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = answer.headers.get('content-security-policy')
  expect(policy).toContain(`style-src 'sha256-${hash}'`)
  expect(policy).toContain("default-src 'none'")
  // The policy would refuse them.
  expect(html).not.toMatch(/\sstyle=|\son\w+=|<script|<link|<img/)
  expect(asked.at(-1)).toBeNull()
})

test('is that of the month that is named', async () => {
  expect((await get('?month=2026-10')).status).toBe(200)
  expect(asked.at(-1)).toBe('2026-10')
})

test.each(['2026-13', '2026-1', 'october', '2026-10-01'])('of "%s" is refused', async (month) => {
  expect((await get(`?month=${month}`)).status).toBe(400)
})

test('of a month to come is refused in words', async () => {
  const answer = await get('?month=2026-12')
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ error: { code: 'month-to-come' } })
})
