// Watches the live demo in a module that marks where control came, and prints the marks: what a first visit needs.
// Called by the build: node tools/watch.mjs GLUE.js MARKED.wasm
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './lib.mjs';

/** Of virtual time: the first election and what comes after it. */
const YOUNG_US = 1_000_000;
/** Of virtual time: at the demo's speed five minutes, in which only heartbeats follow. */
const LONG_US = 60_000_000;
const LATER_FRAME_US = 250_000;
/** What the space-time diagram shows of a young run, and at most. */
const SPANS_US = [200_000, 400_000, 800_000, 1_500_000];
/** It is watched from the start, many times: what is shown when depends on how fast the frames come. */
const VISITS = 150;
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
  const high = 270 + some(n + 7, 360);
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
    dpr: 1 + some(n, 3) / 2,
  };
}

let frames = 0;

/** What the page asks of a run for a frame. */
function frame(lab, atUs) {
  frames += 1;
  // Each look for a while, for what is kept from one frame to the next.
  const { ring, width, dpr, ...seen } = look(frames >> 5);
  const span = SPANS_US.find((us) => atUs <= us * 0.78) ?? SPANS_US[3];
  const from = Math.max(0, atUs - span * 0.78);
  const options = { ...seen, atUs, playing: true, fold: true, windowUs: [from, from + span] };
  lab.paint('ring', canvas, ...ring, dpr, options);
  for (const [view, heights] of Object.entries(VIEWS)) {
    lab.paint(view, canvas, width, heights[some(frames >> 4, heights.length)], dpr, options);
  }
  lab.status();
  lab.pending(atUs);
  lab.narration();
  lab.rules();
  lab.marks();
  lab.nowUs();
  lab.nextDueUs();
}

/** Plays; who pauses is given the whole module. */
function watch(lab, untilUs, frameUs) {
  lab.settle();
  frame(lab, 0);
  let atUs = 0;
  while (atUs < untilUs) {
    atUs += atUs < YOUNG_US ? frameUs : LATER_FRAME_US;
    lab.playUntil(atUs, 2000);
    frame(lab, Math.max(atUs, lab.nowUs()));
  }
}

const [glue, marked] = process.argv.slice(2);
const module = await import(pathToFileURL(resolve(glue)).href);
const wasm = module.initSync({ module: readFileSync(marked) });
const demo = JSON.parse(readFileSync(join(ROOT, 'web/src/state/demo.json'), 'utf8'));
module.version();
for (let visit = 0; visit < VISITS; visit += 1) {
  const lab = new module.Lab({ engine: 'dledger', ...demo });
  watch(lab, visit % 50 === 0 ? LONG_US : YOUNG_US, 1000 + some(visit, 3000));
}
const came = Object.entries(wasm).filter(([name, mark]) => name.startsWith('came') && mark.value === 1);
console.log(came.map(([name]) => name.slice('came'.length)).join(' '));
