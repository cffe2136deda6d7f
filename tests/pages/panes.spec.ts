import { expect, test, type Page } from '@playwright/test';
import { openPage, pause, saved } from './open';

async function opened(page: Page, [width, height] = [1440, 900]): Promise<void> {
  await page.setViewportSize({ width, height });
  await openPage(page);
  await page.waitForTimeout(1000);
  await pause(page);
}

async function sevenNodes(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New run' }).click();
  await page.getByRole('spinbutton', { name: 'Nodes' }).fill('7');
  await page.getByRole('button', { name: 'Start', exact: true }).last().click();
  await expect(page.getByText('7 of 7 up')).toBeVisible();
  await pause(page);
}

const lengthOf = async (page: Page, pane: string, side: 'width' | 'height') =>
  (await page.getByRole('region', { name: pane, exact: true }).boundingBox())?.[side] ?? 0;

test('a border is dragged and moved by the arrows, says where it is, and is kept on the device', async ({ page }) => {
  await opened(page);
  const ring = page.getByRole('separator', { name: 'Width of the cluster' });
  await expect(ring).toHaveAttribute('aria-valuenow', '600');
  const box = await ring.boundingBox();
  const [x, y] = [(box?.x ?? 0) + 4, (box?.y ?? 0) + 150];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 150, y, { steps: 4 });
  await page.mouse.up();
  await expect(ring).toHaveAttribute('aria-valuenow', '450');
  expect(await lengthOf(page, 'Cluster', 'width')).toBe(450);
  await ring.press('ArrowRight');
  await expect(ring).toHaveAttribute('aria-valuenow', '466');
  const log = page.getByRole('separator', { name: 'Height of the log' });
  const before = await lengthOf(page, 'Log', 'height');
  await log.press('Shift+ArrowUp');
  await expect.poll(() => lengthOf(page, 'Log', 'height')).toBe(before - 64);
  await page.reload();
  await expect.poll(() => lengthOf(page, 'Cluster', 'width')).toBe(466);
  expect(await lengthOf(page, 'Log', 'height')).toBe(before - 64);
  await page.mouse.move(10, 300);
  await ring.dblclick();
  await expect.poll(() => lengthOf(page, 'Cluster', 'width')).toBe(600);
  await log.press('Enter');
  await expect.poll(() => lengthOf(page, 'Log', 'height')).toBe(before);
});

test('a side panel has a border of its own, in a small window too', async ({ page }) => {
  await opened(page);
  const width = async () => (await page.getByRole('complementary').boundingBox())?.width;
  const border = page.getByRole('separator', { name: 'Width of the panel' });
  await page.keyboard.press('i');
  await expect.poll(width).toBe(416);
  await border.press('Shift+ArrowLeft');
  await expect.poll(width).toBe(480);
  await page.setViewportSize({ width: 1024, height: 768 });
  await expect.poll(width).toBe(512);
  await border.press('End');
  await expect.poll(width).toBe(704);
});

test('every rule is seen or counted, and all are told by the count', async ({ page }) => {
  await opened(page, [1100, 768]);
  const strip = page.getByRole('region', { name: 'Rules', exact: true });
  const seen = () =>
    strip.locator('li').evaluateAll((all) => all.filter((one) => (one as HTMLElement).offsetTop < 24).length);
  const all = await strip.locator('li').count();
  await expect.poll(async () => (await seen()) + Number((await strip.locator('.more').innerText()).match(/\d+/)?.[0])).toBe(all);
  await strip.locator('.more').click();
  await expect(page.getByRole('menu', { name: 'Rules' }).getByRole('menuitem')).toHaveCount(all);
  await expect(page.getByRole('menuitem', { name: 'Config' })).toBeVisible();
});

test('the lanes of a very wide window are as high as their picture', async ({ page }) => {
  await opened(page, [1920, 1080]);
  const height = async () => (await page.getByLabel('Space-time diagram').boundingBox())?.height;
  expect(await height()).toBe(32 + 4 * 34 + 24);
});

test('seven rows of a log close up beside branches before one must be scrolled', async ({ page }) => {
  await opened(page);
  await sevenNodes(page);
  for (let i = 0; i < 3; i += 1) {
    await page.keyboard.press('f');
    await page.keyboard.press('Shift+ArrowRight');
  }
  await expect(page.getByRole('combobox', { name: 'Branch' }).locator('option')).toHaveCount(4);
  const hidden = () => page.locator('.log .rows').evaluate((rows) => rows.scrollHeight - rows.clientHeight);
  await expect.poll(hidden).toBe(0);
});

