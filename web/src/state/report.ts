/** A bug report in Markdown: everything somebody else needs to see the same. */
import type { Flight, Setting } from '../engine/types';
import { instantText } from './format';
import { recipe } from './recipe';

export interface ReportFacts {
  /** One sentence: what is wrong, or what was last seen. */
  sentence: string;
  engine: string;
  models: string;
  /** The version of the page. */
  page: string;
  step: number;
  tip: number;
  seed: string;
  digest: string;
  nodes: number;
  settings: Setting[];
  /** The trace file's text. */
  trace: string;
  flights: Flight[];
  link: string;
}

/** As many messages as a diagram can be read with. */
export const FLIGHTS_MAX = 40;

function engineVersion(trace: string): string {
  const head = JSON.parse(trace.slice(0, trace.indexOf('\n'))) as { qtrace?: { engine_version?: number } };
  return String(head.qtrace?.engine_version ?? '?');
}

/** The last messages as a Mermaid sequence diagram; a lost one ends in a cross. */
export function mermaid(flights: readonly Flight[], nodes: number): string {
  const names = Array.from({ length: nodes }, (_, id) => `n${id}`);
  const clients = [...new Set(flights.flatMap(({ from, to }) => [from, to]))].filter((name) => !names.includes(name));
  const arrow = ({ reply, lost }: Flight) => `${reply ? '--' : '-'}${lost ? 'x' : '>>'}`;
  // These signs mean something in a diagram.
  const plain = (text: string) => text.replace(/[;#:\n]/g, ' ');
  const lines = flights.map(
    (one) => `  ${one.from}${arrow(one)}${one.to}: ${plain(one.label)} ${one.lost ? 'lost ' : ''}${instantText(one.endedUs)}`,
  );
  return ['sequenceDiagram', ...[...clients.sort(), ...names].map((name) => `  participant ${name}`), ...lines].join('\n');
}

export function report(facts: ReportFacts): string {
  const other = facts.settings.filter(({ value, default: usual }) => value !== usual);
  const settings = other.map(({ name, value, unit, default: usual }) => `- \`${name}\` = ${value} ${unit} (default ${usual})`);
  return [
    `# ${facts.engine}: ${facts.sentence}`,
    '',
    `- Engine: ${facts.engine} ${engineVersion(facts.trace)} (${facts.models}), Quorumscope ${facts.page}`,
    `- Seed: ${facts.seed}`,
    `- Step ${facts.step} of ${facts.tip}, digest \`${facts.digest}\``,
    `- Link: ${facts.link}`,
    '',
    '## Settings that differ from the defaults',
    '',
    ...(settings.length ? settings : ['None.']),
    '',
    '## Steps',
    '',
    '```',
    recipe(facts.trace),
    '```',
    '',
    `## The last ${facts.flights.length} messages`,
    '',
    '```mermaid',
    mermaid(facts.flights, facts.nodes),
    '```',
    '',
  ].join('\n');
}
