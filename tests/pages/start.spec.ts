import { expect, test } from '@playwright/test';
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

test('when the core stops, the run is safe and goes on after a reload', async ({ page }) => {
  await openPage(page);
  await page.waitForTimeout(1500);
  await pause(page);
  const [at, tip] = await steps(page);
  // An import of the wasm that throws ends the instance as a trap does.
  await page.evaluate(() => {
    CanvasRenderingContext2D.prototype.beginPath = () => {
      throw new Error('the core stopped');
    };
  });
  await page.keyboard.press('2');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(`Quorumscope stopped at step ${at}. The run is safe.`);
  await expect(alert).toContainText('the core stopped');
  await alert.getByRole('button', { name: `Reload at ${at - 1}` }).click();
  await expect(alert).toBeHidden();
  await expect.poll(() => steps(page)).toEqual([at - 1, tip]);
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
