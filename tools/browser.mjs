// Finds the browser that the tests drive, or installs it where that is possible.
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure, ask, run } from './lib.mjs';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const DRIVERS = ['chromedriver', 'chromium.chromedriver'];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/usr/lib/chromium-browser/chromedriver',
];

function onPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
  }
  return null;
}

function find() {
  const named = process.env.CHROME ?? process.env.CHROMIUM;
  if (named && !existsSync(named)) throw new Failure(`CHROME or CHROMIUM names ${named}, which is not there.`);
  const elsewhere = (part) => ELSEWHERE.find((path) => path.toLowerCase().endsWith(part) && existsSync(path));
  return {
    browser: named ?? onPath(BROWSERS) ?? elsewhere('chrome') ?? elsewhere('chromium') ?? null,
    driver: process.env.CHROMEDRIVER ?? onPath(DRIVERS) ?? elsewhere('chromedriver') ?? null,
  };
}

function isDebianRoot() {
  if (process.getuid?.() !== 0 || ask('apt-get', ['--version']) === null) return false;
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID(_LIKE)?=.*debian/m.test(release);
}

/** A font with Chinese signs: without one, pictures of the Chinese page show empty boxes. */
function hasChineseFont() {
  const list = ask('fc-list', [':lang=zh', 'family']);
  return list !== null && list.trim() !== '';
}

/** The browser and its driver as environment variables for the test programs. */
export async function setUpBrowser() {
  let found = find();
  const canInstall = isDebianRoot();
  const missing = [];
  if (!found.browser) missing.push('chromium');
  if (!found.driver) missing.push('chromium-driver');
  if (!hasChineseFont()) missing.push('fonts-wqy-microhei');
  if (missing.length && canInstall) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['-qq', 'update'], { env });
    await run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...missing], { env });
    found = find();
  }
  if (!found.browser || !found.driver) {
    throw new Failure(
      'The tests need Chromium (or Chrome) and its chromedriver. Install both, for example with\n' +
        '  apt-get install chromium chromium-driver\n' +
        'or name them in the variables CHROME and CHROMEDRIVER.',
    );
  }
  console.log(`${found.browser}, ${found.driver}`);
  return { CHROME: found.browser, CHROMEDRIVER: found.driver };
}
