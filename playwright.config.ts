import { defineConfig } from '@playwright/test';

const port = Number(process.env['QUORUMSCOPE_PORT'] ?? 4917);
const executablePath = process.env['CHROME'] ?? process.env['CHROMIUM'];

export default defineConfig({
  testDir: 'tests/pages',
  fullyParallel: true,
  forbidOnly: true,
  workers: 2,
  reporter: 'list',
  // What is waited for comes, or never does: a slow machine must not decide which.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    baseURL: `http://127.0.0.1:${port}/any/folder/`,
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
    },
  },
  webServer: {
    command: `node tools/serve.mjs ${port}`,
    url: `http://127.0.0.1:${port}/any/folder/`,
    reuseExistingServer: false,
  },
});
