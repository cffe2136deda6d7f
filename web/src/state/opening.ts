/** Opens what somebody brings or asks for: a scenario, a link's fragment, a file. */
import type { Lab, LabMaker } from '../engine/types';
import { t } from '../i18n/texts.svelte';
import { decodeLink } from './link';
import type { Page } from './page.svelte';
import { Story, fetchStory, storyFragment, storyOfFragment } from './story.svelte';

export interface Opener {
  page: Page;
  /** Shows a run, or says what is wrong with it and keeps the one shown. */
  attempt: (open: (maker: LabMaker) => Lab, name?: string) => Promise<boolean>;
}

/** Larger than any trace this page writes. */
const FILE_BYTES_MAX = 50_000_000;

/** Opens a scenario at its first step; the link in the address bar is then its own. */
export async function openStory({ page, attempt }: Opener, id: string): Promise<boolean> {
  page.dialog = null;
  try {
    const story = await fetchStory(id);
    if (!(await attempt((made) => made.openTrace(story.trace), story.title))) return false;
    page.story ??= new Story(page.run);
    page.story.show(story);
    history.replaceState(null, '', storyFragment(id));
    return true;
  } catch (error) {
    page.run.notice = { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
    return false;
  }
}

export async function openFragment(opener: Opener, fragment: string): Promise<boolean> {
  try {
    const story = storyOfFragment(fragment);
    if (story !== null) return await openStory(opener, story);
    const bytes = await decodeLink(fragment);
    return bytes !== null && (await opener.attempt((made) => made.openLink(bytes)));
  } catch (error) {
    opener.page.run.notice = { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
    return false;
  }
}

export async function openFile({ page, attempt }: Opener, file: File): Promise<void> {
  page.dialog = null;
  if (file.size > FILE_BYTES_MAX) {
    page.run.notice = { kind: 'badFile', message: t('file.tooLarge', { name: file.name, most: FILE_BYTES_MAX / 1e6 }) };
  } else {
    const text = await file.text();
    await attempt((made) => made.openTrace(text), file.name);
  }
}
