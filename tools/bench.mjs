// npm run bench: our figures beside the budgets of the design, as a table. Native first, then the
// page's own wasm in a headless browser. Ratios and counts are what matters; machines differ.
// A budget is what the design asks for; a bar is what is enough, where less is. A ratio to raft-rs in the same run, or a
// count of bytes, that misses its bar fails the command; a time of this machine is only told.
// `npm run bench -- core`: only the core of Raft beside raft-rs, native and in the browser.
import { spawnSync } from 'node:child_process';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { Failure, ROOT, ask, executable, main, setUpPackages, setUpRust, vite, xtask } from './lib.mjs';
import { setUpBrowser } from './browser.mjs';
import { firstLoadBytes } from './sizes.mjs';

/** In each round in the browser. */
const EVENTS = Number(process.env.EVENTS ?? 250_000);
/** What raft-rs did on the machine that the design's figures are of, messages a second in Chromium. */
const RAFT_RS = 3_100_000;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

// A page that nothing of another site can look into has a clock of 5 µs, any other one of 100 µs.
const ALONE = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Serves the checkout itself: the bench page imports the engine's glue as it was generated. */
function serve() {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const file = normalize(join(ROOT, path.endsWith('/') ? `${path}index.html` : path));
    if (path === '/blank') {
      response.writeHead(200, { 'content-type': 'text/html', ...ALONE }).end('<!doctype html><canvas></canvas>');
    } else if (file.startsWith(ROOT + sep) && statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
      createReadStream(file).pipe(response);
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server, url: `http://127.0.0.1:${server.address().port}` }));
  });
}

/**
 * Runs in the browser: events a second with history recorded, and how many that is for each message of raft-rs, which
 * runs before and after each round; medians of the rounds. And the script time of a frame.
 */
