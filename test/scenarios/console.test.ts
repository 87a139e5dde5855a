import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { HistoryItem, HistoryQuery } from '../../gateway/http/gateway-view.ts'
import type { ModeAnswer, ModeWish } from '../../gateway/mode.ts'
import { describeBrowser, launchBrowser, screenshot } from '../support/browser.ts'
import { buildConsole } from '../support/console-build.ts'
import { FakeGateway } from '../support/fake-gateway.ts'
import { alarm, reading } from '../support/fake-station.ts'
import { startTestServer, type TestServer } from '../support/http.ts'
import { startSilentLine } from '../support/silent-line.ts'

const DESKTOP = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }

describeBrowser('the console', () => {
  let browser: Browser
  let built: Awaited<ReturnType<typeof buildConsole>>
  let here: TestServer
  let page: Page
  let problems: string[]
  beforeAll(async () => {
    built = await buildConsole()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    built?.remove()
  })
  beforeEach(async () => {
    const gateway = new FakeGateway()
    gateway.historyOf = risingWater
    here = await startTestServer({ gateway, consoleDirectory: built.directory })
    page = await openPage(here.url)
  })
  afterEach(async () => {
    await page.context().close()
    await here.server.stop()
    // A style, script or request that the content security policy forbids is reported here too.
    expect(problems).toEqual([])
  })

  async function openPage(url: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    problems = []
    const context = await browser.newContext({ viewport: DESKTOP, locale: 'zh-CN', ...options })
    const opened = await context.newPage()
    opened.setDefaultTimeout(10_000)
    opened.on('pageerror', (error) => problems.push(String(error)))
    opened.on('console', (message) => {
      // A gateway that is away is part of the story; the browser reports it by itself.
      if (message.type() === 'error' && !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|status of 503/.test(message.text())) {
        problems.push(message.text())
      }
    })
    await opened.goto(url)
    await opened.locator('.connection.live').waitFor()
    return opened
  }

  const cards = () => page.locator('.alarm-card')
  const card = (name: string) => cards().filter({ has: page.getByRole('heading', { name, exact: false }) })
  const row = (name: string) => page.locator('.points tbody tr').filter({ hasText: name })

  test('shows what a person must know, the most urgent first', async () => {
    expect(await page.locator('h1').textContent()).toBe('翠湖社区应急站')
    expect(await page.title()).toBe('(3) 翠湖社区应急站')
    expect(await cards().locator('h3').allTextContents()).toEqual(['火警', '积水过深橙色', '设备失联', '灭火器压力低'])
    const fire = await card('火警').innerText()
    for (const words of ['紧急', '未确认', '3 号楼 2 层走廊', '一号烟感', '探测器报告火警', '拨打 119', '确认']) {
      expect(fire).toContain(words)
    }
    expect(await page.locator('.counts').innerText()).toMatch(/1\s*紧急\s*1\s*高\s*0\s*中\s*1\s*低\s*1\s*故障/)
    expect(await row('水位').innerText()).toMatch(/0\.31\s*m/)
    expect(await row('倾角').innerText()).toMatch(/—.*不可用.*通信失败/s)
    expect(await row('灭火器 08').innerText()).toContain('尚无数据')
  })

  test('the age of an alarm ticks', async () => {
    const age = card('火警').locator('.age')
    const before = await age.textContent()
    await expect.poll(() => age.textContent(), { timeout: 5000 }).not.toBe(before)
  })

  test('draws the trend of the worst measured alarm, and of the point that is chosen', async () => {
    await page.locator('.plot canvas').waitFor()
    expect(await page.locator('.trend .subject').innerText()).toContain('水位')
    await expect.poll(() => here.gateway.asked.at(-1)?.point).toBe('wl-01.level')
    await page.getByRole('button', { name: '24 小时' }).click()
    await expect.poll(() => spanOf(here.gateway.asked.at(-1))).toBe(24 * 60)
    await row('压力').first().getByRole('button').click()
    await expect.poll(() => here.gateway.asked.at(-1)?.point).toBe('fe-07.pressure')
    expect(await page.locator('.trend .subject').innerText()).toContain('灭火器 07')
  })

  test('acknowledges under the name of the operator, whom it asks once', async () => {
    await card('火警').getByRole('button', { name: '确认' }).click()
    await page.getByLabel('姓名').fill('王敏')
    await page.keyboard.press('Enter')
    await card('火警').getByText('确认人 王敏').waitFor()
    expect(here.gateway.alarm('sd-01.fire')).toMatchObject({ state: 'acknowledged', acknowledgedBy: '王敏' })
    await card('积水过深').getByRole('button', { name: '确认' }).click()
    await expect.poll(() => here.gateway.alarm('wl-01.high-water')?.acknowledgedBy).toBe('王敏')
    await card('灭火器压力低').getByRole('button', { name: '复位' }).click()
    await expect.poll(() => cards().count()).toBe(3)
    await page.reload()
    await page.getByRole('button', { name: '值班员 王敏' }).waitFor()
  })

  test('says who is at work where, and marks what is no real alarm', async () => {
    const mode = {
      ...{ id: 'drill-1', type: 'drill' as const, target: { type: 'station' as const, id: 'st-cuihu' } },
      ...{ by: '张伟', comment: '月度演练', at: Date.now(), until: Date.now() + 60_000, dispatch: false },
    }
    here.gateway.modes = { ...here.gateway.modes, list: () => [mode], end: () => Promise.resolve({ ok: true, mode }) }
    here.gateway.tellModes([mode])
    await page.locator('.modes li').filter({ hasText: '演练中全站张伟: 月度演练' }).waitFor()
    here.gateway.change(
      alarm('sd-01.fire.exercise', { name: { zh: '【演练】火警', en: 'x' }, mark: 'exercise' }),
      'raised',
    )
    // Behind every real alarm, and in no count.
    await expect.poll(() => cards().last().innerText()).toMatch(/【演练】火警.*演练/s)
    expect(await page.locator('.counts').innerText()).toMatch(/1\s*紧急\s*1\s*高/)
    await page.reload()
    await page.locator('.modes').getByRole('button', { name: '结束' }).click()
    await page.getByLabel('姓名').fill('王敏')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.modes li').count()).toBe(0)
  })

  test('begins maintenance of a place, under a name, with a reason and an end', async () => {
    const wishes: ModeWish[] = []
    here.gateway.modes = { ...here.gateway.modes, begin: (wish) => Promise.resolve(begun(wish, wishes)) }
    await page.getByRole('button', { name: '维护 / 演练 / 测试…' }).click()
    await page.getByLabel('姓名').fill('王敏')
    await page.keyboard.press('Enter')
    const form = page.getByRole('dialog', { name: '开始维护、演练或测试' })
    await choice(form, '范围').selectOption({ label: '翠湖路下穿通道' })
    await choice(form, '最长').selectOption({ label: '2 小时' })
    await form.getByRole('button', { name: '开始' }).click()
    expect(wishes, 'without a reason').toEqual([])
    await form.getByLabel('原因').fill('清理水位计')
    await screenshot(page, 'console-begin-mode')
    await form.getByRole('button', { name: '开始' }).click()
    await page.locator('.modes li').filter({ hasText: '维护中翠湖路下穿通道王敏: 清理水位计' }).waitFor()
    expect(await form.count()).toBe(0)
    const target = { type: 'place', id: '翠湖路下穿通道' }
    const said = { by: '王敏', comment: '清理水位计', dispatch: false }
    expect(wishes).toEqual([{ type: 'maintenance', target, durationMs: 7_200_000, ...said }])
  })

  test('on a phone and in English begins a test of one point that dispatch hears of, or says why not', async () => {
    await page.context().close()
    page = await openPage(here.url, { viewport: PHONE, hasTouch: true })
    await page.evaluate(() => localStorage.setItem('outpost.operator', 'Li Lei'))
    await page.evaluate(() => localStorage.setItem('outpost.language', 'en'))
    await page.reload()
    await page.getByRole('button', { name: 'Maintenance, drill, test…' }).click()
    const form = page.getByRole('dialog', { name: 'Begin maintenance, a drill or a test' })
    await choice(form, 'What').selectOption({ label: 'Drill' })
    expect(await choice(form, 'Of').locator('option').allTextContents()).toEqual(['the whole station'])
    const durations = await choice(form, 'For at most').locator('option').allTextContents()
    expect(durations).toEqual(['15 min', '30 min', '1 h', '2 h', '4 h'])
    await choice(form, 'What').selectOption({ label: 'Test of a point' })
    await choice(form, 'Of').selectOption({ label: '一号烟感 · Fire alarm' })
    await form.getByLabel('Why').fill('yearly test')
    await form.getByLabel('Tell dispatch too').check()
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await screenshot(page, 'console-begin-mode-phone')
    // The first time the gateway refuses; what was filled in stays.
    await form.getByRole('button', { name: 'Begin' }).click()
    await form.getByRole('alert').getByText('none').waitFor()
    problems = problems.filter((problem) => !problem.includes('404'))
    const wishes: ModeWish[] = []
    here.gateway.modes = { ...here.gateway.modes, begin: (wish) => Promise.resolve(begun(wish, wishes)) }
    await form.getByRole('button', { name: 'Begin' }).click()
    await page.locator('.modes li').filter({ hasText: 'Test一号烟感Li Lei: yearly test' }).waitFor()
    const wish = { type: 'test', target: { type: 'point', id: 'sd-01.fire' }, durationMs: 3_600_000, dispatch: true }
    expect(wishes).toMatchObject([{ ...wish, by: 'Li Lei', comment: 'yearly test' }])
  })

  test('decides a proposed level, with a reason: declines it, confirms it, and lifts it when it is over', async () => {
    await page.evaluate(() => localStorage.setItem('outpost.operator', '陈工'))
    await page.reload()
    const proposal = { level: 'orange', confirmed: null, state: 'proposed', by: null, at: null, comment: null } as const
    const proposed = alarm('sl-01.slope', {
      ...{ kind: 'slope', level: 'orange', place: '北侧挡墙', name: { zh: '边坡变形', en: 'Slope moves' } },
      proposal,
    })
    here.gateway.change(proposed, 'proposed')
    const slope = card('边坡变形')
    const why = slope.getByLabel('会商结论和理由')
    expect(await slope.innerText()).toMatch(/建议，待人工确认.*已确认等级\s*无/s)
    expect(await slope.getByRole('button', { name: '不采纳' }).isDisabled()).toBe(true)
    await why.fill('雨后漂移')
    await slope.getByRole('button', { name: '不采纳' }).click()
    await slope.getByText('不采纳 陈工').waitFor()
    expect(await why.count()).toBe(0)
    here.gateway.change(proposed, 'proposed')
    await why.fill('会商一致')
    await slope.getByRole('button', { name: '确认等级' }).click()
    await slope.getByText('橙色 · 确认人 陈工').waitFor()
    const over = { active: false, acked: true, latched: true, suppression: null }
    const lifting = { ...proposal, level: null, confirmed: 'orange' } as const
    here.gateway.change({ ...proposed, facts: over, state: 'latched-acknowledged', proposal: lifting }, 'level-changed')
    await why.fill('险情解除')
    await slope.getByRole('button', { name: '复位' }).click()
    await slope.waitFor({ state: 'detached' })
    const asked = here.gateway.requests.map(({ type, alarmId, by, comment }) => [type, alarmId, by, comment].join(' '))
    expect(asked).toEqual([
      'decline sl-01.slope 陈工 雨后漂移',
      'confirm sl-01.slope 陈工 会商一致',
      'reset sl-01.slope 陈工 险情解除',
    ])
  })

  test('a proposal can be decided on a phone in English, and fits it', async () => {
    await page.context().close()
    const proposal = {
      level: 'red',
      confirmed: 'orange',
      state: 'proposed',
      by: null,
      at: null,
      comment: null,
    } as const
    const names = { name: { zh: '边坡变形', en: 'Slope moves' }, place: '北侧挡墙 K0+120' }
    here.gateway.change(alarm('sl-01.slope', { kind: 'slope', level: 'red', ...names, proposal }), 'proposed')
    page = await openPage(here.url, { viewport: PHONE, hasTouch: true })
    await page.evaluate(() => localStorage.setItem('outpost.operator', 'Chen'))
    await page.evaluate(() => localStorage.setItem('outpost.language', 'en'))
    await page.reload()
    const slope = card('Slope moves')
    expect(await slope.innerText()).toMatch(/Proposed, to be confirmed.*Confirmed level\s*orange/s)
    await slope.getByLabel('What was decided, and why').fill('agreed with the county')
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await screenshot(page, 'console-proposal-phone')
    await slope.getByRole('button', { name: 'Confirm the level' }).click()
    await slope.getByText('red · confirmed by Chen').waitFor()
  })

  test('gathers a flood by its kinds, and never what is worst', async () => {
    const silent = (i: number) =>
      alarm(`sd-${i}.no-data`, {
        name: { zh: '设备失联', en: 'No data' },
        class: 'fault',
        priority: 'high',
        raisedAt: Date.now(),
      })
    for (let i = 100; i < 150; i++) here.gateway.change(silent(i), 'raised')
    await page.getByRole('button', { name: '显示其余同类报警 (49)' }).waitFor()
    expect(await cards().first().innerText()).toContain('火警')
    expect(await cards().count()).toBeLessThan(10)
    await page.getByRole('button', { name: '显示其余同类报警 (49)' }).click()
    await expect.poll(() => cards().count()).toBeGreaterThan(50)
  })

  test('says why a command was refused, and shows what is true', async () => {
    await page.evaluate(() => localStorage.setItem('outpost.operator', '李雷'))
    await page.reload()
    // Somebody else was quicker, and the news of it has not arrived: the button is pressed in that moment.
    here.gateway.command = () =>
      Promise.resolve({
        ok: false,
        refusal: 'nothing-to-acknowledge',
        message: { zh: '该报警已经确认过', en: 'acknowledged already' },
      })
    await card('火警').getByRole('button', { name: '确认' }).click()
    await page.getByText('该报警已经确认过').waitFor()
    problems = problems.filter((problem) => !problem.includes('409'))
  })

  test('follows alarms and readings as they come', async () => {
    here.gateway.change(
      alarm('wl-02.high-water', {
        name: { zh: '地库进水', en: 'Garage flooding' },
        priority: 'urgent',
        place: '地下车库',
      }),
      'raised',
    )
    await card('地库进水').waitFor()
    expect(await cards().first().locator('h3').textContent()).toBe('地库进水')
    here.gateway.read(reading('wl-01.level', { value: 0.47 }))
    await row('水位').getByText('0.47').waitFor()
    const facts = { active: false, acked: true, latched: false, suppression: null }
    here.gateway.change(alarm('wl-02.high-water', { facts, state: 'normal' }), 'returned')
    await card('地库进水').waitFor({ state: 'detached' })
  })

  test('speaks English when asked, and remembers it', async () => {
    await page.getByRole('button', { name: 'English' }).click()
    expect(await card('Fire').innerText()).toMatch(/Urgent.*Unacknowledged.*Do first.*call 119/s)
    expect(await row('Tilt').innerText()).toContain('no communication')
    await page.reload()
    await card('Fire').waitFor()
    await screenshot(page, 'console-english')
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })

  test('says at once that the gateway is away, and misses and doubles nothing when it is back', async () => {
    const { port } = here
    await here.server.stop()
    await page.locator('.lost-banner').waitFor({ timeout: 5000 })
    expect(await page.locator('.lost-banner').innerText()).toContain('连接中断')
    expect(await page.title()).toContain('连接中断')
    expect(await card('火警').getByRole('button', { name: '确认' }).isDisabled()).toBe(true)
    await screenshot(page, 'console-lost')
    here.gateway.change(alarm('sd-02.fire', { name: { zh: '二号楼火警', en: 'Fire 2' }, priority: 'urgent' }), 'raised')
    here = await startTestServer({ gateway: here.gateway, consoleDirectory: built.directory, port })
    await card('二号楼火警').waitFor()
    await page.locator('.connection.live').waitFor()
    here.gateway.change(alarm('sd-03.fire', { name: { zh: '三号楼火警', en: 'Fire 3' }, priority: 'urgent' }), 'raised')
    await card('三号楼火警').waitFor()
    expect(await cards().locator('h3').allTextContents()).toEqual([
      '三号楼火警',
      '二号楼火警',
      '火警',
      '积水过深橙色',
      '设备失联',
      '灭火器压力低',
    ])
  })

  test('a line that is silent without being closed counts as lost within 5 s', async () => {
    await page.context().close()
    const line = await startSilentLine(here.port)
    page = await openPage(line.url)
    line.fallSilent()
    const since = Date.now()
    await page.locator('.lost-banner').waitFor({ timeout: 6000 })
    await page.setViewportSize(PHONE)
    await screenshot(page, 'console-lost-phone')
    // The last heartbeat may have come up to 2 s before.
    expect(Date.now() - since).toBeLessThan(6000)
    line.speak()
    await page.locator('.connection.live').waitFor({ timeout: 25_000 })
    await line.stop()
  })

  test('a gap in the numbers of the events makes it look at everything again', async () => {
    const { gateway } = here
    const journal = gateway.alarmEvents.bind(gateway)
    gateway.alarmEvents = (after, limit) => {
      const { events, ...page } = journal(after, limit)
      return { events: events.filter(({ alarm }) => alarm.id !== 'sd-02.fire'), ...page }
    }
    gateway.muted = true
    gateway.change(alarm('sd-02.fire', { name: { zh: '二号楼火警', en: 'Fire 2' } }), 'raised')
    gateway.muted = false
    gateway.change(alarm('sd-03.fire', { name: { zh: '三号楼火警', en: 'Fire 3' } }), 'raised')
    await card('三号楼火警').waitFor()
    await card('二号楼火警').waitFor()
    expect(await cards().count()).toBe(6)
  })

  test('asks for a token where one is needed', async () => {
    const tokens = [{ name: 'duty-desk', token: 'correct-horse-battery-staple' }]
    const locked = await startTestServer({
      consoleDirectory: built.directory,
      authentication: { type: 'tokens', tokens },
    })
    await page.goto(locked.url)
    await page.getByLabel('令牌').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByText('not known to the gateway').waitFor()
    await page.getByLabel('令牌').fill('correct-horse-battery-staple')
    await page.keyboard.press('Enter')
    await page.locator('.connection.live').waitFor()
    expect(await cards().count()).toBe(4)
    expect(await page.evaluate(() => document.cookie)).toBe('')
    problems = problems.filter((problem) => !problem.includes('401'))
    await page.goto('about:blank')
    await locked.server.stop()
  })

  test('can be used with the keyboard alone', async () => {
    await page.evaluate(() => localStorage.setItem('outpost.operator', '王敏'))
    await page.reload()
    await card('火警').getByRole('button', { name: '确认' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => here.gateway.alarm('sd-01.fire')?.facts.acked).toBe(true)
  })

  test.each([
    ['desktop-light', { viewport: DESKTOP, colorScheme: 'light' as const }],
    ['desktop-dark', { viewport: DESKTOP, colorScheme: 'dark' as const }],
    ['phone-light', { viewport: PHONE, colorScheme: 'light' as const, hasTouch: true }],
    ['phone-dark', { viewport: PHONE, colorScheme: 'dark' as const, hasTouch: true }],
  ])('fits its window: %s', async (name, options) => {
    await page.context().close()
    here.gateway.asked.length = 0
    page = await openPage(here.url, options)
    await page.locator('.plot canvas').waitFor()
    await expect.poll(() => here.gateway.asked.length).toBeGreaterThan(0)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await screenshot(page, `console-${name}`)
  })

  test('a station without alarms is calm, and green only when every point is known', async () => {
    await page.context().close()
    await here.server.stop()
    here = await startTestServer({ gateway: new FakeGateway({ empty: true }), consoleDirectory: built.directory })
    page = await openPage(here.url)
    await page.getByText('当前没有报警').waitFor()
    expect(await page.locator('.no-alarms').innerText()).toContain('2 个测点没有可用的数据')
    here.gateway.read(reading('sl-02.tilt', { value: 0.1 }), reading('fe-08.pressure', { value: 1.2 }))
    await page.locator('.no-alarms.well').getByText('全部测点都有可用的数据').waitFor()
    await screenshot(page, 'console-calm')
  })

  test('is small', () => {
    const files = readdirSync(join(built.directory, 'assets')).map((file) => join(built.directory, 'assets', file))
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
    expect(bytes).toBeLessThan(100_000)
  })
})

/** By its label alone: that of a playwright locator would have the options in it. */
function choice(form: Locator, label: string): Locator {
  return form.getByRole('combobox', { name: label, exact: true })
}

function begun(wish: ModeWish, wishes: ModeWish[]): ModeAnswer {
  wishes.push(wish)
  const { durationMs, ...mode } = wish
  return { ok: true, mode: { ...mode, id: 'mode-1', at: Date.now(), until: Date.now() + durationMs } }
}

function spanOf(query: HistoryQuery | undefined): number {
  return query === undefined ? 0 : Math.round((query.to - query.from) / 60_000)
}

/** Rises through its limits, with a silence and some readings that are not to be believed. */
function risingWater({ from, to }: HistoryQuery): readonly HistoryItem[] {
  const items: HistoryItem[] = []
  const step = Math.max(5000, (to - from) / 400)
  for (let time = from; time <= to; time += step) {
    const share = (time - from) / (to - from)
    if (share > 0.3 && share < 0.36) continue
    if (share > 0.55 && share < 0.58) {
      items.push({ time, value: null, min: null, max: null, quality: 'bad', reason: 'communication-failure' })
      continue
    }
    const value = 0.05 + 0.26 * share ** 3 + 0.004 * Math.sin(time / 20_000)
    items.push({ time, value, min: value - 0.003, max: value + 0.003, quality: 'good' })
  }
  return items
}
