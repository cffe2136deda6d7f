import { writeFile } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';
import { drop, openPage, pause, replay, saved, steps } from './open';

const PART = /\/(dledger|raft|braft)-[^/]*\.wasm$/;

/** Starts a run of another system from the New run dialog. */
async function startRun(page: Page, system: string, preset: string): Promise<void> {
  await page.getByRole('button', { name: 'New run' }).click();
  const dialog = page.getByRole('dialog', { name: 'New run' });
  await dialog.getByLabel('System').selectOption({ label: system });
  await dialog.getByLabel('Preset').selectOption({ label: preset });
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(page.locator('header .engine')).toHaveText(system);
}

test.beforeEach(async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('a system is fetched when it is chosen, runs, and its saved run replays elsewhere', async ({ page }, info) => {
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(PART.exec(request.url())?.[1] ?? ''));
  const wrong = await openPage(page);
  const parts = (): string[] => fetched.filter((part) => part !== '');
  expect(parts()).toEqual([]);
  await startRun(page, 'Raft', 'RaftScope');
  // The dialog brought the presets of the system it showed first.
  expect(parts().sort()).toEqual(['dledger', 'raft']);
  await pause(page);
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  await page.keyboard.press('c');
  await page.getByLabel('Run until').selectOption({ label: '1 s has passed' });
  await expect(page.getByText('x=1').first()).toBeAttached();
  const trace = await saved(page, 'Save trace');
  expect(trace).toContain('"engine":"raft"');
  expect(trace).toContain('["profile","raftscope"]');
  const file = info.outputPath('raft.qtrace');
  await writeFile(file, trace);
  await replay(file);
  expect(wrong).toEqual([]);
});

test('a message of a system without connections is doubled by U, and the copy says so', async ({ page }) => {
  await openPage(page);
  await startRun(page, 'Raft', 'RaftScope');
  await pause(page);
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  const messages = page.locator('[data-row^="msg:"]');
  const before = await messages.count();
  await messages.first().locator('.what').click();
  await page.keyboard.press('u');
  await expect(messages).toHaveCount(before + 1);
  await expect(messages.filter({ hasText: 'copy' })).toHaveCount(1);
});

test('a network may keep the order of messages, which the saved run says', async ({ page }, info) => {
  const wrong = await openPage(page);
  await page.getByRole('button', { name: 'New run' }).click();
  const dialog = page.getByRole('dialog', { name: 'New run' });
  await dialog.getByLabel('System').selectOption({ label: 'braft' });
  await dialog.getByLabel('Keep order (FIFO)').check();
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(page.locator('header .engine')).toHaveText('braft');
  await pause(page);
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  await page.keyboard.press('e');
  await expect(page.getByTestId('recipe')).toContainText(/^braft.* fifo/);
  await page.keyboard.press('Escape');
  const trace = await saved(page, 'Save trace');
  expect(trace).toContain('"fifo":true');
  const file = info.outputPath('in-order.qtrace');
  await writeFile(file, trace);
  await replay(file);
  expect(wrong).toEqual([]);
});

test('systems that are asked for at once share what all need', async ({ page }) => {
  let fetched = 0;
  await page.route('**/quorumscope_bg*.wasm', async (route) => {
    fetched += 1;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await route.continue();
  });
  const wrong = await openPage(page);
  // The dialog asks for the system it shows first; another is chosen before that has come.
  await startRun(page, 'Raft', 'Textbook');
  await expect.poll(async () => (await steps(page))[0]).toBeGreaterThan(5);
  await startRun(page, 'DLedger', 'DLedger 0.3.1.2');
  await expect.poll(async () => (await steps(page))[0]).toBeGreaterThan(5);
  expect(fetched).toBe(1);
  expect(wrong).toEqual([]);
});

test('a trace of another system than the one shown opens with its own', async ({ page }) => {
  const wrong = await openPage(page);
  await startRun(page, 'Raft', 'Window of two');
  await pause(page);
  const [, tip] = await steps(page);
  const trace = await saved(page, 'Save trace');
  await page.goto('./');
  await expect(page.locator('header .engine')).toHaveText(/DLedger/);
  await drop(page, 'raft.qtrace', trace);
  await expect(page.locator('header .engine')).toHaveText(/Raft/);
  await expect.poll(async () => (await steps(page))[1]).toBe(tip);
  expect(wrong).toEqual([]);
});

