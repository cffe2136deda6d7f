/** What the device is like: its size, its theme, how it is pointed at. */
import { prefs } from './prefs.svelte';

function watch(query: string): { readonly on: boolean } {
  const list = typeof matchMedia === 'function' ? matchMedia(query) : null;
  let on = $state(list?.matches ?? false);
  list?.addEventListener('change', (event) => (on = event.matches));
  return {
    get on() {
      return on;
    },
  };
}

// The same limits as in styles/layout.css.
const phone = watch('(width < 640px)');
const compact = watch('(width < 1180px) or (height < 820px)');
const embedded = watch('(height < 480px)');
const dark = watch('(prefers-color-scheme: dark)');
const still = watch('(prefers-reduced-motion: reduce)');
const touch = watch('(pointer: coarse)');

export const media = {
  get phone() {
    return phone.on;
  },
  get compact() {
    return compact.on;
  },
  get embedded() {
    return embedded.on;
  },
  get still() {
    return still.on;
  },
  get touch() {
    return touch.on;
  },
  get dark() {
    return prefs.theme === 'system' ? dark.on : prefs.theme === 'dark';
  },
};
