// Loads the packages that its arguments name and tells, as one line of JSON, how long that took and how much memory the
// process needed.

const { readFileSync } = require('node:fs')
const { performance } = require('node:perf_hooks')

const start = performance.now()
for (const name of process.argv.slice(2)) require(name)
const loadMs = performance.now() - start
const peakRssKib = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1])
console.log(JSON.stringify({ load_ms: loadMs, peak_rss_kib: peakRssKib }))