test('RaftScope: its speed, and time-out and request in the menu of a server and by /', async ({ page }) => {
  const wrong = await openPage(page);
  const speed = page.getByRole('slider', { name: 'Speed' });
  await expect(speed).toHaveAttribute('aria-valuetext', '1/5×');
  await startRun(page, 'Raft', 'RaftScope');
  await expect(speed).toHaveAttribute('aria-valuetext', '1/100×');
  await pause(page);
  // n1's election timer runs out, nobody else's does.
  await page.keyboard.press('2');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menu', { name: 'n1' }).getByRole('menuitem', { name: 'Time out: election' }).click();
  const table = page.getByRole('table', { name: 'Nodes' });
  await expect(table.getByRole('row', { name: /^n1/ })).toContainText('Candidate');
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  await expect(table.getByRole('row', { name: /^n1/ })).toContainText('Leader');
  // A leader has no election timer. A request to it is found by its name.
  await page.keyboard.press('Shift+F10');
  const menu = page.getByRole('menu', { name: 'n1' });
  await expect(menu.getByRole('menuitem', { name: 'Client request: propose x=1' })).toBeVisible();
  await expect(menu.getByRole('menuitem', { name: 'Time out: election' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  const field = page.getByRole('combobox', { name: /^Find/ });
  await field.fill('n1: resume');
  await expect(page.getByRole('option', { name: /n1: Resume/ })).toHaveAttribute('aria-disabled', 'true');
  await field.press('Enter');
  await expect(field).toBeVisible();
  await field.fill('n1: client');
  await field.press('Enter');
  await expect(page.getByRole('table', { name: 'Entries' })).toContainText('x=1');
  expect(wrong).toEqual([]);
});

test('presets bring their numbers, which can be changed', async ({ page }) => {
  await openPage(page);
  await page.getByRole('button', { name: 'New run' }).click();
  const dialog = page.getByRole('dialog', { name: 'New run' });
  await dialog.getByLabel('System').selectOption({ label: 'Raft' });
  await dialog.getByLabel('Preset').selectOption({ label: 'RaftScope' });
  await expect(dialog.getByLabel('Nodes')).toHaveValue('5');
  await expect(dialog.getByLabel('One-way latency, ms').first()).toHaveValue('10');
  await expect(dialog.getByText(/heartbeat 50 ms/)).toBeVisible();
  await dialog.getByLabel('Preset').selectOption({ label: 'etcd-io/raft' });
  await expect(dialog.getByLabel('Nodes')).toHaveValue('3');
  await dialog.getByLabel('Nodes').fill('7');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText('7 of 7 up, quorum 4')).toBeVisible();
});

test('a run after RaftScope has the usual speed again, or the one that was chosen', async ({ page }) => {
  await openPage(page);
  const speed = page.getByRole('slider', { name: 'Speed' });
  await startRun(page, 'Raft', 'RaftScope');
  await startRun(page, 'DLedger', 'DLedger 0.3.1.2');
  await expect(speed).toHaveAttribute('aria-valuetext', '1/5×');
  await startRun(page, 'Raft', 'RaftScope');
  await page.keyboard.press('-');
  const chosen = (await speed.getAttribute('aria-valuetext')) ?? '';
  expect(chosen).not.toBe('1/100×');
  await startRun(page, 'DLedger', 'DLedger 0.3.1.2');
  await expect(speed).toHaveAttribute('aria-valuetext', chosen);
});

test('the log scenario of RaftScope: two nodes are up, the leader has three entries', async ({ page }) => {
  const wrong = await openPage(page);
  await startRun(page, 'Raft', 'RaftScope');
  // A client waits already, for a write with the words of one of the scenario's.
  await page.keyboard.press('c');
  await page.keyboard.press('l');
  await expect(page.getByText('2 of 5 up, quorum 3')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await expect(page.getByRole('row', { name: /leader/i }).first()).toBeAttached();
  await expect(page.getByText('x=3').first()).toBeAttached();
  // And on by key, and the leader crashes and boots.
  await page.keyboard.press('.');
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
  await page.keyboard.press('.');
  await page.keyboard.press('r');
  await expect(page.getByTestId('narration')).toContainText(/^n\d starts as Follower/);
  await expect(page.getByText('2 of 5 up, quorum 3')).toBeVisible();
  expect(wrong).toEqual([]);
});

test('the keys of RaftScope move the election timers that run out first', async ({ page }) => {
  await openPage(page);
  await startRun(page, 'Raft', 'RaftScope');
  await pause(page);
  const due = async () => {
    const rows = await page.locator('[data-row]').filter({ hasText: 'election' }).allInnerTexts();
    return rows.map((row) => row.split('\n').at(-1));
  };
  const all = (await due()).length;
  expect(all).toBeGreaterThan(3);
  expect(new Set(await due()).size).toBe(all);
  await page.keyboard.press('a');
  await expect.poll(async () => new Set(await due()).size).toBe(all - 1);
  await page.keyboard.press('t');
  await expect.poll(async () => new Set(await due()).size).toBe(all);
});

test('who takes part at first is shown as fixed among the settings', async ({ page }) => {
  await openPage(page);
  await startRun(page, 'Raft', 'RaftScope');
  await page.getByRole('button', { name: 'Settings' }).click();
  const panel = page.getByRole('complementary', { name: 'Settings' });
  await expect(panel.getByLabel('voters', { exact: true })).toHaveAttribute('readonly');
  await expect(panel.getByLabel('learners', { exact: true })).toHaveAttribute('readonly');
  await expect(panel.getByText('Fixed once the run has begun.')).toHaveCount(2);
  await expect(panel.getByLabel('retry_tick', { exact: true })).not.toHaveAttribute('readonly');
});

test('a replicator and the ballot of an entry that waits are told beside the picture', async ({ page }) => {
  const wrong = await openPage(page);
  await startRun(page, 'braft', 'Small demo');
  await pause(page);
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  // Step by step: one peer's probe succeeds before the other's, and next_index has two marks for a while.
  for (let step = 0; step < 14; step++) await page.keyboard.press('ArrowRight');
  await page.getByLabel('Run until').selectOption({ label: '1 s has passed' });
  const log = page.getByRole('table', { name: 'Entries' });
  await expect(log.getByRole('rowheader', { name: /n\d IDLE next 2/ })).toHaveCount(2);
  await page.keyboard.press('c');
  // The write reaches the leader, which appends it and sends it on.
  const waits = log.getByText(/held by \d\/2 of a quorum/);
  for (let step = 0; step < 12 && (await waits.count()) === 0; step++) {
    const [at] = await steps(page);
    await page.keyboard.press('ArrowRight');
    await expect.poll(async () => (await steps(page))[0]).toBe(at + 1);
  }
  await expect(waits).toHaveCount(1);
  await expect(log.getByRole('rowheader', { name: /n\d APPENDING \[2,2\] ●1/ })).toHaveCount(2);
  expect(wrong).toEqual([]);
});

test('a chosen link shows what each of its ends keeps about the other, in every system', async ({ page }) => {
  await openPage(page);
  for (const [system, preset, field] of [
    ['DLedger', null, 'writeIndex'],
    ['Raft', 'RaftScope', 'next'],
    ['braft', 'braft defaults', 'next_index'],
  ] as const) {
    if (preset) await startRun(page, system, preset);
    await pause(page);
    await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
    const leader = /^n\d/.exec(await page.getByTestId('narration').innerText())?.[0] ?? '';
    await page.getByRole('button', { name: 'Cut', exact: true }).click();
    const link = page.getByRole('menuitem', { name: leader }).first();
    const ends = (await link.innerText()).split(' – ');
    const peer = ends.find((end) => end !== leader) ?? '';
    await link.click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('i');
    const side = page.getByRole('complementary', { name: 'Inspector' });
    await expect(side.getByRole('heading', { name: ends.join(' – ') })).toBeVisible();
    await expect(side.getByRole('heading', { name: `${leader} about ${peer}` })).toBeVisible();
    await expect(side.getByRole('rowheader', { name: field, exact: true }).first()).toBeVisible();
    await page.keyboard.press('Escape');
  }
});

test('a disk that shall fail the next write says so in the menu, the sentence and the picture', async ({ page }) => {
  await openPage(page);
  await startRun(page, 'braft', 'braft defaults');
  await pause(page);
  await page.keyboard.press('2');
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Next write it waits for fails' }).click();
  await expect(page.getByTestId('narration')).toHaveText('The next write that n1 waits for will fail on its disk.');
  await page.keyboard.press('2');
  await page.keyboard.press('Shift+F10');
  const again = page.getByRole('menuitem', { name: /Next write it waits for fails/ });
  await expect(again).toHaveAttribute('aria-disabled', 'true');
  await expect(again).toContainText('the disk of n1 is about to fail already');
});

test('on a phone the table of entries has what the log scenario wrote', async ({ page }) => {
  await openPage(page);
  await startRun(page, 'Raft', 'RaftScope');
  await pause(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.keyboard.press('.');
  await page.keyboard.press('l');
  await expect(page.getByRole('table', { name: 'Entries' })).toContainText('1: x=1');
});