async function inPage([engine, events]) {
  const core = await import('/web/wasm/core/core.js');
  await core.default();
  const glue = await import('/web/wasm/lab/quorumscope.js');
  const base = await glue.default();
  const part = await fetch(`/web/wasm/lab/${engine}.wasm`);
  await WebAssembly.instantiate(await part.arrayBuffer(), { base });
  glue.added(engine);
  const start = () => {
    const lab = new glue.Lab({ engine, nodes: 5, clients: 1, seed: '7', latencyUs: [500, 1500] });
    lab.act('do c0 load 20');
    lab.race(20_000);
    return lab;
  };
  const pair = new core.Pair(5, false);
  const theirs = (ms) => {
    const begin = performance.now();
    let messages = 0;
    while (performance.now() - begin < ms) messages += Number(pair.theirs());
    return messages / (performance.now() - begin);
  };
  const ours = (lab) => {
    const begin = performance.now();
    return lab.race(events) / (performance.now() - begin);
  };
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  // The browser compiles both once more while they run.
  theirs(2500);
  let lab = start();
  ours(lab);
  const rounds = [];
  for (let i = 0; i < 9; i += 1) {
    lab.free();
    lab = start();
    const [before, own, after] = [theirs(200), ours(lab), theirs(200)];
    rounds.push({ own, ratio: (2 * own) / (before + after) });
  }
  const canvas = document.querySelector('canvas');
  canvas.width = 1200;
  canvas.height = 840;
  const ctx = canvas.getContext('2d');
  const options = { dark: false, atUs: lab.nowUs(), playing: true, windowUs: [0, 1], fold: true, logFrom: 0, logColumn: 56 };
  const frame = (view) => {
    const times = [];
    for (let i = 0; i < 120; i += 1) {
      const start = performance.now();
      lab.paint(view, ctx, 600, 420, 2, options);
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[60];
  };
  const ringMs = frame('ring');
  const logMs = frame('log');
  return { perSecond: median(rounds.map(({ own }) => own)) * 1000, ratio: median(rounds.map(({ ratio }) => ratio)), ringMs, logMs };
}

/**
 * Runs in the browser: our core and raft-rs do the same work, round by round in turn, as the native bench lets them.
 * Nanoseconds a message of each, and how much longer theirs takes for the same work: medians of the rounds.
 */
async function coreInPage([nodes, elections]) {
  const glue = await import('/web/wasm/core/core.js');
  await glue.default();
  const pair = new glue.Pair(nodes, elections);
  const round = (who) => {
    const start = performance.now();
    const messages = pair[who]();
    const ms = performance.now() - start;
    return { ms, ns: (ms * 1e6) / messages };
  };
  // The browser compiles the module once more while it runs; what it runs before that says nothing.
  const warm = new glue.Pair(nodes, elections);
  for (const end = performance.now() + 3000; performance.now() < end; ) warm.ours(), warm.theirs();
  warm.free();
  const rounds = [];
  for (let i = 0; i < glue.Pair.rounds(); i += 1) {
    // Who is first changes, so that neither has the warmer machine.
    const first = round(i % 2 === 0 ? 'ours' : 'theirs');
    const second = round(i % 2 === 0 ? 'theirs' : 'ours');
    rounds.push(i % 2 === 0 ? [first, second] : [second, first]);
  }
  if (!pair.agree()) throw new Error('the two have not done the same work');
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return {
    ours_ns: median(rounds.map(([ours]) => ours.ns)),
    theirs_ns: median(rounds.map(([, theirs]) => theirs.ns)),
    work_ratio: median(rounds.map(([ours, theirs]) => theirs.ms / ours.ms)),
  };
}

/**
 * When the live demo has painted its first message in flight and its first leader, from navigation on: the frames are looked
 * at from inside. What a frame is made of is on the screen when the next one begins.
 */
async function start(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(() => {
    // The ring writes a letter on each request for a vote that flies, and under a leader its role.
    const words = { message: 'V', leader: 'LEADER' };
    const seen = {};
    const painted = new Set();
    const canvas = CanvasRenderingContext2D.prototype;
    const { fillText } = canvas;
    canvas.fillText = function (text, ...at) {
      painted.add(text);
      return fillText.call(this, text, ...at);
    };
    const frame = (made = []) => {
      const now = performance.now();
      for (const name of made) seen[name] ??= now;
      const next = Object.keys(words).filter((name) => seen[name] === undefined && painted.has(words[name]));
      requestAnimationFrame(() => frame(next));
    };
    globalThis.firstSeen = seen;
    requestAnimationFrame(() => frame());
  });
  await page.goto(`${url}/dist/`, { waitUntil: 'commit' });
  // Asking takes the page's time, so nobody asks before it is over.
  await page.waitForTimeout(1500);
  await page.waitForFunction(() => globalThis.firstSeen.message && globalThis.firstSeen.leader, null, { timeout: 60_000 });
  const seen = await page.evaluate(() => globalThis.firstSeen);
  await page.close();
  return seen;
}

/** A figure that nothing is asked of. */
function told(what, ours) {
  return { what, ours, bar: '-', budget: '-', verdict: '-' };
}

/** What has missed a bar that no machine excuses. */
const failed = [];

/** A figure that is to be at least or at most so much: the budget, and the bar where that is less than the budget asks. */
function row(what, ours, value, { least, most, bar = least ?? most, as = String, binds = false }) {
  const [budget, sign] = least === undefined ? [most, '≤'] : [least, '≥'];
  const meets = (limit) => (sign === '≤' ? value <= limit : value >= limit);
  const verdict = !Number.isFinite(value) ? 'NOT MEASURED' : meets(budget) ? 'holds' : meets(bar) ? 'holds the bar' : 'MISSES';
  if (binds && !meets(bar)) failed.push(what);
  return { what, ours, bar: `${sign} ${as(bar)}`, budget: `${sign} ${as(budget)}`, verdict };
}

const whole = (n) => Math.round(n).toLocaleString('en');

/** Our core against raft-rs, for one kind of work. */
function beside(what, { work_ratio: ratio, ours_ns: ours, theirs_ns: theirs }) {
  const perSecond = (ns) => `${(1000 / ns).toFixed(1)} M messages/s`;
  const figures = `${ratio.toFixed(2)} (${perSecond(ours)} against ${perSecond(theirs)})`;
  return row(`raft-rs' time over ours, ${what}`, figures, ratio, { least: 2, bar: 1.5, binds: true });
}

/** Instructions a message of both: two runs of the bench under valgrind, where that is installed, and their difference. */
function instructions(program) {
  const one = (who, work) => {
    const env = { ...process.env, ONLY: who, WORK: work };
    const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', program];
    const run = spawnSync('valgrind', args, { env, encoding: 'utf8' });
    const collected = /Collected : (\d+)/.exec(run.stderr ?? '');
    return collected && { messages: Number(run.stdout), counted: Number(collected[1]) };
  };
  const [ours, theirs] = ['ours', 'theirs'].map((who) => {
    const [few, many] = [one(who, '1'), one(who, '3')];
    return few && many ? (many.counted - few.counted) / (many.messages - few.messages) : NaN;
  });
  const figures = Number.isFinite(ours) ? `${whole(ours)} (raft-rs ${whole(theirs)})` : 'no valgrind here';
  return row('instructions a message, replication, 5 nodes', figures, ours, { most: 1200, as: whole });
}

/** The kinds of work that both cores are given: which, on how many nodes. */
const WORK = [
  { what: 'replication, 3 nodes', name: 'replicate_3', nodes: 3, elections: false },
  { what: 'replication, 5 nodes', name: 'replicate_5', nodes: 5, elections: false },
  { what: 'elections, 3 nodes', name: 'elect_3', nodes: 3, elections: true },
  { what: 'elections, 5 nodes', name: 'elect_5', nodes: 5, elections: true },
];

async function core(browser, url) {
  const program = executable('core', ['bench', '-p', 'oracle', '--bench', 'core', '--no-run']);
  const native = JSON.parse(ask(program, []) ?? '{}');
  const rows = WORK.map(({ what, name }) => beside(`${what}, native`, native[name]));
  for (const { what, name, nodes, elections } of WORK) {
    const figures = await alone(browser, url, coreInPage, [nodes, elections]);
    rows.push(beside(`${what}, Chromium`, figures));
    if (name === 'replicate_5') {
      const [ours, theirs] = [native[name].ours_ns / figures.ours_ns, native[name].theirs_ns / figures.theirs_ns];
      const shown = `${ours.toFixed(2)} (raft-rs ${theirs.toFixed(2)})`;
      rows.push(row('the core, wasm against native', shown, ours, { least: 0.75 }));
    }
  }
  return [...rows, instructions(program)];
}

/** In a page of its own, so that no engine's memory is in another's way. */
async function alone(browser, url, work, given) {
  const page = await browser.newPage();
  await page.goto(`${url}/blank`);
  const figures = await page.evaluate(work, given);
  await page.close();
  return figures;
}

const ENGINES = readdirSync(join(ROOT, 'crates/engines'));
/** Events a second that an engine should have, and that it must; others a million. */
const SPEEDS = { raft: [3e6, 2e6] };

/** Events a second of an engine, and beside raft-rs in the same page, as the machines differ. */
function speed(engine, { perSecond, ratio }, least, bar = least) {
  const each = { least: least / RAFT_RS, bar: bar / RAFT_RS, as: (value) => value.toFixed(2), binds: true };
  return [
    row(`events/s recorded, Chromium, ${engine}`, whole(perSecond), perSecond, { least, bar, as: whole }),
    row(`the same for each message/s of raft-rs, ${engine}`, ratio.toFixed(2), ratio, each),
  ];
}

function table(native, pages, first, bytes) {
  const page = pages.dledger;
  const figure = (what, value, digits, limits) => row(what, value.toFixed(digits), value, limits);
  return [
    told('events/s recorded, native, dledger', whole(native.events_per_s)),
    told('history costs (with / without)', (native.events_per_s_without_history / native.events_per_s).toFixed(2)),
    ...ENGINES.flatMap((engine) => speed(engine, pages[engine], ...(SPEEDS[engine] ?? [1e6]))),
    figure('wasm against native, dledger', page.perSecond / native.events_per_s, 2, { least: 0.75 }),
    figure('history, bytes an event', native.history_bytes_per_event, 1, { most: 16, bar: 32, binds: true }),
    figure('trace file, bytes an event (not compressed)', native.trace_bytes_per_event, 2, { most: 3 }),
    figure(`seek over ${whole(native.events)} events, mean ms`, native.seek_mean_us / 1000, 2, { most: 2 }),
    figure('seek, p99 ms', native.seek_p99_us / 1000, 2, { most: 4 }),
    figure('step back, mean µs', native.step_back_mean_us, 1, { most: 50 }),
    figure('a frame of the ring, script ms', page.ringMs, 2, { most: 0.4 }),
    figure('a frame of the log, script ms', page.logMs, 2, { most: 0.4 }),
    figure('first load, KB brotli', bytes / 1024, 1, { most: 120, binds: true }),
    figure('first frame with a message in flight, s', first.message / 1000, 2, { most: 0.5 }),
    figure('first frame with a leader, s', first.leader / 1000, 2, { most: 4 }),
  ];
}

/** The rows of the page: its events, its frames, its first load. */
async function pages(browser, url) {
  const printed = ask('cargo', ['bench', '--quiet', '-p', 'quorumscope', '--bench', 'figures']) ?? '';
  const native = JSON.parse(printed.slice(printed.indexOf('{')));
  const figures = {};
  for (const engine of ENGINES) figures[engine] = await alone(browser, url, inPage, [engine, EVENTS]);
  const first = await start(browser, url);
  return table(native, figures, first, firstLoadBytes());
}

await main(async () => {
  const onlyCore = process.argv[2] === 'core';
  await setUpRust();
  await setUpPackages();
  const env = await setUpBrowser();
  await xtask('wasm-core');
  if (!onlyCore) {
    await xtask('wasm');
    await vite(['build']);
  }
  const { chromium } = await import('@playwright/test');
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'];
  const browser = await chromium.launch({ executablePath: env.CHROME, args });
  const { server, url } = await serve();
  const rows = onlyCore ? [] : await pages(browser, url);
  rows.push(...(await core(browser, url)));
  await browser.close();
  server.close();
  console.table(rows);
  if (failed.length) throw new Failure(`below the bar: ${failed.join('; ')}`);
});
