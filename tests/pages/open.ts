import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, type Page } from '@playwright/test';

/** Opens the page and waits for its run; whatever goes wrong on it ends up in the list. */
export async function openPage(page: Page, fragment = ''): Promise<string[]> {
  const wrong: string[] = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(error.message));
  await page.goto(`./${fragment}`);
  // The engine's name is there when the engine is.
  await expect(page.locator('header .engine')).toBeAttached();
  await expect(page.getByTestId('step')).toHaveText(/step \d+ \/ \d+/);
  return wrong;
}

/** The step shown and the tip of its branch. */
export async function steps(page: Page): Promise<[number, number]> {
  const numbers = (await page.getByTestId('step').innerText()).match(/\d+/g) ?? [];
  return [Number(numbers[0]), Number(numbers[1])];
}

/** Pauses a playing run and waits until it stands still. */
export async function pause(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Pause', exact: true });
  if (await button.isVisible()) await button.click();
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await page.locator('body').click({ position: { x: 1, y: 1 } });
}

/** A canvas's pixels as text, to tell one picture from another. */
export const pixels = (page: Page, label: string): Promise<string> =>
  page.getByLabel(label).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

/** What a button of the Share dialog saves. */
export async function saved(page: Page, button: string): Promise<string> {
  await page.getByRole('button', { name: 'Share' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  const text = await readFile(await (await saving).path(), 'utf8');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  return text;
}

/** Drops a file on the page, as a hand does. */
export async function drop(page: Page, name: string, text: string): Promise<void> {
  await page.evaluate(
    ([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    [name, text] as const,
  );
}

/** What the program says of a saved run; rejects when it differs. `QUORUMSCOPE` is a program that is made already. */
export async function replay(file: string): Promise<string> {
  const made = process.env['QUORUMSCOPE'];
  const [program, args] = made ? [made, []] : ['cargo', ['run', '--quiet', '-p', 'quorumscope', '--']];
  return (await promisify(execFile)(program, [...args, 'replay', file])).stdout;
}
