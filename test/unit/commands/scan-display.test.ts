import { expect, test } from 'vitest'
import { ScanDisplay, scanSummary } from '../../../gateway/commands/scan-display.ts'
import type { ScanFinding, ScanProgress, ScanResult } from '../../../gateway/commission/scan.ts'

const unit = (unitId: number): ScanFinding => ({ type: 'unit', unitId, detail: 'exception 2', replyMs: 12.34 })
const garbled: ScanFinding = { type: 'garbled', unitId: 9, detail: 'two replies', replyMs: null }

function screen(isTTY: boolean) {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}

function at(done: number, findings: readonly ScanFinding[] = []): ScanProgress {
  return { done, total: 100, findings, unreachable: 0 }
}

function resultOf(more: Partial<ScanResult>): ScanResult {
  return { ...at(100), ended: 'complete', error: null, ...more }
}

test('a terminal sees one bar that moves and makes room for what is found', () => {
  const [output, status] = [screen(true), screen(true)]
  const display = new ScanDisplay(output, status)
  display.progress(at(50))
  display.progress(at(51, [unit(51)]))
  display.end()
  display.end()
  const clear = '\r\u001b[K'
  expect(status.written).toEqual([
    `${clear}[###############...............] 50/100 unit ids, 0 found`,
    clear,
    `${clear}[###############...............] 51/100 unit ids, 1 found`,
    clear,
  ])
  expect(output.written).toEqual(['unit 51: exception 2, 12.3 ms\n'])
})

test('without a terminal there are plain lines, ten at most, and no control characters', () => {
  const [output, status] = [screen(false), screen(false)]
  const display = new ScanDisplay(output, status)
  for (let done = 1; done <= 100; done++) display.progress(at(done, done < 7 ? [] : [unit(7)]))
  display.end()
  expect(output.written).toEqual(['unit 7: exception 2, 12.3 ms\n'])
  expect(status.written).toHaveLength(10)
  expect(status.written[0]).toBe('asked 10 of 100 unit ids\n')
  expect(status.written.at(-1)).toBe('asked 100 of 100 unit ids\n')
})

test('the summary counts, and says what to do next', () => {
  const where = '192.0.2.10:502'
  const summary = (more: Partial<ScanResult>, lateReplies = 0) => scanSummary(resultOf(more), { where, lateReplies })
  expect(summary({ findings: [unit(1)] })).toBe('192.0.2.10:502: 1 unit found, asked 100 unit ids\n')
  expect(summary({ ended: 'cancelled', done: 40 })).toBe(
    '192.0.2.10:502: 0 units found, asked 40 of 100 unit ids (interrupted)\n',
  )
  expect(summary({ findings: [garbled] })).toMatch(/0 units found.*\n.*two units with one unit id/)
  expect(summary({ unreachable: 99 })).toMatch(/For 99 unit ids a gateway answered/)
  expect(summary({}, 3)).toMatch(/3 answers came too late; ask again with a longer --timeout/)
  expect(summary({ done: 3, total: 3, findings: [unit(1), unit(2), unit(3)] })).toMatch(/takes no notice of it/)
})
