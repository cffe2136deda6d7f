// Watches the live demo in a module that marks where control came, and prints the marks: what a first visit needs.
// Called by the build, by several at once that share the visits: node tools/watch.mjs GLUE.js MARKED.wasm NTH OF
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './lib.mjs';

/** Of virtual time: the boot, when most is in flight; the first election and what comes after it; and, at the demo's
    speed, five minutes, in which only heartbeats follow. */
const LENGTHS_US = { boot: 200_000, young: 1_000_000, long: 60_000_000 };
const LATER_FRAME_US = 250_000;
/** The module took so long at most that so much is shown at once. */
const WAITED_US = 20_000;
/** What the space-time diagram shows of a young run at least, and at most of any. */
const SPANS_US = [200_000, 1_500_000];
/** It is watched from the start, many times: what is shown when depends on how fast the frames come and on the size. */
const VISITS = 600;
/** The pictures below and beside the ring with the heights that the page gives them. */
const VIEWS = { log: [213, 228, 233], time: [148, 176], overview: [97] };

/** A canvas that takes everything. */
const canvas = new Proxy({}, { get: () => () => {}, set: () => true });

/** The n-th of many numbers without order, below `most`: the same at each build. */
const some = (n, most) => Math.floor((Math.imul(n + 1, 0x9e3779b1) >>> 8) % most);

/** How somebody looks at the pictures: the n-th of many ways. */
function look(n) {
  const phone = n % 3 === 0;
  const compact = n % 3 !== 2;
  const wide = 320 + some(n, 200);
  const high = 270 + some(n + 7, 560);
  return {
    dark: some(n, 2) === 1,
    touch: phone || n % 4 === 0,
    compact,
    phone,
    hovered: null,
    selected: null,
    focused: null,
    logFrom: 0,
    logColumn: phone ? 32 : 56,
    ring: phone ? [wide, wide * 0.736] : compact ? [396 + some(n, 14), high] : [520 + some(n, 500), high],
    width: phone ? wide : 480 + some(n, 2000),
    heights: Object.fromEntries(Object.entries(VIEWS).map(([view, heights]) => [view, heights[some(n + 3, heights.length)]])),
    span: SPANS_US[0] + some(n, SPANS_US[1] - SPANS_US[0]),
    dpr: 1 + some(n, 3) / 2,
  };
}

/** What the page asks of a run for a frame; the first ones have the ring alone. */
function frame(lab, atUs, { ring, width, dpr, heights, span, ...seen }, laidOut) {
  const from = Math.max(0, atUs - span * 0.8);
  const options = { ...seen, atUs, playing: true, fold: true, windowUs: [from, from + span] };
  lab.paint('ring', canvas, ...ring, dpr, options);
  if (laidOut) for (const view of Object.keys(VIEWS)) lab.paint(view, canvas, width, heights[view], dpr, options);
  read(lab, atUs);
}

/** What the page asks of it for its words. */
function read(lab, atUs) {
  lab.status();
  lab.pending(atUs);
  lab.narration();
  lab.rules();
  lab.marks();
  lab.nowUs();
  lab.nextDueUs();
}

/** Plays; who pauses is given the whole module. The pictures beside the ring come after so many frames. */
function watch(lab, waitedUs, untilUs, frameUs, looks, alone) {
  lab.settle();
  read(lab, 0);
  lab.playUntil(waitedUs, 2000);
  let atUs = waitedUs;
  let frames = 0;
  const show = (seen) => frame(lab, Math.max(atUs, lab.nowUs()), seen, (frames += 1) > alone);
  for (const [n, seen] of looks.entries()) {
    show(seen);
    while (atUs < (untilUs * (n + 1)) / looks.length) {
      atUs += atUs < LENGTHS_US.young ? frameUs : LATER_FRAME_US;
      lab.playUntil(atUs, 2000);
      show(seen);
    }
  }
}

const [glue, marked, nth, of] = process.argv.slice(2);
const module = await import(pathToFileURL(resolve(glue)).href);
const wasm = module.initSync({ module: readFileSync(marked) });
const demo = JSON.parse(readFileSync(join(ROOT, 'web/src/state/demo.json'), 'utf8'));
module.version();
for (let visit = Number(nth); visit < VISITS; visit += Number(of)) {
  const lab = new module.Lab({ engine: 'dledger', ...demo });
  const length = visit % 200 === 0 ? 'long' : visit % 7 === 0 ? 'young' : 'boot';
  // Every fifth is watched on a slow machine, and some turn or resize what they look with.
  const frameUs = 1000 + some(visit, visit % 5 === 0 ? 19_000 : 3000);
  const waitedUs = visit % 3 === 0 ? WAITED_US : some(visit, WAITED_US);
  const looks = visit % 4 === 0 ? [look(visit), look(visit + 1)] : [look(visit)];
  watch(lab, waitedUs, LENGTHS_US[length], frameUs, looks, some(visit, 5));
}
const came = Object.entries(wasm).filter(([, mark]) => mark instanceof WebAssembly.Global && mark.value === 1);
console.log(came.map(([name]) => name).join(' '));
