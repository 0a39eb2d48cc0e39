import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dashboard } from './harness.js'
import { send, statusCheck } from './signing.js'

const it = dashboard()

test('a fresh sandbox says what to do next', async () => {
  const empty = await it.text('#requests .empty')
  assert.match(empty, /No request yet\.[\s\S]*posa activate --sandbox ready\.json 1400000005567585358 25\.00 USD/)
  assert.match(await it.text('#faults-waiting'), /No fault waits/)
  assert.equal(await it.text('#cards-count'), '0 active of 200')
  await it.page.fill('#find input', 'nowhere')
  await it.page.getByText('No card has that.').waitFor()
  assert.deepEqual(await it.shifts(), [])
})

test('an activation of another process shows in log, card and funds, and nothing moves', async () => {
  await it.posa('activate', it.card(0), '25.00', 'USD', '--request-id', 'AwssbLive1')
  await it.page.locator('#log li', { hasText: 'AwssbLive1' }).waitFor()
  assert.match(await it.text('#log li:first-child'), /Activate[\s\S]*200[\s\S]*Activated/)
  await it.page.locator('#card-1-7585', { hasText: 'AwssbLive1' }).waitFor()
  assert.match(await it.text('#card-1-7585'), /25\.00[\s\S]*Activated/)
  assert.match(await it.text('#funds-Awssb-USD'), /999,975\.00\s+25\.00/)
  assert.equal(await it.text('#cards-count'), '1 active of 200')
  assert.ok(!(await it.page.locator('#requests .empty').isVisible()))

  await it.posa('deactivate', 'AwssbLive1', it.card(0))
  await it.page.locator('#card-1-7585', { hasText: 'Awaiting activation' }).waitFor()
  await it.page.locator('#funds-Awssb-USD', { hasText: '1,000,000.00' }).waitFor()
  assert.deepEqual(await it.shifts(), [])
})

test('the log holds still while somebody reads down it', async () => {
  for (let n = 0; n < 30; n++) await send(it.ready, statusCheck(`AwssbOld${n}`))
  await it.page.locator('#log li', { hasText: 'AwssbOld29' }).waitFor()
  await it.page.locator('#log').evaluate((log) => log.scrollTo(0, 200))
  const seen = await it.text('#log li:nth-child(8)')
  await it.posa('status', 'AwssbNew1', it.card(0))
  const waiting = it.page.locator('#waiting')
  await waiting.waitFor()
  assert.equal(await waiting.innerText(), 'Show 1 new')
  assert.equal(await it.text('#log li:nth-child(8)'), seen)
  await waiting.click()
  assert.match(await it.text('#log li:first-child'), /AwssbNew1/)
  assert.ok(!(await waiting.isVisible()))

  await it.page.locator('#log').evaluate((log) => log.scrollTo(0, 200))
  for (let n = 0; n < 60; n++) await send(it.ready, statusCheck(`AwssbFlood${n}`))
  await it.page.getByText('Show the newest').click()
  assert.match(await it.text('#log li:first-child'), /AwssbFlood\d+/)
  assert.equal(await it.page.locator('#log li').count(), 50)
})

test('what is done by the control API shows too, and a reset takes it back', async () => {
  await it.control('POST', 'cards/1400000005567585', { condition: 'expired' })
  await it.page.locator('#card-1-7585', { hasText: 'Expired' }).waitFor()
  await it.control('POST', 'clock', { advance_seconds: 7200, frozen: true })
  await it.page.locator('#clock', { hasText: '2 h ahead of the machine' }).waitFor()
  await it.control('POST', 'throttle', { per_second: 3 })
  await it.page.locator('#throttle', { hasText: '3 requests a second' }).waitFor()
  assert.deepEqual(await it.shifts(), [])

  await it.page.getByRole('button', { name: 'Reset', exact: true }).click()
  await it.page.getByRole('button', { name: 'Reset everything' }).click()
  await it.page.locator('#card-1-7585', { hasText: 'Awaiting activation' }).waitFor()
  await it.page.locator('#throttle', { hasText: 'Off' }).waitFor()
  assert.equal((await it.control('GET', 'clock')).offset_seconds, 0)
})

test('a page that nobody sees gives its connection back, and catches up', async () => {
  const hide = (hidden) => it.page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: hidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
  await hide(true)
  await it.posa('activate', it.card(0), '25.00', 'USD', '--request-id', 'AwssbUnseen')
  assert.equal(await it.page.locator('#log li').count(), 0)
  await hide(false)
  await it.page.locator('#log li', { hasText: 'AwssbUnseen' }).waitFor()
  await it.page.locator('#card-1-7585', { hasText: 'AwssbUnseen' }).waitFor()
})
