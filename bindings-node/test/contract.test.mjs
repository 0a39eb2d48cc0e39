// Plays tests/contract/*.json, with the package as ES module and as CommonJS.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { compare } from './contract/after.mjs'
import { check } from './contract/format.mjs'
import { Stage } from './contract/stage.mjs'
import { cjs, esm, readJson, shared } from './support/package.mjs'

const files = readdirSync(join(shared, 'contract')).filter((name) => name.endsWith('.json'))
const scenarios = files.flatMap((file) => readJson('contract', file).scenarios)

test('every scenario has the documented format and a name of its own', () => {
  assert.ok(scenarios.length >= 86)
  for (const scenario of scenarios) check(scenario)
  assert.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length)
})

for (const [kind, modules] of Object.entries({ esm, cjs })) {
  describe(`contract, ${kind}`, { concurrency: 4 }, () => {
    for (const scenario of scenarios) {
      test(scenario.name, async () => {
        const stage = await Stage.set(modules, scenario)
        try {
          for (const [at, step] of scenario.steps.entries()) await stage.play(step, `${scenario.name}, step ${at + 1}`)
          await compare(stage, scenario)
        } finally {
          await stage.stop()
        }
      })
    }
  })
}
