/** Asks a gateway one question after the other until its input ends, as a page does; then prints the milliseconds of each answer. */
const [url = '', ...paths] = process.argv.slice(2)
let isOver = false
process.stdin.on('end', () => {
  isOver = true
})
process.stdin.resume()

const times: number[] = []
for (let i = 0; !isOver; i++) {
  const started = performance.now()
  const answer = await fetch(url + paths[i % paths.length])
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`${paths[i % paths.length]}: ${answer.status}`)
  times.push(performance.now() - started)
}
process.stdout.write(JSON.stringify(times))
