import { expect, test, type Page } from '@playwright/test';
import { openPage, steps } from './open';

test('a scenario is chosen from the list and told caption by caption', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const wrong = await openPage(page);
  expect(asked.filter((path) => path.includes('/scenarios/'))).toEqual([]);
  await page.getByRole('button', { name: 'Scenarios' }).click();
  const list = page.getByRole('dialog', { name: 'Scenarios' });
  await expect(list.getByRole('listitem')).not.toHaveCount(0);
  await list.getByRole('button', { name: /^First election/ }).click();
  await expect(list).toBeHidden();
  await expect(page.locator('header.top')).toContainText('First election');
  await expect(page.getByTestId('caption-place')).toHaveText('1 / 8');
  const [at, tip] = await steps(page);
  expect(at).toBe(0);
  expect(tip).toBeGreaterThan(40);
  // Playing stops where the caption's stretch ends.
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible({ timeout: 15_000 });
  await expect.poll(async () => (await steps(page))[0]).toBe(16);
  await page.keyboard.press('PageDown');
  await expect(page.getByTestId('caption-place')).toHaveText('2 / 8');
  await expect(page.getByText(/A node asks itself too/)).toBeVisible();
  await page.keyboard.press('PageUp');
  await expect(page.getByTestId('caption-place')).toHaveText('1 / 8');
  // The cursor leads, the caption follows.
  await page.keyboard.press('End');
  await expect(page.getByTestId('caption-place')).toHaveText('8 / 8');
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toBeDisabled();
  expect(new URL(page.url()).hash).toBe('#s=dledger/first_election');
  expect(wrong).toEqual([]);
});

test('on a phone a scenario leaves the log four of its rows at least', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openPage(page, '#s=braft/seven_probes');
  await page.keyboard.press('End');
  await expect(page.getByRole('region', { name: 'Overview' })).toBeHidden();
  const rows = await page.locator('.log .rows').boundingBox();
  expect(rows?.height ?? 0).toBeGreaterThan(24 + 4 * 33);
  await page.getByRole('button', { name: /^Close/ }).last().click();
  await expect(page.getByRole('region', { name: 'Overview' })).toBeVisible();
});

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]] as const) {
  test(`${width}: what the real system breaks too is told first among the rules`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openPage(page, '#s=dledger/committed_entry_lost');
    await expect(page.getByTestId('caption-place')).toBeVisible();
    await page.keyboard.press('End');
    const rule = page.getByRole('region', { name: 'Rules' }).getByRole('button', { name: /^Completeness/ });
    await expect(rule).toHaveAttribute('title', /committed in term 2\. V3 .*broken, as in the real system$/);
    const [strip, shown] = [await page.getByRole('region', { name: 'Rules' }).boundingBox(), await rule.boundingBox()];
    // Seen: within the strip's one line.
    expect(shown?.y ?? 0).toBeGreaterThanOrEqual(strip?.y ?? Infinity);
    expect((shown?.y ?? Infinity) + (shown?.height ?? 0)).toBeLessThanOrEqual((strip?.y ?? 0) + (strip?.height ?? 0));
    expect((shown?.x ?? Infinity) + (shown?.width ?? 0)).toBeLessThanOrEqual(width);
  });
}

test('acting leaves the scenario for a branch; its caption stays until it is closed', async ({ page }) => {
  await openPage(page, '#s=dledger/first_election');
  await expect(page.getByTestId('caption-place')).toHaveText('1 / 8');
  await page.keyboard.press('End');
  await page.keyboard.press('Shift+ArrowLeft');
  const place = await page.getByTestId('caption-place').innerText();
  const [at] = await steps(page);
  await page.keyboard.press('c');
  await expect(page.getByRole('status')).toContainText(`New branch at step ${at}.`);
  await expect(page.getByTestId('caption-place')).toHaveText(place);
  await page.getByRole('button', { name: 'Back to the scenario' }).click();
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toBeVisible();
  await expect.poll(async () => (await steps(page))[1]).toBe(45);
  await page.getByRole('button', { name: 'Close the scenario' }).click();
  await expect(page.getByTestId('caption-place')).toBeHidden();
  expect(new URL(page.url()).hash).toBe('');
});

