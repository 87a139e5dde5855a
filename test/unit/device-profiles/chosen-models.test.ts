/** A gateway reads only the models that it uses. */
import { describe, expect, test } from 'vitest'
import { loadCatalogue } from '../../../device-profiles/catalogue.ts'
import { resolveDevice } from '../../../device-profiles/resolve.ts'
import { directoryOf, KIND, MODEL } from './broken-catalogue.ts'

const broken = MODEL.replace('id: gauge', 'id: broken').replace('type: uint16', 'type: nonsense')
const installation = { id: 'x', station: 's', name: 'x', place: 'here' }

function folderOf(models: Readonly<Record<string, string>>): string {
  return directoryOf({ 'kinds/tank.yaml': KIND, ...models })
}

describe('of the models of a folder', () => {
  test('only the chosen ones are read, and what is wrong with the others costs nothing', () => {
    const path = folderOf({ 'models/gauge.yaml': MODEL, 'models/broken.yaml': broken })
    const chosen = loadCatalogue([{ path, models: new Set(['gauge', 'unknown']) }])
    expect([...chosen.profiles.keys()]).toEqual(['gauge'])
    expect(chosen.problems).toEqual([])
    expect([...chosen.modelIds].sort()).toEqual(['broken', 'gauge'])
    expect(loadCatalogue([path]).problems).toHaveLength(1)
  })

  test('one that was not read is meant by a slip all the same', () => {
    const path = folderOf({ 'models/gauge.yaml': MODEL })
    const none = loadCatalogue([{ path, models: new Set<string>() }])
    expect(resolveDevice({ ...installation, profile: 'guage' }, none)).toEqual({
      problems: [{ path: 'profile', message: 'no device profile "guage"; did you mean "gauge"?' }],
    })
  })

  test('one that was not read keeps its id: no folder behind it can take it', () => {
    const path = folderOf({ 'models/gauge.yaml': MODEL })
    const site = directoryOf({ 'models/gauge.yaml': MODEL })
    const { problems } = loadCatalogue([{ path, models: new Set<string>() }, { path: site }])
    expect(problems.map(({ message }) => message)).toContain('"gauge" is defined in another file already')
  })
})
