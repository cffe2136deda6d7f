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
// With everything larger, the same room is smaller.
const compactPresented = watch('(width < 1593px) or (height < 1107px)');
const embedded = watch('(height < 480px)');
const dark = watch('(prefers-color-scheme: dark)');
const still = watch('(prefers-reduced-motion: reduce)');
const touch = watch('(pointer: coarse)');

/** How much larger presenter mode makes everything; the same number as in styles/layout.css. */
const PRESENTER_ZOOM = 1.35;

export const media = {
  /** Pixels of the screen for one of the page's. */
  get zoom() {
    return prefs.presenter ? PRESENTER_ZOOM : 1;
  },
  get phone() {
    return phone.on;
  },
  get compact() {
    return prefs.presenter ? compactPresented.on : compact.on;
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
