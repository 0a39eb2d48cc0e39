// One sandbox and one browser for each file of tests.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, afterEach, before, beforeEach } from 'node:test'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'

const COMMAND = resolve(process.env.POSA_COMMAND)
const PHONE = { width: 390, height: 844 }
const DESKTOP = { width: 1440, height: 960 }

/** Starts both, and opens the page anew for each test; no test may leave an error on the console. */
export function dashboard() {
  const it = {}
  let folder, browser, context, sandbox, errors

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posa-browser-'))
    const readyFile = join(folder, 'ready.json')
    const listen = ['--listen', '127.0.0.1:0', '--tls-listen', '127.0.0.1:0', '--throttle', 'off']
    sandbox = spawn(COMMAND, ['sandbox', ...listen, '--ready-file', readyFile], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [line] = await once(createInterface(sandbox.stdout), 'line')
    it.ready = JSON.parse(line)
    it.readyFile = readyFile
    // Chromium's own sandbox needs more than a container's root has; only the page under test is opened.
    browser = await chromium.launch({ executablePath: process.env.POSA_BROWSER, args: ['--no-sandbox'] })
  })

  after(async () => {
    await browser?.close()
    if (sandbox?.exitCode === null) {
      sandbox.kill()
      await once(sandbox, 'exit')
    }
    await rm(folder, { recursive: true })
  })

  beforeEach(async () => {
    await it.control('POST', 'reset')
    errors = []
    it.page = await it.open()
  })

  afterEach(async () => {
    await context.close()
    assert.deepEqual(errors, [], 'the page is without errors')
  })

  it.open = async ({ scheme = 'light', phone = false, path = '/' } = {}) => {
    await context?.close()
    const viewport = phone ? PHONE : DESKTOP
    context = await browser.newContext({ viewport, colorScheme: scheme, reducedMotion: 'reduce' })
    it.page = await context.newPage()
    it.page.on('console', (message) => ['error', 'warning'].includes(message.type()) && errors.push(message.text()))
    it.page.on('pageerror', (error) => errors.push(String(error)))
    it.page.on('response', (answer) => answer.status() >= 500 && errors.push(`${answer.status()} ${answer.url()}`))
    it.page.on('dialog', (dialog) => errors.push(`dialog: ${dialog.message()}`))
    await it.page.addInitScript(() => {
      window.shifts = []
      const observer = new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
          if (!hadRecentInput) window.shifts.push([value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 80))])
        }
      })
      observer.observe({ type: 'layout-shift', buffered: true })
    })
    await it.page.goto(it.ready.url + path)
    await it.page.locator('#live.on').waitFor()
    return it.page
  }

  /** An error that a test provokes on purpose. */
  it.expectError = (words) => {
    const at = errors.findIndex((error) => error.includes(words))
    assert.notEqual(at, -1, `${words} is among ${errors}`)
    errors.splice(at, 1)
  }

  it.shifts = async () => {
    await it.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
    return it.page.evaluate(() => window.shifts)
  }

  it.control = async (method, path, body) => {
    const answer = await fetch(`${it.ready.url}/_sandbox/${path}`, { method, body: body && JSON.stringify(body) })
    assert.equal(answer.status, 200, path)
    return answer.json()
  }

  /** The command in a process of its own; its journal is of no interest here. */
  it.posa = async (...args) => {
    const settings = ['--sandbox', it.readyFile, '--journal', 'none']
    const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder }
    return (await promisify(execFile)(COMMAND, [...args, ...settings], { env })).stdout
  }

  it.card = (at) => it.ready.cards[at].card_number + it.ready.cards[at].checksum
  it.screenshot = (name) => it.page.screenshot({ path: join(process.env.POSA_SCREENSHOTS, `${name}.png`) })
  it.text = (selector) => it.page.locator(selector).innerText()
  return it
}

/** A package's file as text. */
export const source = (path) => readFile(new URL(import.meta.resolve(path)), 'utf8')
