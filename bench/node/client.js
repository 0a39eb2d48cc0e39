// Times one contender: the task comes in the environment (bench/src/task.rs), the figures go out as one line of JSON.
// An operation that fails ends the process: a figure that includes a failure would mean nothing.

const { readFileSync } = require('node:fs')
const { monitorEventLoopDelay, performance } = require('node:perf_hooks')
const contenders = require('./contenders.js')
const { readTask } = require('./fixture.js')

const RESOLUTION_MS = 1

async function lane(operation, first, step, seconds, taken) {
  const end = performance.now() + seconds * 1e3
  for (let i = first; ; i += step) {
    const start = performance.now()
    await operation(i)
    const now = performance.now()
    taken.push(now - start)
    if (now >= end) return i + step
  }
}

async function phase(operation, firsts, seconds) {
  const taken = []
  const next = await Promise.all(firsts.map((first) => lane(operation, first, firsts.length, seconds, taken)))
  return { next, taken }
}

function peakRssKib() {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1])
}

async function main() {
  const task = readTask()
  const limit = (task.warmUp + task.seconds + 20) * 1e3
  setTimeout(() => {
    console.error(`${task.client}: no end after ${limit} ms`)
    process.exit(1)
  }, limit).unref()

  const operation = contenders[task.client](task)
  let firsts = Array.from({ length: task.inFlight }, (_, i) => i)
  if (task.seconds > 0) firsts = (await phase(operation, firsts, task.warmUp)).next

  const late = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  late.enable()
  const [start, before] = [performance.now(), process.cpuUsage()]
  const { taken } = await phase(operation, firsts, task.seconds)
  const [seconds, cpu] = [(performance.now() - start) / 1e3, process.cpuUsage(before)]
  late.disable()

  taken.sort((a, b) => a - b)
  const percentile = (p) => taken[Math.floor(taken.length * p)] * 1e3
  const figures = {
    per_second: taken.length / seconds,
    p50_us: percentile(0.5),
    p99_us: percentile(0.99),
    cpu_us: (cpu.user + cpu.system) / taken.length,
    peak_rss_kib: peakRssKib(),
    // Between two looks lies the resolution, however quick the loop is.
    loop_p99_us: Math.max(0, late.percentile(99) / 1e3 - RESOLUTION_MS * 1e3),
  }
  console.log(JSON.stringify(figures))
  process.exit(0)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
