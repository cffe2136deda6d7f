/** What a decision is called on a button, and which decision a key means. */
import type { Act, IfLost, PendingRow } from '../engine/types';
import type { TextKey } from '../i18n/en';
import { spanText } from './format';
import type { MenuEntry } from './page.svelte';

type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

const PLAIN = {
  deliver: 'verb.deliver',
  drop: 'verb.drop',
  dup: 'verb.dup',
  hold: 'verb.hold',
  release: 'verb.release',
  delay: 'verb.delay',
  fire: 'verb.fire',
  timeout: 'verb.timeout',
  finish: 'verb.finish',
  fail: 'verb.fail',
  restart: 'verb.restart',
  pause: 'verb.pause',
  resume: 'verb.resume',
  wipe: 'verb.wipe',
  failnext: 'verb.failnext',
} as const satisfies Record<string, TextKey>;

/** What dropping is called where the transport makes more of it than a loss. */
const DROPS = { silence: 'verb.drop', timesOut: 'verb.drop.timesOut', breaks: 'verb.drop.breaks' } as const satisfies Record<IfLost, TextKey>;

/** The button's words for a decision. One that we have no words for shows its own text. */
export function actLabel(decision: string, t: Translate, ifLost?: IfLost | null): string {
  const [verb = '', a = '', b = ''] = decision.split(' ');
  if (verb === 'drop') return t(DROPS[ifLost ?? 'silence']);
  if (verb in PLAIN) return t(PLAIN[verb as keyof typeof PLAIN]);
  switch (verb) {
    case 'crash':
      return t(b === 'power' ? 'verb.crash.power' : b === 'torn' ? 'verb.crash.torn' : 'verb.crash');
    case 'cut':
      return t('verb.cut', { a, b });
    case 'heal':
      return t('verb.heal', { a, b });
    case 'skew': {
      const us = Number(b);
      return t(us < 0 ? 'verb.skew.back' : 'verb.skew.ahead', { span: spanText(Math.abs(us)) });
    }
    case 'slow':
      return b === '0' ? t('verb.slow.0') : t('verb.slow', { span: spanText(Number(b)) });
    case 'shape':
      return t('verb.shape', { a, b });
    case 'unshape':
      return t('verb.unshape', { a, b });
    case 'do':
      return given(decision, t);
    default:
      return decision;
  }
}

/** The words for an act in a menu: those of a node's own timers and commands leave out whose they are. */
function menuLabel({ verb, decision, own }: Act, t: Translate, ifLost?: IfLost | null): string {
  if (own === undefined) return actLabel(decision, t, ifLost);
  return verb === 'do' ? own : t(verb === 'fire' ? 'verb.fire.own' : 'verb.request', { own });
}

/** The lines of a menu of acts, each named by the decisions it takes, a line each. A node that runs is restarted as in RaftScope's menu: it crashes and boots. */
export function menuLines(acts: readonly Act[], t: Translate, ifLost?: IfLost | null): MenuEntry[] {
  const crash = acts.find((act) => act.verb === 'crash' && act.reason === null);
  const down = acts.find((act) => act.verb === 'pause' && act.reason !== null);
  const lines = acts.map((act) => {
    const line = { id: act.decision, label: menuLabel(act, t, ifLost), reason: act.reason };
    return crash && act.verb === 'restart' && act.reason !== null ? { ...line, id: `${crash.decision}\n${act.decision}`, reason: null } : line;
  });
  // The timers of a node that is down are gone with its memory: their place keeps a line that says so.
  if (!down || acts.some(({ verb }) => verb === 'fire')) return lines;
  return [{ id: down.decision.replace('pause', 'fire'), label: t('verb.timeout'), reason: down.reason }, ...lines];
}

/** A command to a node or client. Handing over leadership has words of its own, whatever the engine. */
function given(decision: string, t: Translate): string {
  const [, who = '', verb = '', ...args] = decision.split(' ');
  if (verb === 'transfer' && args[0]) return t('verb.transfer', { from: who, to: args[0] });
  return t('verb.do', { who, command: [verb, ...args].join(' ') });
}

/** The keys of the pending list, each with the verbs it can mean. */
const KEY_VERBS = {
  deliver: ['deliver', 'fire', 'finish'],
  drop: ['drop', 'timeout', 'fail'],
  duplicate: ['dup'],
  hold: ['hold', 'release'],
  delay: ['delay'],
} as const;

export type ActKey = keyof typeof KEY_VERBS;

/** The act of a row that a key means; the default one for `deliver` on whatever the row is. */
export function actFor(row: PendingRow, key: ActKey): Act | undefined {
  const verbs: readonly string[] = KEY_VERBS[key];
  const fitting = row.acts.filter((act) => verbs.includes(act.verb));
  return fitting.find((act) => act.reason === null) ?? fitting[0] ?? (key === 'deliver' ? row.acts[0] : undefined);
}

/** The letter shown on an act's button. */
export function keyOf(verb: string): string {
  const letters: Record<ActKey, string> = { deliver: 'D', drop: 'X', duplicate: 'U', hold: 'H', delay: 'Y' };
  const found = (Object.keys(KEY_VERBS) as ActKey[]).find((key) => (KEY_VERBS[key] as readonly string[]).includes(verb));
  return found ? letters[found] : '';
}
