/** What the page needs once a run can be acted on: the menu, and what its entries are called. */
export { default as Menu } from '../../ui/Menu.svelte';
export * as acts from '../../state/acts';
