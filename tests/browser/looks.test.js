import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dashboard, source } from './harness.js'
import { activation, send } from './signing.js'

const it = dashboard()

/** A till's morning: sales, a replay, refusals, a lost answer, a wrong signature. */
async function morning() {
  await it.posa('activate', it.card(0), '25.00', 'USD', '--request-id', 'AwssbTill7Sale1042')
  await it.posa('activate', it.card(1), '50.00', 'USD', '--request-id', 'AwssbTill7Sale1043')
  await it.posa('status', 'AwssbTill7Sale1043', it.card(1))
  await send(it.ready, activation('AwssbTill2Sale0077', it.card(1)))
  await it.control('POST', 'faults', { fault: 'drop_after_commit' })
  await it.posa('activate', it.card(3), '100.00', 'USD', '--request-id', 'AwssbTill7Sale1044')
  await it.posa('deactivate', 'AwssbTill7Sale1042', it.card(0))
  await it.control('POST', 'cards/1400000005567586', { condition: 'claimed' })
  await send(it.ready, activation('AwssbTill3Sale0001', it.card(5)), { signed: { host: '127.0.0.1' } })
  await it.posa('activate', it.card(20), '25.00', 'USD', '--request-id', 'AwssbTill7Sale1045')
  await it.control('POST', 'faults', { fault: 'late', times: 2, operation: 'ActivateGiftCard' })
}

const sheets = [
  ['mismatch', '#log li:has-text("AwssbTill3Sale0001") a'],
  ['request', '#log li:has-text("Answer lost") a'],
  ['card', '#card-2-7586 a'],
]

for (const scheme of ['light', 'dark']) {
  for (const phone of [false, true]) {
    const name = `${phone ? 'phone' : 'desktop'}-${scheme}`

    test(`${name} is accessible, its colours have contrast, and nothing is wider than the page`, async () => {
      await it.open({ scheme, phone })
      await audit(`${name}, empty`)
      await it.screenshot(`${name}-empty`)
      await morning()
      await it.page.locator('#log li').nth(8).waitFor()
      await it.page.locator('#faults-waiting', { hasText: 'late × 2' }).waitFor()
      await audit(name)
      await it.screenshot(name)
      for (const [sheet, link] of sheets) {
        await it.page.locator(link).click()
        await it.page.locator('dialog[open] article').waitFor()
        await audit(`${name}, ${sheet}`, 'dialog')
        await it.screenshot(`${name}-${sheet}`)
        await it.page.keyboard.press('Escape')
      }
      await it.page.getByRole('button', { name: 'Reset', exact: true }).click()
      await audit(`${name}, reset`, '#confirm-reset')
    })
  }
}

/** Of the whole page, or of what is in front of it. Of the cards' equal rows, the first few. */
async function audit(what, front) {
  const { scrollWidth, clientWidth } = await it.page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return { scrollWidth, clientWidth }
  })
  assert.equal(scrollWidth, clientWidth, `${what} scrolls sideways`)
  await it.page.evaluate(await source('axe-core/axe.min.js'))
  const place = { include: front ?? 'html', exclude: '#card-list li:nth-child(n + 8)' }
  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const run = ([place, runOnly]) => window.axe.run(place, { runOnly })
  const { violations } = await it.page.evaluate(run, [place, rules])
  const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`))
  assert.deepEqual(found, [], what)
}

test('everything is reached and done with the keyboard alone', async () => {
  await it.posa('activate', it.card(0), '25.00', 'USD', '--request-id', 'AwssbKeys1')
  await it.page.locator('#log li').waitFor()
  const press = (key) => it.page.keyboard.press(key)
  const name = () => document.activeElement.innerText || document.activeElement.ariaLabel || document.activeElement.name
  const focused = () => it.page.evaluate(name)
  const tabTo = async (words) => {
    for (let n = 0; n < 60; n++) {
      await press('Tab')
      if ((await focused()).includes(words)) return
    }
    assert.fail(`${words} is not reached`)
  }
  await press('Tab')
  assert.equal(await focused(), 'Skip to the requests')
  await tabTo('AwssbKeys1')
  await press('Enter')
  await it.page.locator('dialog[open] article').waitFor()
  await press('Escape')
  assert.match(await focused(), /AwssbKeys1/, 'focus comes back to where it was')

  // A request that comes while the row has the focus does not take it away.
  await it.posa('status', 'AwssbKeys2', it.card(0))
  await it.page.locator('#waiting').waitFor()
  assert.match(await focused(), /AwssbKeys1/)

  await it.page.locator('#card-1-7585 a').focus()
  await press('Enter')
  await tabTo('Make it expired')
  await press('Enter')
  await it.page.locator('dialog .badge', { hasText: 'Expired' }).waitFor()
  assert.ok(await it.page.evaluate(() => document.activeElement.closest('dialog')), 'focus stays in the sheet')
  await press('Escape')
  await it.page.locator('#card-1-7585', { hasText: 'Expired' }).waitFor()

  await it.page.locator('#fault').focus()
  await press('Tab')
  await tabTo('Inject')
  await press('Enter')
  await it.page.locator('#faults-waiting', { hasText: 'Answer lost' }).waitFor()
  await it.page.getByRole('switch', { name: 'Throttle' }).focus()
  await press('Space')
  await it.page.locator('#throttle', { hasText: '10 requests a second' }).waitFor()
  assert.equal(await it.page.evaluate(() => document.activeElement.id), 'throttle-switch')
})

test('without the script, links and forms do the same', async () => {
  const context = await it.page.context().browser().newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  try {
    await page.goto(it.ready.url)
    await page.locator('#card-1-7585 a').click()
    await page.getByRole('link', { name: 'Reveal' }).click()
    await page.getByText('1400000005567585358').first().waitFor()
    await page.getByRole('button', { name: 'Make it claimed' }).click()
    await page.waitForURL(`${it.ready.url}/`)
    assert.match(await page.locator('#card-1-7585').innerText(), /Claimed/)
    await page.getByRole('button', { name: 'Inject' }).click()
    assert.match(await page.locator('#faults-waiting').innerText(), /Answer lost × 1/)
    await page.getByLabel('Available amount').fill('many')
    await page.locator('form[action$=funds] button').click()
    assert.match(await page.locator('.why').innerText(), /is no amount/)
  } finally {
    await context.close()
  }
})
