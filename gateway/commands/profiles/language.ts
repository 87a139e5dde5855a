/** What the commands about device profiles say, in both languages. */
import type { LocalText } from '../../../device-profiles/base-schema.ts'
import { UsageError } from '../usage-error.ts'

export type Language = 'zh' | 'en'

export function parseLanguage(text: string | undefined): Language {
  if (text === undefined || text === 'en') return 'en'
  if (text === 'zh') return 'zh'
  throw new UsageError(`--lang: expected zh or en, got "${text}"`)
}

export const WORDS = {
  profile: { zh: '型号', en: 'profile' },
  kind: { zh: '类别', en: 'kind' },
  protocol: { zh: '协议', en: 'protocol' },
  status: { zh: '状态', en: 'status' },
  name: { zh: '名称', en: 'name' },
  points: { zh: '测点', en: 'Points' },
  point: { zh: '测点', en: 'point' },
  quantity: { zh: '量', en: 'quantity' },
  unit: { zh: '单位', en: 'unit' },
  range: { zh: '量程', en: 'range' },
  where: { zh: '位置', en: 'where' },
  parameters: { zh: '安装参数', en: 'Parameters of each installed unit' },
  rules: { zh: '规则', en: 'Rules' },
  caveats: { zh: '注意', en: 'Caveats' },
  sources: { zh: '来源', en: 'Sources' },
  commands: { zh: '命令', en: 'Commands' },
  vectors: { zh: '验证向量', en: 'Vectors' },
  standard: { zh: '默认', en: 'default' },
  required: { zh: '必填', en: 'required' },
  computed: { zh: '计算', en: 'computed' },
  derived: { zh: '推算', en: 'derived from' },
  alarm: { zh: '报警', en: 'alarm' },
  fault: { zh: '故障', en: 'fault' },
  above: { zh: '高于', en: 'above' },
  below: { zh: '低于', en: 'below' },
  after: { zh: '无数据超过', en: 'no word for' },
  unbelievable: { zh: '数据不可信', en: 'a point that cannot be believed' },
  maker: { zh: '厂家与型号', en: 'made by' },
  matches: { zh: '匹配', en: 'matches' },
} as const satisfies Readonly<Record<string, LocalText>>

/** The statuses of a profile for people. */
export const STATUSES: Readonly<Record<string, LocalText>> = {
  verified: { zh: '已由实测向量验证', en: 'every point is covered by a vector from a real source' },
  'from-manual': { zh: '依据厂家资料', en: 'from the manual of its maker' },
  unverified: { zh: '未经核实，使用前须实测', en: 'try it before use' },
  reference: { zh: '本产品定义的参考型号', en: 'defined by Outpost' },
}

/** Latin letters beside Chinese ones need a space, and Chinese ones none. */
export function listed(texts: readonly string[], language: Language): string {
  return texts.join(language === 'zh' ? '、' : ', ')
}
