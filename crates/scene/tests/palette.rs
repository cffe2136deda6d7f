//! The colours keep the promises of the language, computed from the constants: contrast (WCAG 2), and the
//! difference of neighbouring terms (CIEDE2000) as seen with normal, protan and deutan eyes.

use scene::{Ink, Theme};

type Triple = [f64; 3];

const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

fn linear(theme: Theme, ink: Ink) -> Triple {
    theme.rgb(ink).map(|c| {
        let v = f64::from(c) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

fn luminance(theme: Theme, ink: Ink) -> f64 {
    let [r, g, b] = linear(theme, ink);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn ratio(theme: Theme, a: Ink, b: Ink) -> f64 {
    let (x, y) = (luminance(theme, a), luminance(theme, b));
    (x.max(y) + 0.05) / (x.min(y) + 0.05)
}

fn times(m: [Triple; 3], v: Triple) -> Triple {
    m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB.
const NORMAL: [Triple; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const PROTAN: [Triple; 3] =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTAN: [Triple; 3] =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];

fn lab(rgb: Triple) -> Triple {
    let rgb = rgb.map(|v| v.clamp(0.0, 1.0));
    let xyz = times(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ],
        rgb,
    );
    let white = [0.95047, 1.0, 1.08883];
    let f = |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
    let [x, y, z] = [f(xyz[0] / white[0]), f(xyz[1] / white[1]), f(xyz[2] / white[2])];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// CIEDE2000 after Sharma, Wu, Dalal 2005.
fn ciede2000(one: Triple, two: Triple) -> f64 {
    let [l1, a1, b1] = one;
    let [l2, a2, b2] = two;
    let c_mean = (a1.hypot(b1) + a2.hypot(b2)) / 2.0;
    let g = 0.5 * (1.0 - (c_mean.powi(7) / (c_mean.powi(7) + 25f64.powi(7))).sqrt());
    let (a1, a2) = (a1 * (1.0 + g), a2 * (1.0 + g));
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue =
        |a: f64, b: f64| if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) };
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let grey = c1 * c2 == 0.0;
    let mut dh = if grey { 0.0 } else { h2 - h1 };
    if dh > 180.0 {
        dh -= 360.0;
    } else if dh < -180.0 {
        dh += 360.0;
    }
    let (dl, dc) = (l2 - l1, c2 - c1);
    let dh_big = 2.0 * (c1 * c2).sqrt() * (dh / 2.0).to_radians().sin();
    let (l, c) = ((l1 + l2) / 2.0, (c1 + c2) / 2.0);
    let h = if grey {
        h1 + h2
    } else if (h1 - h2).abs() <= 180.0 {
        (h1 + h2) / 2.0
    } else if h1 + h2 < 360.0 {
        (h1 + h2 + 360.0) / 2.0
    } else {
        (h1 + h2 - 360.0) / 2.0
    };
    let cos = |d: f64| d.to_radians().cos();
    let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0)
        - 0.20 * cos(4.0 * h - 63.0);
    let turn = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let rc = 2.0 * (c.powi(7) / (c.powi(7) + 25f64.powi(7))).sqrt();
    let sl = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (sc, sh) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let rt = -(2.0 * turn).to_radians().sin() * rc;
    let (x, y, z) = (dl / sl, dc / sc, dh_big / sh);
    (x * x + y * y + z * z + rt * y * z).sqrt()
}

#[test]
fn the_difference_formula_agrees_with_published_pairs() {
    let pairs = [
        ([50.0, 2.6772, -79.7751], [50.0, 0.0, -82.7485], 2.0425),
        ([50.0, -1.0, 2.0], [50.0, 0.0, 0.0], 2.3669),
        ([50.0, 2.5, 0.0], [73.0, 25.0, -18.0], 27.1492),
        ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
        ([2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082),
    ];
    for (a, b, expected) in pairs {
        assert!((ciede2000(a, b) - expected).abs() < 1e-4, "{a:?} {b:?}");
    }
}

#[test]
fn text_reads_on_every_fill_and_edges_stand_out_from_the_paper() {
    for theme in THEMES {
        for term in 0..12 {
            let text = ratio(theme, Ink::On, Ink::fill_of(term));
            assert!(text >= 5.0, "{theme:?} slot {term}: text {text:.2}");
            let edge = ratio(theme, Ink::edge_of(term), Ink::Surface);
            assert!(edge >= 4.5, "{theme:?} slot {term}: edge {edge:.2}");
        }
    }
}

#[test]
fn near_terms_differ_in_every_eye() {
    for theme in THEMES {
        for (eye, matrix) in [("normal", NORMAL), ("protan", PROTAN), ("deutan", DEUTAN)] {
            let seen: Vec<Triple> =
                (0..12).map(|t| lab(times(matrix, linear(theme, Ink::fill_of(t))))).collect();
            for (distance, least) in [(1, 17.0), (2, 17.0), (3, 14.0)] {
                for term in 0..12 {
                    let other = (term + distance) % 12;
                    let d = ciede2000(seen[term], seen[other]);
                    assert!(d >= least, "{theme:?}, {eye}: terms {term} and {other} differ by {d:.1}");
                }
            }
        }
    }
}

#[test]
fn the_tokens_keep_the_ratios_of_the_table() {
    use Ink::{Bad, BadWash, Chg, Frame, Ink as Text, Ink2, Ink3, Line3, Sel, Surface};
    // Light, then dark.
    let table = [
        (Line3, Surface, 3.3, 4.2),
        (Line3, Frame, 3.0, 4.4),
        (Text, Surface, 18.1, 15.3),
        (Text, Sel, 15.3, 12.1),
        (Ink2, Surface, 9.1, 9.7),
        (Ink2, Sel, 7.7, 7.7),
        (Ink3, Surface, 5.5, 6.3),
        (Ink3, Frame, 5.0, 6.7),
        (Ink3, Sel, 4.6, 5.0),
        (Bad, Surface, 6.9, 6.1),
        (Bad, BadWash, 6.1, 5.5),
        (Text, Chg, 16.2, 10.8),
    ];
    for (a, b, light, dark) in table {
        for (theme, stated) in THEMES.into_iter().zip([light, dark]) {
            let found = ratio(theme, a, b);
            assert!((found - stated).abs() <= 0.1, "{theme:?} {a:?} on {b:?}: {found:.2}, stated {stated}");
        }
    }
    for theme in [Theme::LightPresenter, Theme::DarkPresenter] {
        assert!(ratio(theme, Ink3, Surface) >= 9.0 && ratio(theme, Line3, Surface) >= 9.0, "{theme:?}");
    }
}
