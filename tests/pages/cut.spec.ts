import { expect, test, type Page } from '@playwright/test';
import { openPage, pause } from './open';

/** Texts of the pending rows and the transport that are cut: what does not show all of what it says. */
const cut = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    for (const one of document.querySelectorAll<HTMLElement>('[data-row] *, .transport *')) {
      if (one.clientWidth < 3 || one.closest('svg, .unseen, select')) continue;
      const clips = getComputedStyle(one).overflowX !== 'visible' || one.matches('button, [data-row] > .what > *');
      if (clips && one.scrollWidth > one.clientWidth + 1) found.push(`${one.className}: ${one.textContent}`);
    }
    // A list of choices says nothing of what it cuts: a copy that has room tells. Branches have names of any length.
    for (const select of document.querySelectorAll<HTMLSelectElement>('.transport > select')) {
      if (select.clientWidth < 3) continue;
      const copy = select.cloneNode(true) as HTMLSelectElement;
      copy.style.cssText = 'position:absolute;max-width:none;field-sizing:content';
      select.parentElement?.append(copy);
      const [has, needs] = [select, copy].map((one) => one.getBoundingClientRect().width);
      if ((needs ?? 0) > (has ?? 0) + 0.5) found.push(`${select.className}: ${select.value}`);
      copy.remove();
    }
    const [transport, narration] = ['.transport', '.narration'].map((part) => document.querySelector(part)?.getBoundingClientRect());
    const [last] = [...document.querySelectorAll('.transport > *')].filter((one) => one.clientWidth > 3).slice(-1);
    if (transport && narration && (last?.getBoundingClientRect().right ?? 0) > transport.right) found.push('the transport sticks out');
    return found;
  });

for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]] as const) {
  test(`${width}: no text of a pending row or of the transport is cut`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await openPage(page);
    await page.waitForTimeout(1500);
    await pause(page);
    if (width < 640) await page.getByRole('button', { name: 'Pending', exact: true }).click();
    await page.keyboard.press('Home');
    const refusals = page.locator('[data-row]').filter({ hasText: 'REJECT_ALREADY_VOTED' });
    await expect(async () => {
      await page.keyboard.press('ArrowRight');
      await expect(refusals.first()).toBeAttached({ timeout: 300 });
    }).toPass();
    expect(await cut(page)).toEqual([]);
    const chosen = page.locator('[data-row].selected');
    // The last key may still be gliding to its step, and rows move under the pointer then.
    await expect(async () => {
      await refusals.first().locator('.what').click();
      await expect(chosen.getByText('REJECT_ALREADY_VOTED')).toBeVisible({ timeout: 1000 });
    }).toPass();
    await expect(chosen.getByText('REJECT_ALREADY_VOTED')).toBeInViewport({ ratio: 1 });
    expect(await cut(page)).toEqual([]);
    // Acting in the past makes a branch, whose name stands in the transport.
    await chosen.getByRole('button', { name: /^Deliver/ }).click();
    await expect(page.getByRole('status').filter({ hasText: 'New branch' })).toBeVisible();
    expect(await cut(page)).toEqual([]);
    if (width < 640) return;
    await expect(page.getByRole('combobox', { name: 'Branch' })).toBeVisible();
    // Numbers of more digits leave less room.
    for (let i = 0; i < 3; i += 1) await page.getByLabel('Run until').selectOption({ label: '1 s has passed' });
    await expect(page.getByTestId('step')).toHaveText(/step \d{3,}/);
    expect(await cut(page)).toEqual([]);
  });
}
