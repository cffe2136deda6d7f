//! Numbers for pictures: written without the formatting of floats, and turned without the C library. Both are large
//! in a wasm module, and a picture needs neither their range nor their last digits.

use core::f64::consts::FRAC_PI_2;

/// A length as text: two decimals at most, no trailing zeros, no minus zero.
#[must_use]
#[allow(clippy::cast_possible_truncation)]
pub fn length(v: f32) -> String {
    // Saturates: a picture has no lengths that large.
    let hundredths = (f64::from(v) * 100.0).round() as i64;
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, part) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
    match part {
        0 => format!("{sign}{whole}"),
        _ if part % 10 == 0 => format!("{sign}{whole}.{}", part / 10),
        _ => format!("{sign}{whole}.{part:02}"),
    }
}

/// Microseconds as seconds with so many decimals, at most six.
pub(crate) fn seconds(us: u64, decimals: usize) -> String {
    let unit = (decimals..6).fold(1_u64, |unit, _| unit * 10);
    let scale = 1_000_000 / unit;
    let rounded = us / unit + u64::from(us % unit * 2 >= unit && unit > 1);
    match decimals {
        0 => format!("{rounded}"),
        _ => format!("{}.{:0decimals$}", rounded / scale, rounded % scale),
    }
}

/// The nearest number between two. Unlike `clamp` it cannot panic, which would bring the formatting of floats along.
pub(crate) fn within(v: f32, least: f32, most: f32) -> f32 {
    v.max(least).min(most)
}

/// A key that orders numbers as `f32::total_cmp` does.
pub(crate) fn rank(v: f32) -> u32 {
    let bits = v.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

/// Sine and cosine of an angle of a few turns at most, exact to an `f32`.
#[allow(clippy::cast_possible_truncation)]
pub(crate) fn sin_cos(angle: f32) -> (f32, f32) {
    let angle = f64::from(angle);
    let quarter = (angle / FRAC_PI_2 + 0.5).floor();
    let x = angle - quarter * FRAC_PI_2;
    let y = x * x;
    let sin = x * (1.0 - y / 6.0 * (1.0 - y / 20.0 * (1.0 - y / 42.0 * (1.0 - y / 72.0))));
    let cos = 1.0 - y / 2.0 * (1.0 - y / 12.0 * (1.0 - y / 30.0 * (1.0 - y / 56.0 * (1.0 - y / 90.0))));
    let (sin, cos) = (sin as f32, cos as f32);
    match quarter as i64 & 3 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// The sine alone.
pub(crate) fn sin(angle: f32) -> f32 {
    sin_cos(angle).0
}

/// The cosine alone.
pub(crate) fn cos(angle: f32) -> f32 {
    sin_cos(angle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        for (v, text) in [(0.0, "0"), (-0.001, "0"), (1.5, "1.5"), (-12.346, "-12.35"), (100.05, "100.05")] {
            assert_eq!(length(v), text);
        }
    }

    #[test]
    fn seconds_are_rounded_to_their_decimals() {
        assert_eq!(seconds(1_234_567, 3), "1.235");
        assert_eq!(seconds(1_234_567, 6), "1.234567");
        assert_eq!(seconds(1_999_999, 0), "2");
        assert_eq!(seconds(50_000, 1), "0.1");
        assert_eq!(seconds(7, 3), "0.000");
    }

    #[test]
    fn turns_are_those_of_the_standard_library() {
        for step in -4000..4000_i16 {
            let angle = f32::from(step) * 0.004;
            let (sin, cos) = sin_cos(angle);
            assert!((sin - angle.sin()).abs() < 2e-7, "sin {angle}");
            assert!((cos - angle.cos()).abs() < 2e-7, "cos {angle}");
        }
    }

    #[test]
    fn ranks_order_numbers() {
        let all = [f32::NEG_INFINITY, -2.0, -0.0, 0.0, 1e-9, 2.0, f32::INFINITY];
        assert!(all.windows(2).all(|two| rank(two[0]) < rank(two[1])));
    }
}
