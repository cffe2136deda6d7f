import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { openPage, pause, pixels, replay, steps } from './open';

const RING = /^Ring of nodes/;
const ring = 'Ring of nodes. Arrows walk the nodes, Enter does the default act.';

test('steps go on and back by key, and the picture with them', async ({ page }) => {
  await openPage(page);
  await page.waitForTimeout(1500);
  await pause(page);
  const [at] = await steps(page);
  expect(at).toBeGreaterThan(0);
  const here = await pixels(page, ring);
  await page.keyboard.press('ArrowLeft');
  await expect.poll(async () => (await steps(page))[0]).toBe(at - 1);
  await expect.poll(() => pixels(page, ring)).not.toBe(here);
  await page.keyboard.press('ArrowRight');
  await expect.poll(async () => (await steps(page))[0]).toBe(at);
  await page.keyboard.press('Home');
  await expect.poll(async () => (await steps(page))[0]).toBe(0);
});

test('acting in the past makes a branch, and Undo shows the old one again', async ({ page }) => {
  await openPage(page);
  await page.waitForTimeout(2000);
  await pause(page);
  const [, tip] = await steps(page);
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  const at = 10;
  await expect.poll(() => steps(page)).toEqual([at, tip]);
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText(`New branch at step ${at}.`);
  expect(await steps(page)).toEqual([at + 1, at + 1]);
  await page.getByRole('button', { name: 'Undo' }).click();
  expect(await steps(page)).toEqual([at, tip]);
});

test('a node is crashed from its menu, and cannot be crashed again', async ({ page }) => {
  await openPage(page);
  await pause(page);
  await page.getByLabel(RING).focus();
  await page.keyboard.press('1');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Crash', exact: true }).click();
  await expect(page.getByText('4 of 5 up, quorum 3')).toBeVisible();
  await page.getByLabel(RING).focus();
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menuitem', { name: /^Crash/ }).first()).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Escape');
  await page.keyboard.press('b');
  await expect(page.getByText('5 of 5 up, quorum 3')).toBeVisible();
});

test('a node that runs is restarted at one click, in two steps', async ({ page }) => {
  await openPage(page);
  await pause(page);
  const [, tip] = await steps(page);
  await page.getByLabel(RING).focus();
  await page.keyboard.press('2');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Restart', exact: true }).click();
  await expect(page.getByTestId('narration')).toContainText('n1');
  expect(await steps(page)).toEqual([tip + 2, tip + 2]);
  await expect(page.getByText('5 of 5 up, quorum 3')).toBeVisible();
});

test('a run that went far for nothing has a way back', async ({ page }) => {
  await openPage(page);
  await pause(page);
  const until = page.getByLabel('Run until');
  await until.selectOption({ label: 'the leader changes' });
  await expect(page.getByTestId('narration')).toContainText('LEADER');
  const [at] = await steps(page);
  await until.selectOption({ label: 'the leader changes' });
  await page.getByRole('button', { name: `Back to step ${at}` }).click();
  await expect.poll(async () => (await steps(page))[0]).toBe(at);
});

test('a message is delayed by key, and comes later', async ({ page }) => {
  await openPage(page);
  await pause(page);
  await page.keyboard.press('Home');
  const messages = page.locator('[data-row^="msg:"]');
  await expect(async () => {
    await page.keyboard.press('ArrowRight');
    await expect(messages.first()).toBeVisible({ timeout: 300 });
  }).toPass();
  const name = (await messages.first().getAttribute('data-row')) ?? '';
  const row = page.locator(`[data-row="${name}"]`);
  const due = async () => Number((await row.locator('.due').innerText()).match(/[\d.]+/)?.[0]);
  const before = await due();
  await row.getByRole('button').first().click();
  await page.keyboard.press('y');
  await expect(page.getByTestId('narration')).toContainText(/^You delay the VOTE/);
  // As long again as the longest way.
  expect(await due()).toBeGreaterThan(before + 40);
});

test('without anything chosen the inspector has the numbers of the run', async ({ page }) => {
  await openPage(page);
  await page.waitForTimeout(1000);
  await pause(page);
  await page.keyboard.press('Home');
  await page.keyboard.press('i');
  const side = page.getByRole('complementary', { name: 'Inspector' });
  const value = (name: string) => side.locator('dt', { hasText: name }).locator('+ dd');
  // All nodes of DLedger boot as candidates.
  await expect(value('Elections')).toHaveText('1');
  await expect(value('Messages an entry')).toHaveText('none');
  await page.keyboard.press('End');
  await expect(value('Messages sent')).not.toHaveText('0');
  await expect(value('Time without a leader')).not.toHaveText('0.000 s');
  await page.keyboard.press('1');
  await expect(value('Elections')).toBeHidden();
});

test('the inspector shows a client, which no picture draws, and its menu has what it can ask', async ({ page }) => {
  // Wide enough for the inspector to stand beside the list.
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPage(page);
  await page.waitForTimeout(4500);
  await pause(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('i');
  const side = page.getByRole('complementary', { name: 'Inspector' });
  await side.getByRole('button', { name: 'c0' }).last().click();
  await expect(side.getByRole('heading', { name: 'c0' })).toBeVisible();
  const of = (name: string) => side.locator('dt', { hasText: name }).last().locator('+ dd');
  await expect(of('counter')).toHaveText('0');
  await side.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: /^Client request: append/ }).click();
  await expect(of('counter')).toHaveText('1');
  // The request waits for its answer in the list of what is pending, which leads to the client too.
  await page.getByLabel(RING).focus();
  await page.keyboard.press('1');
  await expect(side.getByRole('heading', { name: 'n0' })).toBeVisible();
  await page.locator('[data-row^="op:"] .what').click();
  await expect(side.getByRole('heading', { name: 'c0' })).toBeVisible();
  await side.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'load 50', exact: true }).click();
  await expect(of('load')).toContainText('50');
  // It reads what it wrote last.
  await page.getByLabel('Run until').selectOption({ label: '1 s has passed' });
  await side.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: /^get \d+$/ }).click();
  await page.getByLabel('Run until').selectOption({ label: '1 s has passed' });
  await expect(side.locator('li', { hasText: /^get \d+/ })).toContainText(/\+ SUCCESS/);
});

