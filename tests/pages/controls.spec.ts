import { expect, test, type Locator, type Page } from '@playwright/test';
import { openPage, pause } from './open';

async function wide(page: Page, fragment = ''): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPage(page, fragment);
  await page.waitForTimeout(500);
  await pause(page);
}

const fill = (button: Locator) => button.evaluate((one) => getComputedStyle(one).backgroundColor);
const width = async (part: Locator) => (await part.boundingBox())?.width ?? 0;
const height = async (part: Locator) => (await part.boundingBox())?.height ?? 0;

test('a primary button stays one under the pointer, and looks as it is when it can do nothing', async ({ page }) => {
  await wide(page);
  const share = page.getByRole('button', { name: 'Share' });
  const ink = await fill(share);
  await share.hover();
  await page.waitForTimeout(200);
  expect(await fill(share)).toBe(ink);
  await page.getByRole('button', { name: 'Partition' }).click();
  const cut = page.getByRole('button', { name: 'Cut between the groups' });
  await expect(cut).toBeDisabled();
  expect(await fill(cut)).not.toBe(ink);
  await page.getByRole('checkbox', { name: 'n0' }).check();
  await expect(cut).toBeEnabled();
  await page.mouse.move(1, 1);
  await expect.poll(() => fill(cut)).toBe(ink);
});

test('what is typed into a number of a new run stays, and is refused when it is none', async ({ page }) => {
  await wide(page);
  await page.getByRole('button', { name: 'New run' }).click();
  const start = page.getByRole('dialog').getByRole('button', { name: 'Start', exact: true });
  await expect(start).toBeEnabled();
  const least = page.getByRole('spinbutton', { name: 'One-way latency, ms' }).first();
  await least.fill('');
  await least.pressSequentially('1e');
  expect(await least.evaluate((field: HTMLInputElement) => field.validity.badInput)).toBe(true);
  await start.click();
  await expect(page.getByRole('dialog', { name: 'New run' })).toBeVisible();
  await least.pressSequentially('1');
  await expect(least).toHaveValue('1e1');
  await start.click();
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('numbers typed before the presets of a system have come stay', async ({ page }) => {
  let come = (): void => {};
  const coming = new Promise<void>((resolve) => (come = resolve));
  await page.route(/\/dledger-[^/]*\.wasm$/, (route) => coming.then(() => route.continue()));
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPage(page);
  await page.getByRole('button', { name: 'New run' }).click();
  const nodes = page.getByRole('spinbutton', { name: 'Nodes' });
  await nodes.fill('7');
  await expect(page.getByLabel('Preset')).toBeDisabled();
  come();
  await expect(page.getByLabel('Preset')).toBeEnabled();
  await expect(nodes).toHaveValue('7');
});

test('no key in Help is printed over its words', async ({ page }) => {
  await wide(page);
  await page.keyboard.press('?');
  const rows = page.getByRole('dialog').locator('dl > div');
  await expect(rows.first()).toBeVisible();
  const covering = await rows.evaluateAll((all) =>
    all.filter((row) => {
      const [key, words] = [row.querySelector('kbd'), row.querySelector('dd')];
      return !key || !words || key.getBoundingClientRect().right > words.getBoundingClientRect().left;
    }).map((row) => row.textContent),
  );
  expect(covering).toEqual([]);
  await expect(page.getByRole('dialog')).not.toContainText('Shift');
});

for (const [width, height] of [[1440, 900], [390, 844]] as const) {
  test(`${width}: Help shows every mark of the pictures with its meaning`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const wrong = await openPage(page);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Help' });
    await help.getByRole('tab', { name: 'Marks' }).click();
    await expect(help.getByRole('listitem').filter({ hasText: 'hands leadership over' })).toBeAttached();
    const canvas = help.locator('canvas');
    await expect.poll(async () => (await canvas.boundingBox())?.height ?? 0).toBeGreaterThan(600);
    expect((await canvas.boundingBox())?.width).toBeGreaterThan(Math.min(width, 720) - 80);
    // Painted to its end, and not wider than its dialog.
    const inked = await canvas.evaluate((element: HTMLCanvasElement) => {
      const { data, width, height } = element.getContext('2d')?.getImageData(0, 0, element.width, element.height) ?? new ImageData(1, 1);
      return [0.1, 0.5, 0.9].map((part) => data.subarray(Math.floor(height * (part - 0.05)) * width * 4, Math.floor(height * (part + 0.05)) * width * 4).some((byte) => byte > 0));
    });
    expect(inked).toEqual([true, true, true]);
    expect(await help.evaluate((box) => box.scrollWidth <= box.clientWidth)).toBe(true);
    await help.getByRole('tab', { name: 'Keys' }).click();
    await expect(help.locator('kbd').first()).toBeVisible();
    expect(wrong).toEqual([]);
  });
}

test('the marks are told in Chinese', async ({ page }) => {
  const wrong = await openPage(page);
  await page.getByRole('button', { name: 'Language' }).click();
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByRole('tab', { name: '图例' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: '正在移交领导权' })).toBeAttached();
  expect(wrong).toEqual([]);
});

