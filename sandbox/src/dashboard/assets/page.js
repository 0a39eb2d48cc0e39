// Saves reloads: links to details open in the sheet, forms are sent from where they are, and what changes comes over
// server-sent events. Without it, the page works by its links and forms.
'use strict'

const byId = (id) => document.getElementById(id)
const sheet = byId('sheet')
const log = byId('log')
const LONGEST_LOG = 50

function elements(html) {
  const template = document.createElement('template')
  template.innerHTML = html
  return template.content
}

async function load(address) {
  const answer = await fetch(address)
  return new DOMParser().parseFromString(await answer.text(), 'text/html')
}

function say(text) {
  const toast = byId('toast')
  toast.textContent = text
  toast.classList.add('shown')
  clearTimeout(say.timer)
  say.timer = setTimeout(() => toast.classList.remove('shown'), 4000)
}

const unreachable = () => say('The sandbox does not answer; is it still running?')

// Puts new content in place; whoever was at a control stays at it.
function replace(old, next) {
  if (old.isEqualNode(next)) return
  const focused = old.contains(document.activeElement) ? document.activeElement : null
  const tops = [...old.querySelectorAll('ol, ul')].map((list) => list.scrollTop)
  old.replaceWith(next)
  next.querySelectorAll('ol, ul').forEach((list, at) => list.scrollTo(0, tops[at] ?? 0))
  if (focused) {
    const [name, value] = focused.id ? ['id', focused.id] : ['href', focused.getAttribute('href')]
    const same = next.querySelector(`[${name}="${CSS.escape(value ?? '')}"]`)
    ;(same ?? next.querySelector('a, button') ?? next).focus({ preventScroll: true })
  }
}

// The sheet

async function open(address) {
  const article = (await load(address)).querySelector('article')
  sheet.address = address
  sheet.classList.toggle('wide', 'wide' in article.dataset)
  if (sheet.open) {
    replace(byId('sheet-content').firstElementChild, article)
  } else {
    byId('sheet-content').replaceChildren(article)
    sheet.showModal()
    sheet.scrollTop = 0
  }
}

// What is shown may have changed; whoever closes it or goes on meanwhile is not called back.
async function refresh() {
  const { address } = sheet
  const article = (await load(address)).querySelector('article')
  if (sheet.open && sheet.address === address) replace(byId('sheet-content').firstElementChild, article)
}

document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
  const link = event.target.closest('a[data-sheet]')
  if (link && sheet) {
    event.preventDefault()
    open(link.getAttribute('href')).catch(unreachable)
  }
  const copy = event.target.closest('[data-copy]')
  if (copy) {
    navigator.clipboard.writeText(byId(copy.dataset.copy).textContent).then(
      () => say('Copied.'),
      () => say('The browser does not let the page copy; select the text.'),
    )
  }
  if (event.target === sheet && event.clientX < sheet.getBoundingClientRect().left) sheet.close()
})

// Forms; on a page of its own, a card's lead back to the dashboard.

document.addEventListener('submit', async (event) => {
  const form = event.target
  if (form.method !== 'post' || !sheet) return
  event.preventDefault()
  const body = new URLSearchParams(new FormData(form, event.submitter))
  try {
    const answer = await fetch(form.action, { method: 'POST', body, redirect: 'manual' })
    if (answer.type === 'opaqueredirect') {
      form.closest('[popover]')?.hidePopover()
      if (sheet.open && sheet.contains(form)) await refresh()
      say(form.dataset.said)
    } else {
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      say(page.querySelector('.why')?.textContent ?? 'Not done.')
    }
  } catch {
    unreachable()
  }
})

const fault = byId('fault')
const meaning = byId('meaning')
function explain() {
  meaning.textContent = fault.selectedOptions[0].dataset.meaning
}
if (fault) {
  fault.addEventListener('change', explain)
  explain()
}

// What changes. The log holds still while somebody reads down it or walks it with the keyboard.

const coming = document.createElement('ol')
let all = false

const isHeld = () => log.scrollTop > 4 || log.querySelector(':focus-visible') !== null

function arrive(html, isAll) {
  if (isAll) coming.replaceChildren()
  all ||= isAll
  coming.prepend(elements(html))
  while (coming.children.length > LONGEST_LOG) coming.lastElementChild.remove()
  const count = coming.children.length
  if (!count || !isHeld()) return release()
  const waiting = byId('waiting')
  waiting.textContent = all || count === LONGEST_LOG ? 'Show the newest' : `Show ${count} new`
  waiting.hidden = false
}

function release() {
  const html = coming.innerHTML + (all ? '' : log.innerHTML)
  byId('waiting').hidden = true
  coming.replaceChildren()
  all = false
  if (html === log.innerHTML) return
  // All rows are made anew, so that the list changes what it shows and nothing moves.
  log.innerHTML = html
  while (log.children.length > LONGEST_LOG) log.lastElementChild.remove()
}

function listen() {
  const stream = new EventSource(`/_dashboard/events${location.search}`)
  const live = byId('live')
  stream.onopen = () => {
    live.textContent = 'Live'
    live.classList.add('on')
  }
  stream.onerror = () => {
    live.textContent = 'Not live'
    live.classList.remove('on')
    // The browser comes back by itself unless it was refused.
    if (stream.readyState === EventSource.CLOSED) setTimeout(watch, 3000)
  }
  stream.addEventListener('part', ({ data }) => {
    const next = elements(data).firstElementChild
    const old = byId(next.id)
    if (old) replace(old, next)
    const shown = byId('sheet-content').firstElementChild
    if (sheet.open && shown.dataset.part === next.id) refresh().catch(unreachable)
  })
  if ('live' in log.dataset) {
    stream.addEventListener('rows', ({ data }) => arrive(data, false))
    stream.addEventListener('log', ({ data }) => arrive(data, true))
  }
  return stream
}

// A browser has few connections to one server: a page that nobody sees gives its own back.
let stream = null
function watch() {
  stream?.close()
  stream = document.hidden ? null : listen()
}

async function find(form) {
  const query = new URLSearchParams(new FormData(form))
  if (!query.get('find')) query.delete('find')
  const before = new URLSearchParams(location.search).get('before')
  if (before) query.set('before', before)
  const address = query.size ? `/?${query}` : '/'
  replace(byId('card-list'), (await load(address)).getElementById('card-list'))
  history.replaceState(null, '', address)
  watch()
}

if (log) {
  document.addEventListener('visibilitychange', watch)
  byId('waiting').addEventListener('click', () => {
    log.scrollTop = 0
    release()
  })
  log.addEventListener('scroll', () => isHeld() || release(), { passive: true })
  log.addEventListener('focusout', () => setTimeout(() => isHeld() || release()))
  watch()

  const form = byId('find')
  form.addEventListener('input', () => {
    clearTimeout(form.timer)
    form.timer = setTimeout(() => find(form).catch(unreachable), 150)
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    find(form).catch(unreachable)
  })

  // The clock runs by the second, from where the sandbox said that it is.
  setInterval(() => {
    const time = document.querySelector('[data-ticks]')
    if (!time) return
    time.ahead ??= Date.parse(time.dateTime) - Date.now()
    const now = new Date(Date.now() + time.ahead)
    if (!Number.isNaN(now.getTime())) time.firstChild.data = now.toISOString().replace('T', ' ').replace(/\..*/, ' UTC')
  }, 1000)
}
