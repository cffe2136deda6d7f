// npm run campaign: what takes too long for npm test. Every guard of every engine's handlers is flipped, and ten times as many
// random walks as in the tests are looked at by every rule.
//
//   npm run campaign                     all of it
//   npm run campaign -- walks 4000 5000  the walks with these seeds alone, to go on where one left off
//   npm run campaign -- guards           the guards alone; what was found before is not looked for again
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, Failure, main, run, runStages } from './lib.mjs';

const WALKS = 10_000;
/** Walks a process: so much is lost when it is broken off. */
const SHARD = 1000;
const ENGINES = readdirSync(join(ROOT, 'crates/engines'));

async function guards() {
  for (const engine of ENGINES) await run('cargo', ['run', '--quiet', '-p', 'xtask', '--', 'guards', '--engine', engine]);
}

async function walks(from, to) {
  for (let at = from; at < to; at += SHARD) {
    const end = Math.min(at + SHARD, to);
    for (const engine of ENGINES) {
      await run('cargo', ['run', '--quiet', '--profile', 'test', '-p', 'tests', '--bin', 'campaign', '--', engine, `${at}`, `${end}`]);
    }
  }
}

main(async () => {
  const [what, from = '0', to = `${WALKS}`] = process.argv.slice(2);
  if (![undefined, 'guards', 'walks'].includes(what) || !/^\d+$/.test(from) || !/^\d+$/.test(to)) {
    throw new Failure('npm run campaign [-- guards | -- walks FROM TO]');
  }
  const stages = [
    ['guards: each flip turns a scenario red', guards],
    [`walks ${from} to ${to}: no rule breaks that holds in the real system`, () => walks(Number(from), Number(to))],
  ];
  await runStages(stages.filter(([name]) => !what || name.startsWith(what)));
});
