import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { Ajv } from 'ajv';
import { drop, openPage, pause, saved, steps } from './open';

test.beforeEach(async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await openPage(page);
  await pause(page);
  await page.getByLabel('Run until').selectOption({ label: 'the leader changes' });
  await page.keyboard.press('c');
  await page.getByLabel('Run until').selectOption({ label: '1 s has passed' });
});

test('a bug report has all that is needed to see the same', async ({ page }) => {
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByLabel('preferredLeaderIds').fill('n1');
  await page.getByLabel('preferredLeaderIds').press('Enter');
  await page.getByRole('button', { name: 'Share' }).click();
  const digest = await page.getByTestId('digest').innerText();
  const link = await page.getByTestId('link').inputValue();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  const report = await saved(page, 'Save bug report');
  expect(report).toMatch(/^# DLedger: \S/);
  for (const part of [digest, link, 'Seed: 1', '`preferredLeaderIds` = n1', 'do c0 append x=1', '```mermaid\nsequenceDiagram']) {
    expect(report).toContain(part);
  }
  const arrows = report.match(/^ {2}\w+-+(>>|x)\w+: \S/gm) ?? [];
  expect(arrows.length).toBeGreaterThan(10);
  expect(arrows.length).toBeLessThanOrEqual(40);
});

test('a bug report is copied at one click', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('button', { name: 'Copy bug report' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^# DLedger: /);
});

test('a trace dropped on the page opens', async ({ page }) => {
  const text = await saved(page, 'Save trace');
  const before = await steps(page);
  await page.keyboard.press('Home');
  await drop(page, 'run.qtrace', text);
  await page.keyboard.press('End');
  await expect.poll(() => steps(page)).toEqual(before);
});

test('a trace fits its schema, and what the page refuses does not', async ({ page }) => {
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('c');
  const text = await saved(page, 'Save trace');
  const schema = new Ajv({ strict: true, strictTuples: false }).compile(JSON.parse(readFileSync('docs/qtrace.schema.json', 'utf8')));
  const lines = text.trimEnd().split('\n');
  const words = lines.map((line) => Object.keys(JSON.parse(line))[0]);
  expect(new Set(words)).toEqual(new Set(['qtrace', 'branch', 'do', 'bytes', 'wholes', 'end']));
  expect(text).toContain('"parent":[0,');
  for (const line of lines) expect(schema(JSON.parse(line)), `${line.slice(0, 200)}: ${JSON.stringify(schema.errors)}`).toBe(true);

  const broken: [RegExp, string][] = [
    [/"version":1/, '"version":2'],
    [/"seed":"/, '"seed":"x'],
    [/"nodes":\d+/, '"nodes":10'],
    [/"clients":\d+/, '"clients":10'],
    [/"loss_ppm":\d+/, '"loss_ppm":1000001'],
    [/"settings":/, '"more":0,"settings":'],
    [/"tip":/, '"top":'],
    [/"digest":"./, '"digest":"G'],
    [/"do":\[/, '"do":[-1,'],
    [/"bytes":"./, '"bytes":"'],
    [/"wholes":"./, '"wholes":"'],
    [/"end":\d+/, '"end":"1"'],
  ];
  for (const [from, to] of broken) {
    const at = lines.findIndex((line) => from.test(line));
    const line = lines[at]!.replace(from, to);
    expect(schema(JSON.parse(line)), line.slice(0, 200)).toBe(false);
    await drop(page, 'broken.qtrace', lines.map((old, i) => (i === at ? line : old)).join('\n'));
    await expect(page.getByRole('status').filter({ hasText: 'broken.qtrace' }), line.slice(0, 200)).toBeVisible();
    await page.getByRole('status').filter({ hasText: 'broken.qtrace' }).getByRole('button', { name: 'Close' }).click();
  }
});

test('a file of another engine version tells what differs first', async ({ page }) => {
  const text = await saved(page, 'Save trace');
  // Another version that sent the first messages otherwise: from some step on its digests are others.
  const lines = text.split('\n').map((line) => {
    if (line.startsWith('{"qtrace"')) return line.replace(/"engine_version":\d+/, '"engine_version":999');
    return line.startsWith('{"bytes"') ? line.replace(/"bytes":"(.{20})../, (_, kept: string) => `"bytes":"${kept}zz`).replace('zz', line.slice(30, 32) === '00' ? '01' : '00') : line;
  });
  await drop(page, 'old.qtrace', lines.join('\n'));
  const status = page.getByRole('status').filter({ hasText: 'old.qtrace' });
  await expect(status).toContainText(/Made with DLedger 999; this page has \d+\./);
  await expect(status).toContainText(/step 11 differs/);
});
