/** How large the user made the panes. Each layout has sizes of its own. */
import { media } from './media.svelte';
import { prefs } from './prefs.svelte';

export type PaneSize = 'ring' | 'log' | 'side';

const keyOf = (of: PaneSize, beside: boolean): string =>
  `${media.compact ? 'compact' : beside && of === 'ring' ? 'beside' : 'wide'}.${of}`;

export const panes = {
  /** The length to set, or undefined for the usual one. A phone has no borders. */
  css(of: PaneSize, beside: boolean): string | undefined {
    const px = media.phone ? undefined : prefs.panes[keyOf(of, beside)];
    return px === undefined ? undefined : `${px}px`;
  },
  /** null: the usual size. */
  set(of: PaneSize, beside: boolean, px: number | null): void {
    const { [keyOf(of, beside)]: _, ...rest } = prefs.panes;
    prefs.set({ panes: px === null ? rest : { ...rest, [keyOf(of, beside)]: px } });
  },
};
