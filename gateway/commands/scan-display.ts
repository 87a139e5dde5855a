/** How a scan looks in a terminal: a bar that moves, or plain lines where nobody watches. */
import type { ScanFinding, ScanProgress, ScanResult } from '../commission/scan.ts'

/** The part of a stream that is needed, so that tests can hold it. */
export interface Screen {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const BAR_WIDTH = 30
/** Without a terminal one line for each so much of the way. */
const PLAIN_STEPS = 10
const CLEAR_LINE = '\r\u001b[K'

export class ScanDisplay {
  readonly #output: Screen
  readonly #status: Screen
  #shown = 0
  #plainStep = 0
  #hasBar = false

  /** `output` gets each finding as one line, `status` the progress. */
  constructor(output: Screen, status: Screen) {
    this.#output = output
    this.#status = status
  }

  progress(progress: ScanProgress): void {
    const news = progress.findings.slice(this.#shown)
    this.#shown = progress.findings.length
    if (news.length > 0) this.end()
    for (const finding of news) this.#output.write(`${findingText(finding)}\n`)
    if (this.#status.isTTY === true) this.#bar(progress)
    else this.#plain(progress)
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#hasBar) this.#status.write(CLEAR_LINE)
    this.#hasBar = false
  }

  #bar({ done, total, findings }: ScanProgress): void {
    const full = Math.round((done / total) * BAR_WIDTH)
    const bar = '#'.repeat(full).padEnd(BAR_WIDTH, '.')
    this.#status.write(`${CLEAR_LINE}[${bar}] ${done}/${total} unit ids, ${countUnits(findings)} found`)
    this.#hasBar = true
  }

  #plain({ done, total }: ScanProgress): void {
    const step = Math.floor((done / total) * PLAIN_STEPS)
    if (step === this.#plainStep) return
    this.#plainStep = step
    this.#status.write(`asked ${done} of ${total} unit ids\n`)
  }
}

export function scanSummary(
  result: ScanResult,
  { where, lateReplies }: { readonly where: string; readonly lateReplies: number },
): string {
  const { done, total, findings, unreachable, ended } = result
  const units = countUnits(findings)
  const garbled = findings.length - units
  const asked = done === total ? `${total} unit ids` : `${done} of ${total} unit ids (${endedText[ended]})`
  const lines = [`${where}: ${units === 1 ? '1 unit' : `${units} units`} found, asked ${asked}`]
  if (units === total && total > 2) {
    lines.push('Every unit id answered: this is probably one device that takes no notice of it.')
  }
  if (garbled > 0) {
    lines.push('Garbled answers come from two units with one unit id, a wrong baud rate or parity, or a noisy line.')
  }
  if (unreachable > 0) lines.push(`For ${unreachable} unit ids a gateway answered that it reaches no device.`)
  if (lateReplies > 0) lines.push(`${lateReplies} answers came too late; ask again with a longer --timeout.`)
  return `${lines.join('\n')}\n`
}

const endedText: Readonly<Record<ScanResult['ended'], string>> = {
  complete: 'complete',
  cancelled: 'interrupted',
  'line-lost': 'the line was lost',
}

function countUnits(findings: readonly ScanFinding[]): number {
  return findings.filter(({ type }) => type === 'unit').length
}

function findingText({ type, unitId, detail, replyMs }: ScanFinding): string {
  const took = replyMs === null ? '' : `, ${replyMs.toFixed(1)} ms`
  return `${type} ${unitId}: ${detail}${took}`
}
