import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dashboard } from './harness.js'

const it = dashboard()
const toast = (words) => it.page.locator('#toast.shown', { hasText: words }).waitFor()

test('a fault is injected, waits, falls upon a request and is gone', async () => {
  await it.page.selectOption('#fault', { label: 'Answer lost' })
  assert.match(await it.text('#meaning'), /applied, then the connection is closed without a byte/)
  await it.page.getByRole('link', { name: 'What each does' }).click()
  assert.match(await it.text('dialog .faults'), /Clock steps skew[\s\S]*seconds/)
  await it.page.getByRole('button', { name: 'Close' }).click()
  await it.page.getByRole('button', { name: 'Inject' }).click()
  await toast('The fault waits')
  await it.page.locator('#faults-waiting', { hasText: 'Answer lost × 1' }).waitFor()
  await it.posa('activate', it.card(0), '25.00', 'USD', '--request-id', 'AwssbLost1')
  await it.page.locator('#faults-waiting', { hasText: 'No fault waits' }).waitFor()
  const lost = it.page.locator('#log li', { hasText: 'Answer lost' })
  await lost.waitFor()
  assert.match(await lost.innerText(), /—/)
  await lost.locator('a').click()
  const steps = await it.text('dialog .steps')
  assert.match(steps, /Fault\s+Answer lost[\s\S]*Ledger\s+changed[\s\S]*no byte was sent/)
  const charges = await it.control('GET', 'movements')
  assert.equal(charges.length, 1, 'the retry of the command was charged once')
})

test('each kind of fault asks for what it takes and no more', async () => {
  const field = (name) => it.page.locator(`.inject [name=${name}]`)
  for (const [fault, taken] of [['error', 'error_type'], ['delay', 'delay_ms'], ['skew', 'seconds'], ['html', null]]) {
    await it.page.selectOption('#fault', fault)
    for (const name of ['error_type', 'delay_ms', 'seconds']) {
      assert.equal(await field(name).isVisible(), name === taken, `${fault} ${name}`)
    }
  }
  await it.page.selectOption('#fault', 'error')
  await field('error_type').selectOption('F300/BlockedCustomer')
  await it.page.getByText('Only on some requests').click()
  await field('request_id').fill('AwssbOnly1')
  await it.page.getByRole('button', { name: 'Inject' }).click()
  await it.page.locator('#faults-waiting', { hasText: 'id AwssbOnly1' }).waitFor()
  assert.deepEqual(await it.control('GET', 'faults'), [
    { fault: 'error', error_type: 'F300/BlockedCustomer', times: 1, request_id: 'AwssbOnly1' },
  ])
  await it.page.getByRole('button', { name: 'Clear' }).click()
  await it.page.locator('#faults-waiting', { hasText: 'No fault waits' }).waitFor()
})

test('a card is revealed on request, and made claimed', async () => {
  await it.posa('activate', it.card(0), '25.00', 'USD', '--request-id', 'AwssbCard1')
  await it.page.locator('#card-1-7585', { hasText: 'AwssbCard1' }).click()
  const sheet = it.page.locator('dialog')
  await sheet.locator('.history').waitFor()
  assert.ok(!(await it.page.content()).includes('1400000005567585358 25.00 USD</code></pre></article>'))
  assert.ok(!(await sheet.innerText()).includes('1400000005567585'))
  await sheet.click({ position: { x: 8, y: 400 } })
  await sheet.getByRole('link', { name: 'Reveal' }).click()
  await sheet.getByText('1400000005567585358').waitFor()
  await sheet.getByRole('link', { name: 'Hide' }).click()
  await sheet.getByRole('link', { name: 'Reveal' }).waitFor()
  assert.match(await sheet.innerText(), /Activated[\s\S]*by Awssb, AwssbCard1/)

  await sheet.getByRole('button', { name: 'Make it claimed' }).click()
  await sheet.locator('.badge', { hasText: 'Claimed' }).waitFor()
  await toast('The card is claimed')
  await it.page.mouse.click(300, 400)
  await sheet.waitFor({ state: 'hidden' })
  await it.page.locator('#card-1-7585', { hasText: 'Claimed' }).waitFor()
  await assert.rejects(it.posa('deactivate', 'AwssbCard1', it.card(0)), /DeactivationNotAllowed|can't be deactivated/)
  await it.page.locator('#log li', { hasText: 'F200 DeactivationNotAllowed' }).waitFor()
})

test('a card can be opened in a tab of its own', async () => {
  await it.page.goto(`${it.ready.url}/_dashboard/cards/1-7585`)
  await it.page.getByRole('link', { name: 'Reveal' }).click()
  await it.page.getByText('1400000005567585358', { exact: true }).waitFor()
  await it.page.getByRole('button', { name: 'Make it expired' }).click()
  await it.page.waitForURL(`${it.ready.url}/`)
  await it.page.locator('#card-1-7585', { hasText: 'Expired' }).waitFor()
})

test('throttle and clock are switches', async () => {
  const throttle = it.page.getByRole('switch', { name: 'Throttle' })
  assert.equal(await throttle.getAttribute('aria-checked'), 'false')
  await throttle.click()
  await it.page.locator('#throttle', { hasText: '10 requests a second' }).waitFor()
  assert.equal(await throttle.getAttribute('aria-checked'), 'true')
  await throttle.click()
  await it.page.locator('#throttle', { hasText: 'Off' }).waitFor()

  const clock = it.page.getByRole('switch', { name: 'The clock runs' })
  await clock.click()
  await it.page.locator('#clock-switch[aria-checked=false]').waitFor()
  await it.page.getByRole('button', { name: '+20 min' }).click()
  await it.page.locator('#clock', { hasText: '20 min ahead' }).waitFor()
  const { frozen, offset_seconds } = await it.control('GET', 'clock')
  assert.deepEqual([frozen, offset_seconds], [true, 1200])
  await it.page.getByRole('button', { name: 'Now' }).click()
  await it.page.locator('#clock', { hasText: "The machine's time" }).waitFor()
})

test('what does not fit is said, and funds that do are set', async () => {
  await it.page.getByLabel('Available amount').fill('many')
  await it.page.locator('form[action$=funds] button').click()
  await toast('is no amount of USD')
  it.expectError('400')
  await it.page.getByLabel('Available amount').fill('7.50')
  await it.page.locator('form[action$=funds] button').click()
  await it.page.locator('#funds-Awssb-USD', { hasText: '7.50' }).waitFor()
})

test('cards are found by what they have', async () => {
  await it.page.fill('#find input', 'de 25.00')
  await it.page.getByText('No card has that.').waitFor()
  await it.page.fill('#find input', 'jp')
  await it.page.waitForFunction(() => document.querySelectorAll('#card-list li').length === 8)
  assert.match(it.page.url(), /\?find=jp$/)
  await it.page.reload()
  assert.equal(await it.page.locator('#card-list li').count(), 8)

  // A card that comes to have it appears, and one that has it no more goes.
  await it.page.fill('#find input', 'activated')
  await it.page.getByText('No card has that.').waitFor()
  await it.posa('activate', it.card(0), '25.00', 'USD', '--request-id', 'AwssbFound1')
  await it.page.locator('#card-1-7585').waitFor()
  await it.posa('deactivate', 'AwssbFound1', it.card(0))
  await it.page.getByText('No card has that.').waitFor()
  assert.deepEqual(await it.shifts(), [])
})