test('a request over a connection cannot be doubled, and the button says why', async ({ page }) => {
  await openPage(page);
  await page.waitForTimeout(2000);
  await pause(page);
  // Ten steps from the boot the polls are under way.
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  const row = page.locator('[data-row^="msg:"]').first();
  await row.locator('.what').click();
  const button = row.getByRole('button', { name: /^Duplicate/ });
  await expect(button).toBeDisabled();
  await expect(button).toHaveAttribute('title', /never delivers twice/);
});

for (const [story, probes] of [['raft/figure_7', '2.0'], ['braft/seven_probes', '4.0']] as const) {
  test(`${story}: the numbers of the run tell the probes of a repair`, async ({ page }) => {
    await openPage(page, `#s=${story}`);
    await expect(page.getByTestId('caption-place')).toBeVisible();
    await page.keyboard.press('i');
    const row = page.getByRole('complementary', { name: 'Inspector' }).locator('dt', { hasText: 'Probes a repair' });
    await expect(row).toHaveCount(0);
    await page.keyboard.press('End');
    await expect(row.locator('+ dd')).toHaveText(probes);
  });
}

test('the inspector shows a node in the words of its system, and why', async ({ page }) => {
  await openPage(page);
  await page.waitForTimeout(1500);
  await pause(page);
  await page.keyboard.press('1');
  await page.keyboard.press('i');
  const side = page.getByRole('complementary', { name: 'Inspector' });
  await expect(side.getByRole('heading', { name: 'n0' })).toBeVisible();
  await expect(side).toContainText('currTerm');
  await expect(side.getByTestId('why').getByRole('listitem').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(side).toBeHidden();
});

test('a setting out of its range is refused and put back', async ({ page }) => {
  await openPage(page);
  await pause(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  const field = page.getByRole('complementary', { name: 'Settings' }).locator('input[inputmode=numeric]').first();
  const before = await field.inputValue();
  await field.fill('not a number');
  await field.press('Tab');
  await expect(page.getByRole('status')).not.toBeEmpty();
  await expect(field).toHaveValue(before);
});

test('a link holds the whole run', async ({ page, context }) => {
  await openPage(page);
  await page.waitForTimeout(1500);
  await pause(page);
  const [, tip] = await steps(page);
  await page.keyboard.press('c');
  // The first act waits for what acting takes.
  await expect.poll(async () => (await steps(page))[1]).toBe(tip + 1);
  const [at] = await steps(page);
  const narration = await page.getByTestId('narration').innerText();
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(page.getByTestId('link')).toHaveValue(/#t=1\./);
  const link = await page.getByTestId('link').inputValue();
  // The program reads what the page makes.
  expect(await replay(link)).toMatch(/has digest [0-9a-f]{16}/);
  const other = await context.newPage();
  await openPage(other, new URL(link).hash);
  await pause(other);
  await other.keyboard.press('End');
  await expect.poll(async () => (await steps(other))[0]).toBe(at);
  await expect(other.getByTestId('narration')).toHaveText(narration);
});

test('a damaged link says so and the demo runs', async ({ page }) => {
  await openPage(page, '#t=1.AAAA');
  await expect(page.getByRole('status')).toContainText(/damaged|link/i);
  await expect.poll(async () => (await steps(page))[0]).toBeGreaterThan(0);
});

test('a saved trace opens again; a bad file is named with its place', async ({ page }) => {
  await openPage(page);
  await page.waitForTimeout(1000);
  await pause(page);
  const [, tip] = await steps(page);
  await page.keyboard.press('c');
  // The first act waits for what acting takes.
  await expect.poll(async () => (await steps(page))[1]).toBe(tip + 1);
  const before = await steps(page);
  await page.getByRole('button', { name: 'Share' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save trace' }).click();
  const file = await (await saving).path();
  const text = await readFile(file, 'utf8');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('Home');
  await page.getByRole('button', { name: 'Share' }).click();
  const choose = page.locator('input[type=file]');
  await choose.setInputFiles({ name: 'run.qtrace', mimeType: 'text/plain', buffer: Buffer.from(text) });
  await expect(page.getByRole('dialog')).toBeHidden();
  await page.keyboard.press('End');
  await expect.poll(() => steps(page)).toEqual(before);
  await page.getByRole('button', { name: 'Share' }).click();
  await choose.setInputFiles({ name: 'bad.qtrace', mimeType: 'text/plain', buffer: Buffer.from('{"no":') });
  await expect(page.getByRole('status')).toContainText(/bad\.qtrace:1:\d+/);
  expect(await steps(page)).toEqual(before);
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose another file' }).click();
  await (await chooser).setFiles({ name: 'run.qtrace', mimeType: 'text/plain', buffer: Buffer.from(text) });
  await expect(page.getByRole('status')).toBeEmpty();
});
