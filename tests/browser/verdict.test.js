import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dashboard } from './harness.js'
import { activation, send, statusCheck } from './signing.js'

const it = dashboard()

const open = async (id) => {
  await it.page.locator('#log li', { hasText: id }).first().locator('a').click()
  await it.page.locator('dialog[open] article').waitFor()
}

test('a wrong signature shows both canonical requests, the first difference and the cause in words', async () => {
  const host = new URL(it.ready.url).host
  assert.equal(await send(it.ready, activation('AwssbWrong1'), { signed: { host: '127.0.0.1' } }), 403)
  await open('AwssbWrong1')
  assert.match(await it.text('dialog .cause'), /The client signed host 127\.0\.0\.1 without the port/)
  const first = it.page.locator('dialog .canonical [data-first]')
  assert.equal(await first.count(), 1)
  assert.deepEqual(await first.locator('td').allInnerTexts(), ['host:127.0.0.1', `host:${host}`])
  assert.equal(await first.locator('mark').innerText(), `:${host.split(':')[1]}`)
  const [theirs, ours] = await Promise.all([0, 1].map((at) => first.locator('td').nth(at).boundingBox()))
  assert.ok(theirs.x + theirs.width <= ours.x + 1 && theirs.y === ours.y, 'side by side')
})

test('a body that was written again, and a wrong secret, have their causes too', async () => {
  const written = activation('AwssbWrong2')
  await send(it.ready, written, { signed: { body: written.body.replace(/[,:]/g, '$& ') } })
  await open('AwssbWrong2')
  assert.match(await it.text('dialog .cause'), /The body was written again after it was signed/)
  await it.page.getByRole('button', { name: 'Close' }).click()
  await send(it.ready, activation('AwssbWrong3'), { secret: 'another' })
  await open('AwssbWrong3')
  assert.match(await it.text('dialog .cause'), /the secret access key differs/)
  assert.match(await it.text('dialog'), /No known mistake gives the signature/)
})

test('hostile input is shown and stays inert', async () => {
  const hostile = 'Awssb<img src=x onerror=alert(1)>'
  const header = '</td><script>alert(2)</script>'
  await send(it.ready, activation(hostile))
  await send(it.ready, activation('Awssb\r\nevent: log\r\ndata: gone'))
  await send(it.ready, activation('AwssbMarkup'), { headers: { accept: header }, secret: 'another' })
  await it.page.locator('#log li', { hasText: 'AwssbMarkup' }).waitFor()
  assert.equal(await it.page.locator('#log li').count(), 3)
  await open('<img')
  assert.match(await it.text('dialog .facts'), /<img src=x onerror=alert\(1\)>/)
  await it.page.keyboard.press('Escape')
  await open('AwssbMarkup')
  assert.ok((await it.text('dialog .canonical')).includes(`accept:${header}`))
  assert.equal(await it.page.locator('img:not(.brand img), body script').count(), 0)
  await it.page.keyboard.press('Escape')
  await it.page.fill('#find input', '"><script>alert(3)</script>')
  await it.page.getByText('No card has that.').waitFor()
  await it.page.reload()
  assert.equal(await it.page.locator('body script').count(), 0)
})

test('five thousand requests leave the page as small as fifty', async () => {
  const each = async (lane) => {
    for (let n = lane; n < 5000; n += 4) {
      await send(it.ready, statusCheck(`AwssbMany${n}`))
    }
  }
  await Promise.all([0, 1, 2, 3].map(each))
  await it.page.locator('#requests-count', { hasText: '5,000' }).waitFor()
  assert.equal(await it.page.locator('#log li').count(), 50)
  assert.deepEqual(await it.shifts(), [])
  await newestFirst()

  // Still in step, and quick to the hand.
  await it.posa('activate', it.card(0), '25.00', 'USD', '--request-id', 'AwssbAfterMany')
  await open('AwssbAfterMany')
  await it.page.keyboard.press('Escape')

  await it.page.reload()
  assert.equal(await it.page.locator('#log li').count(), 50)
  await it.page.getByRole('link', { name: 'Older' }).click()
  await it.page.waitForURL(/before=/)
  assert.equal(await it.page.locator('#log li').count(), 50)
  assert.equal(await it.page.locator('#log li', { hasText: 'AwssbAfterMany' }).count(), 0)
  await it.page.getByRole('link', { name: 'Newest' }).click()
  await it.page.locator('#log li', { hasText: 'AwssbAfterMany' }).waitFor()
})

/** Without a gap. */
async function newestFirst() {
  const links = it.page.locator('#log li a')
  const numbers = await links.evaluateAll((all) => all.map((link) => Number(link.href.split('/').pop())))
  assert.deepEqual(numbers, numbers.map((_, at) => numbers[0] - at))
}