interface Story {
  id: string;
  engine: string;
  title: string;
  captions: { to: number; text: string }[];
}

/** What the page shows while a story is told: after each key its caption, and whatever it says is wrong. */
interface Told {
  text: string | null;
  place: string | null;
  step: number;
  wrong: string[];
}

/**
 * Tells the story that is open. A key plays what a caption tells, one more goes to its end, and the next one tells the next
 * caption. The keys are pressed in the page: hundreds of them from outside would take minutes.
 */
const tell = (page: Page, captions: number): Promise<Told[]> =>
  page.evaluate(async (most) => {
    const text = (selector: string) => document.querySelector(selector)?.textContent?.trim() ?? null;
    const now = (): Told => ({
      text: text('[data-testid=caption] p.told'),
      place: text('[data-testid=caption-place]'),
      step: Number(/\d+/.exec(text('[data-testid=step]') ?? '')?.[0]),
      wrong: [...document.querySelectorAll('[role=status], [role=alert]')].map((said) => said.textContent.trim()).filter(Boolean),
    });
    const all = [now()];
    const next = document.querySelector<HTMLButtonElement>('.caption .primary');
    for (let press = 0; press < most && next && !next.disabled; press += 1) {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'PageDown', bubbles: true, cancelable: true }));
      await new Promise((shown) => setTimeout(shown));
      all.push(now());
    }
    return all;
  }, 3 * captions);

const ENGINES = ['dledger', 'raft', 'braft'];

for (const engine of ENGINES) {
  test(`${engine}: every scenario of the list is told to its end, caption by caption`, async ({ page, request }) => {
    const list = (await (await request.get('./scenarios/index.json')).json()) as { id: string; engine: string }[];
    expect(ENGINES).toEqual(expect.arrayContaining(list.map((entry) => entry.engine)));
    const mine = list.filter((entry) => entry.engine === engine);
    expect(mine.length).toBeGreaterThan(4);
    // Small pictures are painted sooner.
    await page.setViewportSize({ width: 800, height: 600 });
    const wrong = await openPage(page);
    for (const { id } of mine) {
      const story = (await (await request.get(`./scenarios/${id}.json`)).json()) as Story;
      const places = story.captions.map((_, i) => `${i + 1} / ${story.captions.length}`);
      await page.evaluate((fragment) => (location.hash = fragment), `s=${id}`);
      await expect(page.locator('header.top')).toContainText(story.title);
      await expect(page.getByTestId('caption-place')).toHaveText(places[0] ?? '');
      const seen = await tell(page, places.length);
      const order = seen.filter((now, i) => now.place !== seen[i - 1]?.place);
      expect(order.map(({ place }) => place), id).toEqual(places);
      expect(order.map(({ text }) => text), id).toEqual(story.captions.map(({ text }) => text));
      expect(seen.at(-1)?.step, id).toBe(story.captions.at(-1)?.to);
      expect(seen.flatMap((now) => now.wrong), id).toEqual([]);
      expect(wrong, id).toEqual([]);
    }
  });
}

test('a link to no scenario says so, and the demo runs', async ({ page }) => {
  await openPage(page, '#s=dledger/none');
  await expect(page.getByRole('status')).toContainText('dledger/none');
});

test('the seven logs of braft are told to the end, with nothing wrong on the way', async ({ page }) => {
  const wrong = await openPage(page, '#s=braft/seven_probes');
  const last = page.getByText('Nine calls for n1');
  // The key first ends what plays, and then goes on.
  await expect(async () => {
    await page.keyboard.press('PageDown');
    await expect(last).toBeVisible({ timeout: 300 });
  }).toPass();
  expect(wrong).toEqual([]);
});
