import type { CapOptions } from '../../gateway/channels/cap/cap-message.ts'

export const CAP_OPTIONS: CapOptions = {
  gateway: 'gateway-1',
  sender: 'gateway-1.pingshan.example',
  senderName: { zh: '石井社区应急服务站', en: 'Shi Jing community station' },
  timeZone: 'Asia/Shanghai',
  scope: 'Private',
  restriction: '',
  validForMs: null,
  contact: null,
  division: '440310',
  placeRadiusMetres: 100,
}