test('the units of settings are whole, and the panel does not scroll sideways', async ({ page }) => {
  await wide(page, '#s=braft/seven_probes');
  await page.getByRole('button', { name: 'Settings' }).click();
  const panel = page.getByRole('complementary', { name: 'Settings' });
  await expect(panel.locator('.unit').first()).toBeVisible();
  const sizes = await panel.locator('.body').evaluate((body) => [body.scrollWidth, body.clientWidth]);
  expect(sizes[0]).toBe(sizes[1]);
  const field = panel.getByRole('textbox').first();
  await field.fill('');
  await field.press('Enter');
  await expect(page.getByText(/takes a whole number\.?$/)).toBeVisible();
});

test('a fork squeezes nothing in the transport, and leaves no gap where branches are not drawn', async ({ page }) => {
  await wide(page);
  const until = page.getByLabel('Run until');
  const before = await width(until);
  await page.keyboard.press('f');
  await expect(page.getByLabel('Branch', { exact: true })).toBeVisible();
  expect(await width(until)).toBe(before);
  const narration = await page.locator('.narration').boundingBox();
  const box = await until.boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(narration?.x ?? 0);
  await page.setViewportSize({ width: 1024, height: 768 });
  const overview = page.getByRole('region', { name: 'Overview' });
  const [forked, whole] = [await height(overview), 30 + 5 * 12 + 8];
  expect(forked).toBeLessThanOrEqual(whole + 1);
  expect(await width(until)).toBe(before);
});

test('seven nodes at 1440 by 900: every row of the log is seen', async ({ page }) => {
  await wide(page, '#s=raft/figure_7');
  await page.getByRole('button', { name: 'Close the scenario' }).click();
  const rows = page.getByRole('region', { name: 'Log', exact: true }).locator('.rows');
  await expect.poll(() => rows.evaluate((box) => box.scrollHeight - box.clientHeight)).toBe(0);
});

test('Go to offers places, and nothing before one is typed', async ({ page }) => {
  await wide(page);
  await page.keyboard.press('g');
  const field = page.getByRole('combobox', { name: /^Go to/ });
  await expect(field).toBeFocused();
  const options = page.getByRole('listbox').getByRole('option');
  await expect(options).toHaveText(['A step, an instant, an entry or a term.']);
  await expect(options.and(page.locator('[aria-selected=true]'))).toHaveCount(0);
  await field.fill('3');
  await expect(options.first()).toHaveText('Go to step 3');
  await field.fill('play');
  await expect(options).toHaveText(['Nothing of that name']);
});

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]] as const) {
  test(`${width}: what RaftScope has keys for is in the menu More`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openPage(page);
    await pause(page);
    const more = page.getByRole('button', { name: 'More' }).first();
    await expect(more).toBeInViewport({ ratio: 1 });
    await more.click();
    const step = page.getByTestId('step');
    const before = await step.innerText();
    for (const name of [/^Restart the leader/, /^Log scenario/, /^Align timers/, /^Fork here/]) {
      await expect(page.getByRole('menuitem', { name })).toBeAttached();
    }
    await page.getByRole('menuitem', { name: /^Spread timers/ }).click();
    await expect(step).not.toHaveText(before);
  });
}

test('the menu at the thumb has every line in sentence case', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page);
  await pause(page);
  await page.getByRole('button', { name: 'More' }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  const lines = await page.getByRole('menuitem').allInnerTexts();
  expect(lines).toContain('Half the speed');
  expect(lines.filter((line) => line[0] !== line[0]?.toUpperCase())).toEqual([]);
});
