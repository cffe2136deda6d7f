// Serves dist/ from a folder that is not the root, under the strictest policy the page promises
// to work with. The page tests use it, so both promises are tested with every one of them.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { ROOT } from './lib.mjs';

const FOLDER = '/any/folder/';
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

function fileOf(url) {
  const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  if (!path.startsWith(FOLDER)) return null;
  const dist = join(ROOT, 'dist');
  const file = normalize(join(dist, path.slice(FOLDER.length) || 'index.html'));
  return file.startsWith(dist + sep) ? file : null;
}

const port = Number(process.argv[2] ?? 4173);
createServer((request, response) => {
  const file = fileOf(request.url ?? '/');
  const size = file && statSync(file, { throwIfNoEntry: false })?.size;
  if (!file || size === undefined) {
    response.writeHead(404).end('There is nothing here.');
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-length': size,
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
  });
  createReadStream(file).pipe(response);
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}${FOLDER}`));
