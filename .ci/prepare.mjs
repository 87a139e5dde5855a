// Installs the dependencies and builds the console when they are missing or older than their sources; otherwise does
// nothing, so that `npm start` and `npm test` are quick the second time. Runs on Node 20, before Node 24 is there.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** What the console bundles from outside its own folder. */
const CONSOLE_SOURCES = [
  ...['gateway/model.ts', 'gateway/alarm-model.ts', 'gateway/mode.ts', 'gateway/http/gateway-view.ts'],
  ...['gateway/http/alarm-order.ts', 'gateway/http/child-view.ts', 'gateway/statistics/alarm-groups.ts'],
]

function hashOf(...files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function filesUnder(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .filter((file) => !file.split(sep).includes('dist'))
    .sort()
}

/** Runs `work` unless the stamp beside its result already names these sources. */
function unlessDone(stamp, hash, work) {
  const path = join(root, stamp)
  if (existsSync(path) && readFileSync(path, 'utf8') === hash) return
  work()
  writeFileSync(path, hash)
}

/** Of another clone, as in a second work tree: "npm ci" would empty that one's folder through the link. */
const isLinked = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() ?? false

unlessDone('node_modules/.outpost-installed', hashOf('package-lock.json'), () => {
  if (isLinked) {
    throw new Error(
      'node_modules is a link to the packages of another clone, which are of another package-lock.json; run "npm ci" there',
    )
  }
  console.log('Installing the packages of package-lock.json …')
  execFileSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' })
})

if (existsSync(join(root, 'gateway/console/vite.config.ts'))) {
  unlessDone(
    'gateway/console/dist/.built-from',
    hashOf('package-lock.json', ...CONSOLE_SOURCES, ...filesUnder('gateway/console')),
    () => {
      console.log('Building the console …')
      const node = join(root, 'node_modules/.bin/node')
      const vite = join(root, 'node_modules/vite/bin/vite.js')
      execFileSync(node, [vite, 'build', '--logLevel', 'warn', join(root, 'gateway/console')], {
        cwd: root,
        stdio: 'inherit',
      })
    },
  )
}
