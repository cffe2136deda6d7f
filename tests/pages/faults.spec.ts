import { expect, test, type Page } from '@playwright/test';
import { openPage, pause, steps } from './open';

const RING = /^Ring of nodes/;

async function still(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPage(page);
  await page.waitForTimeout(500);
  await pause(page);
}

/** Opens the menu of the node that a key selects. */
async function nodeMenu(page: Page, key: string): Promise<void> {
  await page.keyboard.press(key);
  await page.keyboard.press('Shift+F10');
}

test('every fault of a node is in its menu, in words, and the refused ones say why', async ({ page }) => {
  await still(page);
  await nodeMenu(page, '2');
  const menu = page.getByRole('menu', { name: 'n1' });
  await expect(menu.getByRole('menuitem', { name: /torn/ })).toBeVisible();
  const words = await menu.getByRole('menuitem').allInnerTexts();
  for (const word of [
    'Crash',
    'Crash, unsynced writes lost',
    'Crash, last write torn',
    'Pause',
    'Clock 1.0 s ahead',
    'Clock 1.0 s back',
    'Disk 50 ms slower',
  ]) {
    expect(words.map((text) => text.split('\n')[0])).toContain(word);
  }
  const resume = menu.getByRole('menuitem', { name: /^Resume/ });
  await expect(resume).toHaveAttribute('aria-disabled', 'true');
  await expect(resume).toContainText('n1 is not paused');
  await menu.getByRole('menuitem', { name: /torn/ }).click();
  await expect(page.getByText('4 of 5 up, quorum 3')).toBeVisible();
  await nodeMenu(page, '2');
  await menu.getByRole('menuitem', { name: 'Wipe disk' }).click();
  await nodeMenu(page, '2');
  await menu.getByRole('menuitem', { name: 'Restart' }).click();
  await expect(page.getByText('5 of 5 up, quorum 3')).toBeVisible();
  await nodeMenu(page, '3');
  await page.getByRole('menuitem', { name: 'Pause', exact: true }).click();
  await page.getByRole('button', { name: 'Resume all' }).click();
  await expect(page.getByRole('button', { name: 'Resume all' })).toBeHidden();
});

test('the menu of a node that is down or paused keeps the line of its timer, with the reason', async ({ page }) => {
  await still(page);
  const line = page.getByRole('menuitem', { name: /^Time out/ }).first();
  await nodeMenu(page, '3');
  await page.getByRole('menuitem', { name: 'Pause', exact: true }).click();
  await nodeMenu(page, '3');
  await expect(line).toContainText('n2 is paused');
  await expect(line).toHaveAttribute('aria-disabled', 'true');
  await page.getByRole('menuitem', { name: 'Crash', exact: true }).click();
  await nodeMenu(page, '3');
  await expect(line).toContainText('n2 is crashed');
  await expect(line).toHaveAttribute('aria-disabled', 'true');
});

test('a link is cut in one direction, made slow, and healed, by keyboard alone', async ({ page }) => {
  await still(page);
  await page.getByRole('button', { name: 'Cut', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'n0 – n1' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const menu = page.getByRole('menu', { name: 'n0 – n2' });
  const items = menu.getByRole('menuitem');
  await expect(items.filter({ hasText: 'Slow and lossy n0→n2' })).toBeVisible();
  await expect(items.filter({ hasText: 'Heal n0→n2' })).toHaveAttribute('aria-disabled', 'true');
  await expect(items.first()).toBeFocused();
  await expect(items.first()).toHaveText('Cut n0→n2');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('narration')).toContainText('n0');
  await page.getByRole('button', { name: 'Heal all' }).click();
  await expect(page.getByRole('button', { name: 'Heal all' })).toBeHidden();
});

test('a line drawn round nodes parts them from the others', async ({ page }) => {
  await still(page);
  const [before] = await steps(page);
  const box = (await page.getByLabel(RING).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  // Round the topmost node: the paper above it is free on both sides.
  const middle = box.x + box.width / 2;
  const at = [
    [middle - 70, box.y + 12],
    [middle + 70, box.y + 12],
    [middle + 70, box.y + 170],
    [middle - 70, box.y + 170],
  ] as const;
  await page.mouse.move(at[0][0], at[0][1]);
  await page.mouse.down();
  for (const [x, y] of at) await page.mouse.move(x, y, { steps: 4 });
  await expect(page.getByText('n0', { exact: true }).first()).toBeVisible();
  await page.mouse.up();
  // Four others, both directions.
  await expect.poll(async () => (await steps(page))[0]).toBe(before + 8);
  await page.getByRole('button', { name: 'Heal all' }).click();
  await expect.poll(async () => (await steps(page))[0]).toBe(before + 16);
});

test('a partition is also made by choosing its nodes', async ({ page }) => {
  await still(page);
  const [before] = await steps(page);
  await page.getByRole('button', { name: 'Partition' }).click();
  const dialog = page.getByRole('dialog', { name: 'Partition' });
  const cut = dialog.getByRole('button', { name: 'Cut between the groups' });
  await expect(cut).toBeDisabled();
  await dialog.getByLabel('n0').check();
  await dialog.getByLabel('n1').check();
  await expect(dialog).toContainText('n0 n1 | n2 n3 n4');
  await cut.click();
  await expect.poll(async () => (await steps(page))[0]).toBe(before + 12);
});

test('crashing offers the nodes and names the leader', async ({ page }) => {
  await openPage(page);
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  await page.getByRole('button', { name: 'Crash', exact: true }).click();
  const leader = page.getByRole('menuitem', { name: /the leader/ });
  await expect(leader).toHaveCount(1);
  await leader.click();
  await expect(page.getByText('4 of 5 up, quorum 3')).toBeVisible();
});

test('timers are spread and aligned by the clocks, and the recipe tells it', async ({ page }) => {
  await still(page);
  const [before] = await steps(page);
  await page.keyboard.press('t');
  await expect.poll(async () => (await steps(page))[0]).toBe(before + 5);
  await page.keyboard.press('a');
  await expect.poll(async () => (await steps(page))[0]).toBe(before + 10);
  await page.keyboard.press('e');
  const recipe = page.getByTestId('recipe');
  await expect(recipe).toContainText(/^dledger {2}nodes 5/);
  await expect(recipe).toContainText(/skew n4 \d+/);
  await expect(recipe).toContainText(/skew n4 -\d+/);
});
