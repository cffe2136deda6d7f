import { expect, test } from '@playwright/test';
import { openPage, pause, steps } from './open';

test.beforeEach(async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPage(page);
  await page.waitForTimeout(500);
  await pause(page);
});

test('G goes to a step, an instant and an entry', async ({ page }) => {
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  await page.keyboard.press('c');
  await page.getByLabel('Run until').selectOption({ label: '1 s has passed' });
  const to = async (typed: string) => {
    await page.keyboard.press('g');
    await page.getByRole('combobox', { name: 'Go to a step, time or entry' }).fill(typed);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog')).toBeHidden();
  };
  await to('step 7');
  await expect.poll(async () => (await steps(page))[0]).toBe(7);
  await to('0.6 s');
  const [at, tip] = await steps(page);
  expect(at).toBeGreaterThan(7);
  expect(at).toBeLessThan(tip);
  await to('term 1');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('table', { name: 'Nodes' })).not.toContainText('term 1');
  await page.keyboard.press('End');
  await to('entry 0');
  await expect(page.getByRole('table', { name: 'Entries' })).toContainText('0: x=1');
});

test('/ finds a command and does it', async ({ page }) => {
  const [before] = await steps(page);
  await page.keyboard.press('/');
  const field = page.getByRole('combobox', { name: /^Find/ });
  await field.fill('spread');
  await expect(page.getByRole('listbox').getByRole('option')).toHaveCount(1);
  await field.press('Enter');
  await expect.poll(async () => (await steps(page))[0]).toBe(before + 5);
});

test('/ takes words in any order and other names, and opens a setting at its field', async ({ page }) => {
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  const options = page.getByRole('listbox').getByRole('option');
  const typed = async (words: string) => {
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: /^Find/ }).fill(words);
  };
  await typed('n2 crash');
  await expect(options.first()).toHaveText('n2: Crash');
  await page.keyboard.press('Escape');
  await typed('transfer');
  await expect(options.first()).toHaveText(/^Hand leadership from n\d to n\d/);
  await page.keyboard.press('Escape');
  await typed('write');
  await expect(options.first()).toHaveText('client request');
  await page.keyboard.press('Escape');
  await typed('preferred');
  await expect(options.first()).toHaveText('Setting preferredLeaderIds');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary', { name: 'Settings' }).getByLabel('preferredLeaderIds')).toBeFocused();
});

test('/ tells what a command wants to be told and takes it whole, and opens a scenario of another system', async ({ page }) => {
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  await page.keyboard.press('/');
  const field = page.getByRole('combobox', { name: /^Find/ });
  const option = page.getByRole('listbox').getByRole('option').first();
  await field.fill('do append');
  await page.getByRole('option', { name: /^do n\d append value/ }).click();
  await expect(field).toHaveValue(/^do n\d append $/);
  await expect(field).toBeFocused();
  await page.keyboard.type('typed');
  await field.press('Enter');
  await expect(field).toBeHidden();
  await page.keyboard.press('e');
  await expect(page.getByRole('dialog')).toContainText(/do n\d append typed/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await field.fill('seven probing');
  await expect(option).toHaveText('Scenario: Probing seven logs');
  await field.press('Enter');
  await expect(page.getByTestId('caption-place')).toHaveText(/^1 \//);
  await expect(page.locator('header .engine')).toHaveText('braft');
});

test('Esc closes Settings from one of its fields, and drops what was not entered', async ({ page }) => {
  const settings = page.getByRole('complementary', { name: 'Settings' });
  const field = settings.getByLabel('preferredLeaderIds');
  const open = page.getByRole('button', { name: 'Settings' });
  await open.click();
  await field.fill('n1');
  await field.press('Enter');
  const entered = await steps(page);
  await field.press('Escape');
  await expect(settings).toBeHidden();
  await open.click();
  await expect(field).toHaveValue('n1');
  await field.fill('n2');
  await field.press('Escape');
  await expect(settings).toBeHidden();
  expect(await steps(page)).toEqual(entered);
});

test('F says that it forked, and Undo goes back to the branch before', async ({ page }) => {
  const [at] = await steps(page);
  await page.keyboard.press('f');
  const notice = page.getByRole('status').filter({ hasText: `New branch at step ${at}.` });
  await expect(notice).toBeVisible();
  const branch = page.getByRole('combobox', { name: 'Branch' });
  await expect(branch).not.toHaveValue('0');
  await notice.getByRole('button', { name: 'Undo' }).click();
  await expect(branch).toHaveValue('0');
});

test('Help says what of the system is not modelled', async ({ page }) => {
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('priority, group_commit and batch_append');
});

test('P makes everything larger, and pointing still finds its mark', async ({ page }) => {
  const bar = page.locator('header.top');
  const height = async () => (await bar.boundingBox())?.height ?? 0;
  const before = await height();
  await page.keyboard.press('p');
  await expect.poll(height).toBeCloseTo(before * 1.35, 0);
  const size = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
  expect(size[0]).toBeLessThanOrEqual(1440);
  expect(size[1]).toBeLessThanOrEqual(900);
  // Where the menu has room it opens at the node's middle: there is the node.
  await page.setViewportSize({ width: 1440, height: 1800 });
  await page.keyboard.press('1');
  await page.keyboard.press('Shift+F10');
  const menu = page.getByRole('menu', { name: 'n0' });
  await expect(menu).toBeVisible();
  const at = await menu.boundingBox();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.mouse.click((at?.x ?? 0) + 2, (at?.y ?? 0) + 2, { button: 'right' });
  await expect(menu).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('p');
  await expect.poll(height).toBeCloseTo(before, 0);
});

test('single keys are switched off in Help, and stay off', async ({ page }) => {
  await page.keyboard.press('?');
  await page.getByLabel('Single keys do something').uncheck();
  await page.getByRole('button', { name: 'Close' }).click();
  const before = await steps(page);
  await page.keyboard.press('c');
  expect(await steps(page)).toEqual(before);
  await page.reload();
  await expect(page.locator('header .engine')).toBeVisible();
  await page.keyboard.press(' ');
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
  await page.keyboard.press('?');
  await expect(page.getByLabel('Single keys do something')).not.toBeChecked();
});

test('every key of the design is listed in Help', async ({ page }) => {
  await page.keyboard.press('?');
  const listed = page.getByRole('dialog').locator('kbd');
  // The dialog and its texts are fetched when they are asked for.
  await expect(listed.first()).toBeVisible();
  await expect(listed.filter({ hasText: 'Space' }).first()).toBeVisible();
  const keys = await listed.allInnerTexts();
  const all = keys.join(' ');
  for (const key of ['Space', 'C', 'R', 'T', 'A', 'L', 'B', 'F', '?', '←', '→', 'Home', 'End', '[', ']', 'J', 'K', 'D', 'X', 'U', 'H', 'Y', '1…9', 'W', 'I', 'G', '/', '+', '-', 'N', 'P', 'Esc', 'F6', 'Enter']) {
    expect(all.split(/\s+/), key).toContain(key);
  }
});
