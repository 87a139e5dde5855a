/** The printed report of a month: what it counts, what it leaves out, and that no name breaks its page. */
import { expect, test } from 'vitest'
import { monthlyReport } from '../../../gateway/ledgers/monthly-report.ts'
import { sampleFigures } from '../../support/monthly-figures.ts'

const figures = sampleFigures()
/** What stands under a heading of the first page. */
const fact = (html: string, name: string) => new RegExp(`<dt>${name}</dt><dd>([^<]*)</dd>`).exec(html)?.[1]

test('names the station and the month, and has every part in its order', () => {
  const html = monthlyReport(figures)
  expect(html).toContain('<h1>翠湖街道中心站 2026年10月应急值守月报</h1>')
  const parts = [...html.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, title]) => title)
  expect(parts).toEqual([
    ...['一、报警情况', '二、响应用时', '三、误报', '四、传感器在线率', '五、重点场所覆盖', '六、器材到期与缺陷'],
    '七、演练',
  ])
})

test('counts hazards and faults apart, and only what was real and asked somebody', () => {
  const [first] = figures.occurrences
  if (first === undefined) throw new Error('there is nothing in the sample')
  const hazard = { ...first, class: 'alarm', priority: 'urgent', mark: null, verdict: null, kind: 'smoke' } as const
  const html = monthlyReport({
    ...figures,
    occurrences: [
      hazard,
      { ...hazard, verdict: 'real' },
      { ...hazard, verdict: 'false', priority: 'low' },
      { ...hazard, class: 'fault' },
      { ...hazard, mark: 'exercise' },
      { ...hazard, askedAt: null },
    ],
  })
  expect(fact(html, '报警（不含故障）')).toBe('3 次')
  expect(fact(html, '其中紧急')).toBe('2 次')
  expect(fact(html, '故障')).toBe('1 次')
  expect(fact(html, '误报率（已判定）')).toBe('50.0%')
})

test('writes names of people as they are, and never as a part of the page', () => {
  const html = monthlyReport({ ...figures, stationName: '<script>alert(1)</script>&"' })
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&amp;')
  expect(html).not.toContain('<script')
  expect(html).toContain('&lt;b&gt;厨房&lt;/b&gt;')
  expect(html).not.toContain('<b>')
})

test('of an empty month says that there is nothing, and no number that nobody measured', () => {
  const nothing = { occurrences: [], online: [], coverage: [], equipment: [], drills: [], sensors: new Map() }
  const html = monthlyReport({ ...figures, ...nothing })
  expect(html.match(/本月无记录。/g)?.length).toBe(3)
  for (const words of ['本月没有判定为误报的报警。', '本月无失联。', '没有到期或有缺陷的器材。', '本月没有演练。'])
    expect(html).toContain(words)
  expect(html).not.toMatch(/NaN|Infinity|undefined|null/)
})

test('says of a month that is not over that it is not', () => {
  expect(monthlyReport(figures)).not.toContain('本月未结束')
  expect(monthlyReport({ ...figures, unfinished: true })).toContain('本月未结束')
})
