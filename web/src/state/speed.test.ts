import { describe, expect, it } from 'vitest';
import { SLIDER_MAX, SLOWEST, faster, sliderOf, slowdownAt, slower, speedLabel } from './speed';

describe('speed', () => {
  it('walks the ladder and stays at its ends', () => {
    expect(faster(100)).toBe(50);
    expect(slower(100)).toBe(200);
    expect(faster(1)).toBe(1);
    expect(slower(SLOWEST)).toBe(SLOWEST);
  });

  it('finds the neighbours of a speed that is not on the ladder', () => {
    expect(faster(300)).toBe(200);
    expect(slower(300)).toBe(500);
  });

  it('labels real time without a fraction', () => {
    expect(speedLabel(1)).toBe('1×');
    expect(speedLabel(100)).toBe('1/100×');
  });

  it('has every place of the slider stand for one speed', () => {
    for (let place = 0; place <= SLIDER_MAX; place += 1) expect(sliderOf(slowdownAt(place))).toBe(place);
    expect(slowdownAt(0)).toBe(SLOWEST);
    expect(slowdownAt(SLIDER_MAX)).toBe(1);
  });
});
