import { createRequire } from 'node:module';
import { expect, test, type Page } from '@playwright/test';
import { openPage, pause } from './open';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface Finding {
  id: string;
  nodes: { target: unknown }[];
}

/** What axe finds, as text; it is run by the debugger, which the page's policy does not bind. */
async function findings(page: Page): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  await page.evaluate(await readFile(axe, 'utf8'));
  const all = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } };
    return (await axe.run()).violations;
  });
  return all.map((one) => `${one.id}: ${one.nodes.map((node) => String(node.target)).join(' | ')}`);
}

const LAYOUTS = {
  wide: { width: 1440, height: 900, shown: ['Cluster', 'Log', 'Pending', 'Space-time', 'Overview', 'Rules'] },
  laptop: { width: 1024, height: 768, shown: ['Cluster', 'Log', 'Pending', 'Space-time', 'Overview', 'Rules'] },
  phone: { width: 390, height: 844, shown: ['Cluster', 'Log', 'Overview', 'Rules'] },
  narrow: { width: 360, height: 640, shown: ['Cluster', 'Overview', 'Rules'] },
  embedded: { width: 700, height: 440, shown: ['Cluster'] },
};

for (const [name, { width, height, shown }] of Object.entries(LAYOUTS)) {
  test(`${name}: its parts are there and nothing sticks out`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const wrong = await openPage(page);
    for (const label of ['Cluster', 'Log', 'Pending', 'Space-time', 'Overview', 'Rules']) {
      const part = page.getByRole('region', { name: label, exact: true });
      if (shown.includes(label)) await expect(part, label).toBeVisible();
      else if (name === 'embedded') await expect(part, label).toBeHidden();
    }
    await expect(page.getByTestId('narration')).toBeVisible();
    await expect(page.getByTestId('step')).toBeVisible();
    const size = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
    expect(size[0]).toBeLessThanOrEqual(width);
    expect(size[1]).toBeLessThanOrEqual(height);
    expect(wrong).toEqual([]);
  });
}

test('seven nodes and a caption fit a small window: the log scrolls, nothing covers anything', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 768 });
  await openPage(page, '#s=raft/figure_7');
  await expect(page.getByTestId('caption-place')).toBeVisible();
  const box = async (label: string) => {
    const found = await page.getByRole('region', { name: label, exact: true }).boundingBox();
    expect(found, label).not.toBeNull();
    return found ?? { x: 0, y: 0, width: 0, height: 0 };
  };
  const [log, pending] = [await box('Log'), await box('Pending')];
  const caption = await page.locator('.caption').boundingBox();
  expect(log.height).toBeGreaterThan(80);
  expect(pending.height).toBeGreaterThan(60);
  expect(log.y + log.height).toBeLessThanOrEqual(pending.y + 1);
  expect(pending.y + pending.height).toBeLessThanOrEqual((caption?.y ?? 0) + 1);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`${colorScheme}: axe finds nothing, panels and dialogs open`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 1440, height: 900 });
    await openPage(page);
    await page.waitForTimeout(1000);
    await pause(page);
    await page.keyboard.press('j');
    await page.keyboard.press('1');
    await page.keyboard.press('i');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Settings' }).click();
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Help' }).click();
    expect(await findings(page)).toEqual([]);
  });
}

test('the theme is switched, kept on the device, and the canvas follows', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await openPage(page);
  await pause(page);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  const theme = page.getByRole('button', { name: /^Theme/ });
  await theme.click();
  await expect(theme).toHaveAccessibleName('Theme: light');
  await theme.click();
  await expect(theme).toHaveAccessibleName('Theme: dark');
  expect(await ground()).not.toBe(light);
  await page.reload();
  await expect(theme).toHaveAccessibleName('Theme: dark');
  expect(await ground()).not.toBe(light);
});

test('the page speaks Chinese, and remembers it', async ({ page }) => {
  await openPage(page);
  await page.getByRole('button', { name: /Language: English/ }).click();
  await expect(page.getByRole('heading', { name: '待发生' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-Hans');
  await page.reload();
  await expect(page.getByRole('heading', { name: '待发生' })).toBeVisible();
  await expect(page.getByRole('button', { name: '分享' })).toBeVisible();
});

test('on a phone the tabs show one thing at a time, the inspector as a sheet', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page);
  await page.getByRole('button', { name: 'Pending', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Pending' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Log', exact: true })).toBeHidden();
  await page.getByRole('button', { name: 'Inspector' }).first().click();
  const side = page.getByRole('complementary', { name: 'Inspector' });
  await expect(side).toBeVisible();
  expect((await side.boundingBox())?.height).toBe(844);
});

