/** What every picture of the run is told about how it is looked at. */
import type { PaintOptions } from '../engine/types';
import { i18n } from '../i18n/texts.svelte';
import { media } from './media.svelte';
import type { Run } from './run.svelte';
import type { Viewport } from './viewport.svelte';

/** How wide a column of the log table is drawn: on a phone none has room for a value. */
export const logColumn = (viewport: Viewport): number => (media.phone ? Math.min(viewport.column, 32) : viewport.column);

/** Columns that fit beside the row heads of the log table, which are as wide as the scene draws them. */
export function logColumns(width: number, viewport: Viewport): number {
  const head = media.phone ? 90 : media.compact ? 104 : 118;
  return Math.max(1, (width - head) / logColumn(viewport));
}

export function look(run: Run, width: number): PaintOptions {
  const { viewport } = run;
  return {
    dark: media.dark,
    atUs: run.shownUs,
    playing: run.playing,
    hovered: run.hovered,
    selected: run.selected,
    focused: null,
    touch: media.touch,
    compact: media.compact,
    phone: media.phone,
    chinese: i18n.language === 'zh',
    windowUs: viewport.window(run.shownUs),
    fold: viewport.fold,
    logFrom: viewport.logFrom(run.status, logColumns(width, viewport)),
    logColumn: logColumn(viewport),
  };
}

/** What a picture depends on, besides its size. */
export function mark(run: Run): unknown {
  return [
    run.frame,
    run.hovered,
    run.selected,
    media.dark,
    media.compact,
    media.phone,
    i18n.language,
    run.viewport.column,
    run.viewport.fold,
    run.viewport.window(0),
  ];
}
