import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutBytes, robotText } from '../../../../gateway/channels/robot/robot-text.ts'
import { anyNotification, eventOf, notification } from '../../../support/notifications.ts'

const MARKDOWN = { language: 'zh', markup: 'markdown', mostBytes: 4096 } as const

test('never has more bytes than it may, is never cut inside a character, and calls nobody', () => {
  const format = fc.record({
    language: fc.constantFrom('zh' as const, 'en' as const),
    markup: fc.constantFrom('markdown' as const, 'plain' as const),
    mostBytes: fc.integer({ min: 64, max: 5000 }),
  })
  fc.assert(
    fc.property(fc.array(anyNotification, { minLength: 1, maxLength: 12 }), format, (told, chosen) => {
      const said = robotText(told, chosen)
      expect(Buffer.byteLength(said.text)).toBeLessThanOrEqual(chosen.mostBytes)
      expect(said.text.isWellFormed()).toBe(true)
      expect(said.text).not.toContain('\ufffd'.repeat(2))
      expect(said.text).not.toMatch(/[<@[\]]/)
      expect(said.told).toBeGreaterThanOrEqual(1)
      expect(said.told).toBeLessThanOrEqual(told.length)
    }),
    { numRuns: 200 },
  )
})

test('cut between characters, at every length', () => {
  const text = '水位😀é<'
  for (let most = 3; most < 20; most += 1) {
    const cut = cutBytes(text, most)
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(most)
    expect(text.startsWith(cut.replace(/…$/, ''))).toBe(true)
  }
  expect(cutBytes(text, Buffer.byteLength(text))).toBe(text)
})

describe('one notification', () => {
  test('in full', () => {
    expect(robotText([notification(1)], MARKDOWN).text).toBe(
      [
        '### 下穿涵洞：水位过高（橙色）',
        '',
        '水位 0.32 m，高于 0.27 m',
        '',
        '**处置要点**',
        '封闭道路',
        '',
        '> 站点: 石井社区应急服务站',
        '> 地点: 下穿涵洞',
        '> 地址: 石井路与坪山大道交汇处',
        '> 设备: 涵洞水位计',
        '> 优先级: 高',
        '> 发生时间: 2026-09-01 16:00:01',
        '> 通知时间: 2026-01-01 08:01:00',
        '> 编号: gateway-1-n1',
      ].join('\n'),
    )
  })

  test('pings nobody, whoever commented it', () => {
    const events = [eventOf(1, { comment: '<@all> @13800000000 ![x](http://x/y.png)' })]
    expect(robotText([notification(1, { events })], MARKDOWN).text).toContain(
      '‹＠all› ＠13800000000 !［x］(http://x/y.png)',
    )
  })
})

test('several, a line for each, and as many as there is room for', () => {
  const told = Array.from({ length: 200 }, (_, index) => notification(index + 1))
  const said = robotText(told, MARKDOWN)
  const lines = said.text.split('\n').filter((line) => line.startsWith('- '))
  expect(lines).toHaveLength(said.told)
  expect(lines[0]).toBe('- 下穿涵洞：水位过高（橙色）：水位 0.32 m，高于 0.27 m')
  expect(said.text).toMatch(new RegExp(`^### ${said.told}条告警通知\n`))
  expect(said.told).toBeGreaterThan(40)
})