test('a chosen message stands whole in the inspector, and its button says what its transport makes of a loss', async ({ page }) => {
  await opened(page);
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  const row = page.locator('[data-row^="msg:"]').first();
  const name = ((await row.getAttribute('data-row')) ?? '').slice(4);
  await row.locator('.what').click();
  await expect(row.getByRole('button', { name: 'Let time out' })).toBeVisible();
  await page.keyboard.press('i');
  const facts = page.getByTestId('message');
  const kind = await row.locator('.kind').innerText();
  await expect(page.getByRole('complementary').getByRole('heading', { name: kind })).toBeVisible();
  await expect(facts).toContainText(name);
  await expect(facts).toContainText(await row.locator('.route').innerText());
  await expect(facts).toContainText('due');
  await expect(facts).toContainText('the call times out at');
  await page.keyboard.press('d');
  await expect(facts).toContainText('arrived');
  await facts.getByRole('button', { name: /^step \d+/ }).click();
  await expect(page.getByTestId('step')).toContainText(`step ${name.split('.')[0]} `);
});

test('a branch gets a name, which a saved run keeps', async ({ page }) => {
  await opened(page);
  await page.keyboard.press('f');
  await page.getByRole('button', { name: 'Name this branch' }).click();
  const field = page.getByRole('textbox', { name: 'Name of the branch' });
  await expect(field).toBeFocused();
  await expect(field).toHaveAttribute('maxlength', '40');
  await field.fill('what if n2 had heard it');
  await field.press('Enter');
  const branches = page.getByRole('combobox', { name: 'Branch' });
  await expect(branches.locator('option:checked')).toHaveText('what if n2 had heard it');
  expect(await saved(page, 'Save trace')).toContain('what if n2 had heard it');
  await page.getByRole('button', { name: 'Name this branch' }).click();
  await field.fill('no');
  await field.press('Escape');
  await expect(branches.locator('option:checked')).toHaveText('what if n2 had heard it');
});

test('the pictures’ own words follow the language', async ({ page }) => {
  await page.addInitScript(() => {
    const words: string[] = [];
    Object.assign(window, { words });
    const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
      words.push(text);
      draw.call(this, text, ...rest);
    };
  });
  await opened(page);
  const words = () => page.evaluate(() => (window as unknown as { words: string[] }).words.splice(0));
  expect(await words()).toContain('No entries yet.');
  await page.getByRole('button', { name: 'Language: English' }).click();
  await expect(page.getByRole('heading', { name: '日志' })).toBeVisible();
  await words();
  await page.keyboard.press('1');
  await page.keyboard.press('2');
  await expect.poll(words).toContain('还没有条目。');
});

test.describe('by touch', () => {
  test.use({ hasTouch: true, viewport: { width: 1024, height: 768 } });

  /** A finger that comes down, moves in small steps, and leaves. */
  async function drag(page: Page, from: [number, number], to: [number, number]): Promise<void> {
    const touch = await page.context().newCDPSession(page);
    const point = ([x, y]: [number, number]) => [{ x, y }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: point(from) });
    for (let i = 1; i <= 8; i += 1) {
      const at = (axis: 0 | 1) => from[axis] + ((to[axis] - from[axis]) * i) / 8;
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: point([at(0), at(1)]) });
    }
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  }

  for (const [name, pane, side, by] of [
    ['Width of the cluster', 'Cluster', 'width', [-60, 0]],
    ['Height of the log', 'Log', 'height', [0, -40]],
  ] as const) {
    test(`${name}: a border follows the finger, and two taps give the usual size back`, async ({ page }) => {
      await openPage(page);
      // The first touch of all brings the borders.
      await page.getByRole('button', { name: 'Pause', exact: true }).tap();
      const border = page.getByRole('separator', { name });
      await expect(border).toBeVisible();
      const size = () => lengthOf(page, pane, side);
      const before = await size();
      const box = (await border.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
      // A finger is wide.
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(24);
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await drag(page, [x, y], [x + by[0], y + by[1]]);
      await expect.poll(size).toBe(before + by[0] + by[1]);
      // On a slow machine two taps may be too far apart to be one.
      await expect(async () => {
        await border.tap();
        await border.tap();
        expect(await size()).toBe(before);
      }).toPass();
    });
  }
});
