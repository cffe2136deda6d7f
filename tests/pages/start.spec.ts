import { expect, test } from '@playwright/test';

test('the engine arrives under the strict policy, from a folder, with no request elsewhere', async ({ page, baseURL }) => {
  const wrong: string[] = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(baseURL ?? '')) wrong.push(request.url());
  });
  await page.goto('./');
  await expect(page.getByTestId('version')).toHaveText(/^\d+\.\d+\.\d+$/);
  expect(wrong).toEqual([]);
});