test.describe('by touch', () => {
  test.use({ hasTouch: true });
  test("the buttons of the inspector's header stand inside it", async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await openPage(page);
    await pause(page);
    await page.keyboard.press('1');
    await page.keyboard.press('i');
    const header = page.getByRole('complementary', { name: 'Inspector' }).locator('header');
    const button = await header.getByRole('button', { name: 'Actions' }).boundingBox();
    const box = await header.boundingBox();
    expect(button?.y).toBeGreaterThanOrEqual((box?.y ?? 0) + 4);
    expect((button?.y ?? 0) + (button?.height ?? 0)).toBeLessThanOrEqual((box?.y ?? 0) + (box?.height ?? 0) - 4);
  });
});

test('on a phone the tools are in the menu at the thumb', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page);
  await pause(page);
  const more = page.getByRole('button', { name: 'More' });
  await more.click();
  await page.getByRole('menuitem', { name: 'Crash', exact: true }).click();
  await page.getByRole('menuitem', { name: 'n1' }).click();
  await expect(page.getByTestId('narration')).toContainText('n1');
  await more.click();
  await page.getByRole('menuitem', { name: 'Resume all' }).click();
  await more.click();
  await expect(page.getByRole('menuitem', { name: 'Resume all' })).toBeHidden();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('menuitem', { name: 'Help' }).click();
  await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible();
});

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]] as const) {
  test(`${width}: no caption and no sentence is cut, and axe finds nothing in a scenario`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openPage(page, '#s=dledger/refused_vote');
    await expect(page.getByTestId('caption-place')).toBeVisible();
    for (let i = 0; i < 8; i += 1) {
      await page.keyboard.press('Shift+ArrowRight');
      const narration = await page.getByTestId('narration').evaluate((p) => [p.scrollHeight, p.clientHeight]);
      expect(narration[0]).toBeLessThanOrEqual(narration[1] ?? 0);
      // On a phone a long caption scrolls.
      const caption = await page.getByTestId('caption').evaluate((box) => [box.scrollHeight, box.clientHeight, getComputedStyle(box).overflowY]);
      if (caption[2] !== 'auto') expect(caption[0]).toBeLessThanOrEqual(Number(caption[1]) + 1);
    }
    expect(await findings(page)).toEqual([]);
    const size = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
    expect(size).toEqual([width, height]);
  });
}

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]] as const) {
  test(`${width}: the legend names the marks of the log, whole, and the pointers as the system does`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openPage(page);
    const log = page.getByRole('region', { name: 'Log', exact: true });
    const legend = log.locator('.legend');
    await expect(legend).toContainText('compareIndex');
    await pause(page);
    for (const words of ['committed, applied', 'commit index', 'not committed', 'of a quorum', 'flushed', 'watermark', 'compareIndex']) {
      await expect(legend.getByRole('listitem', { includeHidden: true }).filter({ hasText: words }), words).toBeInViewport({ ratio: 1 });
    }
    const [head, rows] = [await legend.boundingBox(), await log.locator('.rows').boundingBox()];
    expect((head?.y ?? 0) + (head?.height ?? 0)).toBeLessThanOrEqual((rows?.y ?? 0) + 1);
  });
}

test('all of seven nodes are seen in a small window; where one is not, the log says whose rows are below', async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 768 });
  await openPage(page);
  await page.getByRole('button', { name: 'New run' }).click();
  await page.getByRole('spinbutton', { name: 'Nodes' }).fill('7');
  await page.getByRole('button', { name: 'Start', exact: true }).last().click();
  await expect(page.getByText('7 of 7 up')).toBeVisible();
  await pause(page);
  const log = page.getByRole('region', { name: 'Log', exact: true });
  const hidden = () => log.locator('.rows').evaluate((rows) => rows.scrollHeight - rows.clientHeight);
  expect(await hidden()).toBeLessThanOrEqual(0);
  await expect(log.getByText('↓')).toBeHidden();
  await page.setViewportSize({ width: 1024, height: 700 });
  await expect(log.getByText('↓ n5 n6')).toBeVisible();
  await log.locator('.rows').evaluate((rows) => rows.scrollTo(0, 1000));
  await expect(log.getByText('↓')).toBeHidden();
});

test('what the simulator says is Chinese on a Chinese page', async ({ page }) => {
  await openPage(page);
  await pause(page);
  await page.getByRole('button', { name: /Language: English/ }).click();
  await expect(page.getByRole('heading', { name: '待发生' })).toBeVisible();
  await page.keyboard.press('Home');
  await page.getByRole('button', { name: '崩溃', exact: true }).click();
  await page.getByRole('menuitem', { name: 'n1' }).click();
  await expect(page.getByTestId('narration')).toHaveText('n1 崩溃：进程终止，已写入的内容保留。');
  await page.keyboard.press('2');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: '清空磁盘' }).click();
  await expect(page.getByTestId('narration')).toHaveText('n1 的磁盘被清空。');
});
