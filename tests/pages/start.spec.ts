import { expect, test, type Page } from '@playwright/test';
import { openPage, pause, steps } from './open';

test('the demo boots under the strict policy, from a folder, with no request elsewhere', async ({ page, baseURL }) => {
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(baseURL ?? '')) elsewhere.push(request.url());
  });
  const wrong = await openPage(page);
  await expect.poll(async () => (await steps(page))[0]).toBeGreaterThan(5);
  expect(wrong).toEqual([]);
  expect(elsewhere).toEqual([]);
});

test('the module of the demo is asked for while the page is laid out', async ({ page, baseURL }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url().slice(baseURL?.length)));
  await openPage(page);
  // What index.html names comes first, then the module: no other script is between.
  const module = asked.findIndex((url) => /first_bg.*\.wasm$/.test(url));
  const named = (await (await page.request.get('./')).text()).match(/assets\/[^"]+\.(js|css)/g) ?? [];
  expect(asked.slice(0, module).sort()).toEqual(['', ...named].sort());
});

const REST = /quorumscope_bg.*\.wasm/;

/** Frames that come evenly: what is shown when does not depend on the machine, nor then what the demo needs for it. */
const evenFrames = async (page: Page): Promise<void> => {
  await page.addInitScript(() => {
    const real = window.requestAnimationFrame.bind(window);
    let [now, last] = [0, 0];
    performance.now = () => now;
    window.requestAnimationFrame = (callback) =>
      real((at) => {
        if (at !== last) now += 1000 / 60;
        last = at;
        callback(now);
      });
  });
};

/** Keeps the memory of the last instance, so that it can be destroyed from outside. */
const exposeMemory = async (page: Page): Promise<void> => {
  await page.addInitScript(() => {
    for (const name of ['instantiate', 'instantiateStreaming'] as const) {
      const real = WebAssembly[name] as (...given: unknown[]) => Promise<WebAssembly.WebAssemblyInstantiatedSource>;
      Object.assign(WebAssembly, {
        [name]: async (...given: unknown[]) => {
          const made = await real.apply(WebAssembly, given);
          // A part of a module is added to a memory that is there.
          if ('instance' in made) Object.assign(window, { memory: made.instance.exports['memory'] });
          return made;
        },
      });
    }
  });
};

/** Whatever the instance does next ends in a trap. */
const destroyMemory = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { memory } = window as unknown as { memory: WebAssembly.Memory };
    new Uint8Array(memory.buffer).fill(0xff);
  });

test('the demo is watched without what acting takes; that is fetched when somebody points', async ({ page }) => {
  const fetched: string[] = [];
  await page.setViewportSize({ width: 1440, height: 900 });
  await evenFrames(page);
  page.on('request', (request) => REST.test(request.url()) && fetched.push(request.url()));
  await openPage(page);
  await expect.poll(async () => (await steps(page))[0]).toBeGreaterThan(5);
  expect(fetched).toEqual([]);
  await page.getByLabel('Cluster', { exact: true }).locator('canvas').hover();
  await expect.poll(() => fetched.length).toBe(1);
  await page.keyboard.press('c');
  await page.keyboard.press(' ');
  await expect(page.getByText('x=1').first()).toBeAttached();
  expect(fetched).toHaveLength(1);
});

for (const [name, size, scheme] of [
  ['wide', { width: 1440, height: 900 }, 'light'],
  ['laptop', { width: 1280, height: 720 }, 'light'],
  ['compact', { width: 1024, height: 768 }, 'dark'],
  ['a phone', { width: 390, height: 844 }, 'light'],
] as const) {
  test(`the demo is watched in any size without what acting takes: ${name}`, async ({ page }) => {
    const fetched: string[] = [];
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: scheme });
    await evenFrames(page);
    page.on('request', (request) => REST.test(request.url()) && fetched.push(request.url()));
    const wrong = await openPage(page);
    // Past the first election and some rounds of heartbeats.
    await expect.poll(async () => (await steps(page))[0], { timeout: 60_000 }).toBeGreaterThan(60);
    await page.setViewportSize({ width: size.width - 20, height: size.height - 30 });
    await expect.poll(async () => (await steps(page))[0], { timeout: 60_000 }).toBeGreaterThan(70);
    expect(fetched).toEqual([]);
    expect(wrong).toEqual([]);
  });
}

test('where that part ends, the whole module goes on', async ({ page }) => {
  await exposeMemory(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await evenFrames(page);
  await openPage(page);
  await expect.poll(async () => (await steps(page))[0]).toBeGreaterThan(5);
  const [rest] = await Promise.all([page.waitForRequest((request) => REST.test(request.url())), destroyMemory(page)]);
  await rest.response();
  const [at] = await steps(page);
  await expect.poll(async () => (await steps(page))[0]).toBeGreaterThan(at + 5);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('when what acting takes does not come, the page says so, plays on, and asks again', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.route(REST, (route) => route.abort());
  await openPage(page);
  await page.keyboard.press('c');
  await expect(page.getByText('This part did not load. Check the connection and try again.')).toBeVisible();
  const [at] = await steps(page);
  await expect.poll(async () => (await steps(page))[0]).toBeGreaterThan(at);
  await page.unroute(REST);
  await page.keyboard.press('c');
  await page.keyboard.press(' ');
  await expect(page.getByText('x=1').first()).toBeAttached();
});

test('no leader exists at load; one is elected within seconds of watching', async ({ page }) => {
  await openPage(page);
  await page.keyboard.press(' ');
  await page.keyboard.press('Home');
  const nodes = page.getByRole('table', { name: 'Nodes' });
  await expect(nodes.getByRole('row')).toHaveCount(5);
  await expect(nodes).not.toContainText('LEADER');
  // The table is written while the run stands, so look after every second; a busy machine plays slower.
  await expect(async () => {
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForTimeout(1000);
    await pause(page);
    await expect(nodes).toContainText('LEADER', { timeout: 500 });
  }).toPass({ timeout: 12_000 });
});

test('when the core traps, the run is safe: it is built anew from its actions, to the same digest', async ({ page }) => {
  await exposeMemory(page);
  await openPage(page);
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  await page.keyboard.press('c');
  await page.getByLabel('Run until').selectOption({ label: '1 s has passed' });
  const digest = async (): Promise<string> => {
    await page.getByRole('button', { name: 'Share' }).click();
    const text = await page.getByTestId('digest').innerText();
    await page.getByRole('button', { name: 'Close' }).click();
    return text;
  };
  const before = await digest();
  const [at, tip] = await steps(page);
  await destroyMemory(page);
  await page.keyboard.press('2');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(`Quorumscope stopped at step ${at}. The run is safe.`);
  // The browser's own words for a trap, not an error of ours.
  await expect(alert).toContainText(/out of bounds|unreachable|indirect call/);
  await alert.getByRole('button', { name: `Reload at ${at - 1}` }).click();
  await expect(alert).toBeHidden();
  await expect.poll(() => steps(page)).toEqual([at - 1, tip]);
  await page.keyboard.press('End');
  await expect.poll(() => steps(page)).toEqual([at, tip]);
  expect(await digest()).toBe(before);
});

test('nothing loops while paused', async ({ page }) => {
  await openPage(page);
  await pause(page);
  const frames = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const real = window.requestAnimationFrame;
        let count = 0;
        window.requestAnimationFrame = (callback) => {
          count += 1;
          return real(callback);
        };
        setTimeout(() => resolve(count), 500);
      }),
  );
  expect(frames).toBe(0);
});
