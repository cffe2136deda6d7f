/** Which key does what. Those of RaftScope keep their meaning. */
export const KEYS = {
  play: [' ', '.'],
  request: ['c'],
  restartLeader: ['r'],
  spread: ['t'],
  align: ['a'],
  scenario: ['l'],
  resumeAll: ['b'],
  fork: ['f'],
  recipe: ['e'],
  help: ['?'],
  back: ['ArrowLeft'],
  forward: ['ArrowRight'],
  back10: ['Shift+ArrowLeft'],
  forward10: ['Shift+ArrowRight'],
  start: ['Home'],
  tip: ['End'],
  nextCaption: ['PageDown'],
  previousCaption: ['PageUp'],
  previousBranch: ['['],
  nextBranch: [']'],
  nextRow: ['j'],
  previousRow: ['k'],
  deliver: ['d'],
  drop: ['x'],
  duplicate: ['u'],
  hold: ['h'],
  delay: ['y'],
  default: ['Enter'],
  why: ['w'],
  inspector: ['i'],
  goTo: ['g'],
  find: ['/'],
  slower: ['-', '−'],
  faster: ['+', '='],
  slow: ['n'],
  presenter: ['p'],
  nextPane: ['F6'],
  menu: ['ContextMenu', 'Shift+F10'],
  close: ['Escape'],
  node: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
} as const satisfies Record<string, readonly string[]>;

export type KeyAction = keyof typeof KEYS;

export interface Stroke {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const BY_KEY = new Map<string, KeyAction>(
  Object.entries(KEYS).flatMap(([action, keys]) => keys.map((key) => [key, action as KeyAction] as const)),
);

/** Keys that stay when single keys are switched off: they are no letters that one types by accident. */
const ALWAYS: readonly KeyAction[] = ['close', 'menu', 'nextPane', 'help', 'nextCaption', 'previousCaption'];

/** What a stroke means; null for none of ours. The browser's own shortcuts stay its own. */
export function actionOf(stroke: Stroke, singleKeys = true): KeyAction | null {
  if (stroke.ctrlKey || stroke.metaKey || stroke.altKey) return null;
  const { key } = stroke;
  const named = key.length > 1;
  const name = named && stroke.shiftKey ? `Shift+${key}` : named ? key : key.toLowerCase();
  const action = BY_KEY.get(name) ?? null;
  return action && (singleKeys || ALWAYS.includes(action)) ? action : null;
}
