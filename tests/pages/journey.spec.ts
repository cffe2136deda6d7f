import { expect, test, type Locator, type Page } from '@playwright/test';
import { openPage, pause, replay, steps } from './open';

/** Everything a user comes for, in one sitting, on the real core. */
test('boot, elect, write, reorder, crash, step back, branch, transfer, save, and replay elsewhere', async ({ page }) => {
  test.setTimeout(300_000);
  await page.setViewportSize({ width: 1440, height: 900 });
  const wrong = await openPage(page);
  const nodes = page.getByRole('table', { name: 'Nodes' });

  await test.step('five nodes boot, and nobody leads', async () => {
    await pause(page);
    await page.keyboard.press('Home');
    await expect(nodes.getByRole('row')).toHaveCount(5);
    await expect(nodes).not.toContainText('LEADER');
    await page.keyboard.press('End');
  });

  await test.step('playing, a leader is elected', async () => {
    await expect(async () => {
      await page.getByRole('button', { name: 'Play', exact: true }).click();
      await page.waitForTimeout(1500);
      await pause(page);
      await expect(nodes).toContainText('LEADER', { timeout: 500 });
    }).toPass({ timeout: 60_000 });
  });
  const first = await leader(page);

  await test.step('what is written is in every log, and committed', async () => {
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await until(page, 'commit 0');
    await expect(entries(page, first)).toContainText('0: x=1, term 1, committed');
    await until(page, 'time');
    for (const node of ['n0', 'n1', 'n2', 'n3', 'n4']) await expect(entries(page, node)).toContainText('0: x=1');
  });

  await test.step('of the copies of the next entry one is held, one is lost, and the held one comes last', async () => {
    await page.keyboard.press('c');
    const copies = rows(page, 'APPEND', first);
    await expect(async () => {
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await expect(copies).toHaveCount(4, { timeout: 200 });
    }).toPass({ timeout: 30_000 });
    const [held, lost, other] = await Promise.all([routeOf(copies.nth(0)), routeOf(copies.nth(1)), routeOf(copies.nth(2))]);
    await press(page, row(page, held), 'h');
    await expect(row(page, held)).toContainText('held');
    await press(page, row(page, lost), 'x');
    await expect(row(page, lost)).toHaveCount(0);
    // It was due after the held one, and now comes before it.
    await press(page, row(page, other), 'd');
    await expect(entries(page, other.to)).toContainText('1: x=2');
    await expect(entries(page, held.to)).not.toContainText('1: x=2');
    await press(page, row(page, held), 'h');
    await press(page, row(page, held), 'd');
    await expect(entries(page, held.to)).toContainText('1: x=2');
    await expect(entries(page, lost.to)).not.toContainText('1: x=2');
  });

  const second = await test.step('the leader crashes, and another one is elected', async () => {
    await page.getByRole('button', { name: 'Crash', exact: true }).click();
    await page.getByRole('menuitem', { name: `${first}, the leader` }).click();
    await expect(page.getByText('4 of 5 up, quorum 3')).toBeVisible();
    await until(page, 'leader');
    const next = await leader(page);
    expect(next).not.toBe(first);
    return next;
  });

  await test.step('some steps back the other order is tried; both orders stay', async () => {
    const [at, tip] = await steps(page);
    const messages = page.locator('[data-row^="msg:"]');
    let back = 0;
    while ((await messages.count()) < 2 || back < 3) {
      await page.keyboard.press('ArrowLeft');
      back += 1;
    }
    expect(await steps(page)).toEqual([at - back, tip]);
    await messages.nth(1).getByRole('button').first().click();
    await page.keyboard.press('d');
    await expect(page.getByRole('status').filter({ hasText: 'New branch' })).toContainText(`New branch at step ${at - back}.`);
    const branches = page.getByRole('combobox', { name: 'Branch' });
    await expect(branches.locator('option')).toHaveCount(2);
    await page.keyboard.press('[');
    expect(await steps(page)).toEqual([tip, tip]);
    await expect(nodes.getByRole('row', { name: second })).toContainText('LEADER');
  });

  await test.step('a preferred node is handed the leadership', async () => {
    const preferred = ['n0', 'n1', 'n2', 'n3', 'n4'].find((name) => name !== first && name !== second) ?? '';
    await page.getByRole('button', { name: 'Settings' }).click();
    const field = page.getByLabel('preferredLeaderIds');
    await field.fill(preferred);
    await field.press('Enter');
    await page.getByRole('complementary', { name: 'Settings' }).getByRole('button', { name: 'Close' }).click();
    await pause(page);
    await expect(async () => {
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await expect(rows(page, 'LEADERSHIP_TRANSFER', second).first()).toBeVisible({ timeout: 100 });
    }).toPass({ timeout: 60_000 });
    await until(page, 'leader');
    expect(await leader(page)).toBe(preferred);
  });

  await test.step('the saved run replays elsewhere, to the same digest', async () => {
    await page.getByRole('button', { name: 'Share' }).click();
    const digest = await page.getByTestId('digest').innerText();
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save trace' }).click();
    const file = await (await saving).path();
    const told = await replay(file);
    console.log(told.trim());
    expect(told).toContain('all digests equal');
    expect(told).toContain(digest);
  });
  expect(wrong).toEqual([]);
});

interface Route {
  kind: string;
  from: string;
  to: string;
}

/** Who leads, by the text of the ring. */
async function leader(page: Page): Promise<string> {
  const row = page.getByRole('table', { name: 'Nodes' }).getByRole('row').filter({ hasText: 'LEADER' });
  return row.last().getByRole('rowheader').innerText();
}

const entries = (page: Page, node: string): Locator =>
  page.getByRole('table', { name: 'Entries' }).getByRole('row', { name: new RegExp(`^${node} `) });

/** Rows of the pending list: requests of a kind from a node. */
const rows = (page: Page, kind: string, from: string): Locator =>
  page.locator('[data-row]').filter({ hasText: new RegExp(`${kind}(?!.*SUCCESS).*${from}→n`) });

const row = (page: Page, { kind, from, to }: Route): Locator =>
  page.locator('[data-row]').filter({ hasText: new RegExp(`${kind}.*${from}→${to}`) });

async function routeOf(row: Locator): Promise<Route> {
  const text = (await row.innerText()).replaceAll('\n', ' ');
  const [, from = '', to = ''] = /(n\d)→(n\d)/.exec(text) ?? [];
  return { kind: 'APPEND', from, to };
}

/** Selects a row and presses its key. */
async function press(page: Page, row: Locator, key: string): Promise<void> {
  await row.first().getByRole('button').first().click();
  await page.keyboard.press(key);
}

async function until(page: Page, condition: string): Promise<void> {
  const select = page.getByLabel('Run until');
  const value = await select.locator(`option[value^="${condition}"]`).getAttribute('value');
  await select.selectOption(value ?? '');
}
