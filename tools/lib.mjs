// What the npm commands share. Built-ins only: these run before the packages are there.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A failure that needs no stack trace: its message says what went wrong. */
export class Failure extends Error {}

/** Runs a program in the project's folder, its output shown; rejects when it fails. */
export function run(program, args = [], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: 'inherit',
      ...options,
      env: { ...process.env, ...options.env },
    });
    child.on('error', (error) => reject(new Failure(`cannot start ${program}: ${error.message}`)));
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Failure(`${[program, ...args].join(' ')} ended with ${signal ?? code}`));
    });
  });
}

/** What a program prints, or null when it cannot be run or fails. */
export function ask(program, args = []) {
  const result = spawnSync(program, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: Infinity });
  return result.status === 0 ? result.stdout : null;
}

/** Where the program `name` is that a command of cargo makes; empty when it makes none. */
export const executable = (name, command) =>
  executableIn(ask('cargo', [...command, '--quiet', '--message-format=json']) ?? '', name);

/** The program `name` in what cargo told, a line of JSON for each thing made. */
export function executableIn(told, name) {
  const made = told.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  // The tests of a program go by its name too, and either may be told first; of a bench cargo says that it is a test.
  const itself = (line) => line.profile?.test === false || line.target?.kind?.includes('bench');
  const is = (line) => line.target?.name === name && line.executable && itself(line);
  return made.find(is)?.executable ?? '';
}

/** Runs the program `name` of an npm package of ours: no shell, no npx, the same on every system. */
export function tool(script, args = [], options = {}) {
  return run(process.execPath, [join(ROOT, 'node_modules', script), ...args], options);
}

export const vite = (args, options) => tool('vite/bin/vite.js', args, options);

/** `cargo run -p xtask`; the chores are listed in crates/xtask/src/main.rs. */
export function xtask(chore, { features = [], env = {} } = {}) {
  const list = features.length ? ['--features', features.join(',')] : [];
  return run('cargo', ['run', '--quiet', '-p', 'xtask', ...list, '--', chore], { env });
}

/** Adds the wasm target of rustc when it is missing. */
export async function setUpRust() {
  const target = 'wasm32-unknown-unknown';
  const installed = ask('rustup', ['target', 'list', '--installed']);
  if (installed === null) {
    if (ask('cargo', ['--version']) === null) {
      throw new Failure('Rust is missing: install it from https://rustup.rs and try again.');
    }
    // A Rust without rustup: it has the target or the build says so.
    return;
  }
  if (!installed.split('\n').includes(target)) await run('rustup', ['target', 'add', target]);
}

/** Installs the npm packages when they are missing or not those of package-lock.json. */
export async function setUpPackages() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const note = join(ROOT, 'node_modules', '.installed-lock');
  if (existsSync(note) && readFileSync(note, 'utf8') === wanted) return;
  await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-audit', '--no-fund'], {
    env: { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
    shell: process.platform === 'win32',
  });
  writeFileSync(note, wanted);
}

/** Runs named stages in order, tells how long each took, and stops at the first that fails. */
export async function runStages(stages) {
  const began = Date.now();
  const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
  const times = [];
  for (const [name, work] of stages) {
    const start = Date.now();
    console.log(`\n── ${name}`);
    try {
      await work();
    } catch (error) {
      console.error(error instanceof Failure ? error.message : error);
      console.error(`\nFailed: ${name}, after ${seconds(start)}. ${times.length} stages before it passed.`);
      process.exit(1);
    }
    times.push([name, seconds(start)]);
  }
  console.log('\n── times');
  for (const [name, time] of times) console.log(`${time.padStart(9)}  ${name}`);
  console.log(`${seconds(began).padStart(9)}  in all`);
  console.log(`\n${times.length} stages passed, 0 failed`);
}

/** Runs the main function of a command; a failure is its message and exit code 1. */
export function main(work) {
  work().catch((error) => {
    console.error(error instanceof Failure ? error.message : error);
    process.exit(1);
  });
}
