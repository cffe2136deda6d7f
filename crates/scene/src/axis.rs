//! A stretch of time laid out from left to right, and its ticks.

use crate::geometry::Bounds;
use crate::number::{seconds, within};
use crate::scene::Scene;
use crate::shape::{Font, Ink, Paint, TextStyle};
use crate::text;

/// Which instant is where.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Axis {
    pub left: f32,
    pub right: f32,
    pub from_us: u64,
    pub to_us: u64,
}

impl Axis {
    pub fn x(&self, us: u64) -> f32 {
        let span = self.to_us.saturating_sub(self.from_us).max(1) as f64;
        let part = (us as f64 - self.from_us as f64) / span;
        self.left + (part * f64::from(self.right - self.left)) as f32
    }

    /// The position kept inside the plot.
    pub fn inside(&self, us: u64) -> f32 {
        within(self.x(us), self.left, self.right)
    }

    /// The smallest nice step whose ticks are so many pixels apart.
    fn step(&self, apart: f32) -> u64 {
        let span = self.to_us.saturating_sub(self.from_us).max(1) as f64;
        let least = span * f64::from(apart) / f64::from((self.right - self.left).max(1.0));
        let mut decade: u64 = 1;
        loop {
            for factor in [1, 2, 5] {
                let step = decade.saturating_mul(factor);
                if step as f64 >= least || step == u64::MAX {
                    return step;
                }
            }
            decade = decade.saturating_mul(10);
        }
    }

    /// Grid lines and their labels; a label that would cover the playhead's flag or another is left out.
    pub fn draw(&self, scene: &mut Scene, (top, bottom): (f32, f32), baseline: f32, flag: Bounds) {
        let step = self.step(56.0);
        let decimals = decimals(step);
        let style = TextStyle::new(Font::Mono, 11.0, Ink::Ink3);
        let first = self.from_us.div_ceil(step);
        let last = self.to_us / step;
        let mut free_from = f32::MIN;
        for k in first..=last {
            let us = k * step;
            let x = self.x(us);
            scene.line(x, top, x, bottom, Paint::line(Ink::Line, 1.0));
            let mut word = seconds(us, decimals);
            if k == first {
                word.push_str(" s");
            }
            let w = text::width(&word, style.font, style.size);
            let left = if x - w / 2.0 < self.left { x } else { x - w / 2.0 };
            let area = Bounds::new(left - 4.0, 0.0, w + 8.0, 14.0);
            if left < free_from || left + w > self.right + 12.0 || area.meets(&flag) {
                continue;
            }
            if left == x {
                scene.text(x, baseline, &word, style);
            } else {
                scene.text(x, baseline, &word, style.middle());
            }
            free_from = left + w + 12.0;
        }
    }
}

/// Decimals that tell two ticks apart.
fn decimals(step_us: u64) -> usize {
    let mut unit = 1_000_000;
    let mut decimals = 0;
    while decimals < 6 && !step_us.is_multiple_of(unit) {
        unit /= 10;
        decimals += 1;
    }
    decimals
}

/// The playhead's words: milliseconds, or finer when the instant is.
pub(crate) fn playhead_words(us: u64) -> String {
    let decimals = if us.is_multiple_of(1000) {
        3
    } else if us.is_multiple_of(100) {
        4
    } else {
        6
    };
    format!("{} s", seconds(us, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_nice_and_far_enough_apart() {
        let axis = Axis { left: 76.0, right: 1426.0, from_us: 0, to_us: 1_500_000 };
        assert_eq!(axis.step(56.0), 100_000);
        assert_eq!(decimals(100_000), 1);
        assert_eq!(decimals(20_000), 2);
        assert_eq!(decimals(5), 6);
        assert_eq!(decimals(2_000_000), 0);
        assert_eq!(seconds(1_200_000, 3), "1.200");
        assert_eq!(playhead_words(1_200_000), "1.200 s");
        assert_eq!(playhead_words(1_200_050), "1.200050 s");
    }

    #[test]
    fn an_empty_stretch_is_harmless() {
        let axis = Axis { left: 76.0, right: 76.0, from_us: 5, to_us: 5 };
        assert!(axis.x(5).is_finite() && axis.step(56.0) > 0);
    }
}
