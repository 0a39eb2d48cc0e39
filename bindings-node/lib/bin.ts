#!/usr/bin/env node
import { calls, message } from './calls.js'
import { native } from './native.js'

// The command listens for these itself. Node's own handlers raise a signal again to end the process, without end where
// another handler stands before them; once its last listener is gone, Node leaves a signal to the system's default.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  const listen = () => {}
  process.on(signal, listen)
  process.off(signal, listen)
}

calls
  .run((call, mailbox) => {
    native.runCommand(mailbox, call, ['posa', ...process.argv.slice(2)], [process.execPath, __filename])
  })
  .then(
    (told) => {
      process.exitCode = message(told).exit ?? 0
    },
    (error: Error) => {
      console.error(error.message)
      process.exitCode = 2
    },
  )
