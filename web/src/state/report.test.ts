import { describe, expect, it } from 'vitest';
import type { Flight, Setting } from '../engine/types';
import { recipe } from './recipe';
import { mermaid, report } from './report';

const TRACE = [
  '{"qtrace":{"version":1,"engine":"dledger","engine_version":3,"nodes":2,"clients":1,"seed":"7","latency_us":[1000,2000],"settings":[["maxHeartBeatLeak","4"]]}}',
  '{"branch":{"name":"main","tip":9}}',
  '{"do":[3,1500000,"crash n1"]}',
  '{"branch":{"name":"fork 1","parent":[0,2],"cause":"x","tip":5}}',
  '{"do":[3,0,"restart n1"]}',
  '{"end":6}',
].join('\n');
const flight = (over: Partial<Flight>): Flight => ({
  from: 'n0',
  to: 'n1',
  label: 'V0',
  reply: false,
  sentUs: 0,
  lost: false,
  endedUs: 2000,
  ...over,
});
const setting = (name: string, value: string): Setting => ({
  name,
  value,
  unit: 'ms',
  default: '3',
  min: 0,
  max: 9,
  choices: [],
  doc: '',
  fixed: false,
});

describe('the recipe', () => {
  it('tells every action at its step and instant, branch by branch', () => {
    expect(recipe(TRACE).split('\n')).toEqual([
      'dledger  nodes 2  clients 1  seed 7  latency 1000–2000 µs',
      'set maxHeartBeatLeak 4',
      '',
      'branch main',
      '     3  1.500 s  crash n1',
      '',
      'branch fork 1  from branch 0, step 2',
      '     3        ·  restart n1',
    ]);
  });
});

describe('the diagram', () => {
  it('has requests, replies, lost ones and clients', () => {
    const text = mermaid([flight({}), flight({ from: 'n1', to: 'n0', reply: true }), flight({ from: 'c0', lost: true })], 2);
    expect(text.split('\n')).toEqual([
      'sequenceDiagram',
      '  participant c0',
      '  participant n0',
      '  participant n1',
      '  n0->>n1: V0 0.002 s',
      '  n1-->>n0: V0 0.002 s',
      '  c0-xn1: V0 lost 0.002 s',
    ]);
  });

  it('cannot be broken by what a message says', () => {
    expect(mermaid([flight({ label: 'a;b#c:d\ne' })], 2)).toContain('n0->>n1: a b c d e 0.002 s');
  });
});

describe('the report', () => {
  it('says everything that is needed to see the same', () => {
    const text = report({
      sentence: 'two leaders in term 1.',
      engine: 'DLedger',
      models: 'DLedger 0.3',
      page: '0.1.0',
      step: 5,
      tip: 9,
      seed: '7',
      digest: 'abc',
      nodes: 2,
      settings: [setting('a', '3'), setting('b', '4')],
      trace: TRACE,
      flights: [flight({})],
      link: 'https://example.org/#t=1.x',
    });
    expect(text).toMatch(/^# DLedger: two leaders in term 1\.\n/);
    for (const part of ['DLedger 3', 'Quorumscope 0.1.0', 'Seed: 7', '`abc`', '`b` = 4 ms (default 3)', 'crash n1', '```mermaid', '#t=1.x']) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('`a` =');
  });
});
