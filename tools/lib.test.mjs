import { expect, test } from 'vitest';
import { executableIn } from './lib.mjs';

const made = (executable, test, kind = 'bin') => JSON.stringify({ target: { name: 'it', kind: [kind] }, profile: { test }, executable });

test('a program is found, whether its tests are told before or after it', () => {
  const [program, tests] = [made('/it', false), made('/deps/it-0', true)];
  expect(executableIn([program, tests].join('\n'), 'it')).toBe('/it');
  expect(executableIn([tests, program, 'warning: other'].join('\n'), 'it')).toBe('/it');
});

test('a bench is found, of which cargo says that it is a test', () => {
  expect(executableIn(made('/deps/it-1', true, 'bench'), 'it')).toBe('/deps/it-1');
});

test('a program that is not made is an empty name', () => {
  expect(executableIn([made(null, false), made('/deps/it-0', true)].join('\n'), 'it')).toBe('');
});
