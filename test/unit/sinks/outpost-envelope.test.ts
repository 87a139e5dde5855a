/** Messages between gateways over a broker that others use too: only who knows the token can make one. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seal, unseal } from '../../../gateway/sinks/outpost-envelope.ts'

const TOKEN = 'a-token-of-16-letters'

test('what was sealed is unsealed with the same token, and with no other', () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (json, request) => {
      const body: unknown = JSON.parse(json)
      const sealed = seal({ request, kind: 'events', body }, TOKEN)
      expect(unseal(sealed, TOKEN)).toEqual({ request, kind: 'events', body: JSON.parse(JSON.stringify(body)) })
      expect(unseal(sealed, `${TOKEN}!`)).toBeNull()
      expect(sealed.toString()).not.toContain(TOKEN)
    }),
  )
})

test('nothing of it can be changed, and what is no message is none', () => {
  const sealed = JSON.parse(seal({ request: '1', kind: 'report', body: { a: 1 } }, TOKEN).toString()) as object
  const changed = (change: object): Buffer => Buffer.from(JSON.stringify({ ...sealed, ...change }))
  expect(unseal(changed({}), TOKEN)).not.toBeNull()
  for (const change of [
    { request: '2' },
    { kind: 'events' },
    { body: '{"a":2}' },
    { signature: '' },
    { signature: null },
  ]) {
    expect(unseal(changed(change), TOKEN)).toBeNull()
  }
  expect(unseal(Buffer.from('not JSON'), TOKEN)).toBeNull()
})
