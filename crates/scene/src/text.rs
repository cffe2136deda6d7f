//! How wide a text is: one fixed table, the same for every medium, so that a layout never depends on a font.

use crate::shape::Font;

/// Advance widths of U+0020 to U+007E in thousandths of an em: DejaVu Sans, the widest of the families.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
    636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
    1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
    500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
    635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// The same for weights from 600.
#[rustfmt::skip]
const BOLD: [u16; 95] = [
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365,
    696, 696, 696, 696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580,
    1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850,
    733, 850, 770, 720, 682, 812, 774, 1103, 771, 724, 725, 457, 365, 457, 838, 500,
    500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687,
    716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838,
];

/// Every monospaced glyph, in thousandths of an em.
const MONO: u16 = 602;

/// Width of a text in pixels at a size.
#[must_use]
pub fn width(text: &str, font: Font, size: f32) -> f32 {
    let sum: u32 = text.chars().map(|c| u32::from(advance(c, font))).sum();
    sum as f32 * size / 1000.0
}

/// Advance of one character in thousandths of an em.
fn advance(c: char, font: Font) -> u16 {
    if is_wide(c) {
        return 1000;
    }
    if is_mark(c) {
        return 0;
    }
    if font.is_mono() {
        return MONO;
    }
    let table = if font.weight() >= 600 { &BOLD } else { &REGULAR };
    match (c as u32).checked_sub(0x20).and_then(|i| table.get(i as usize)) {
        Some(w) => *w,
        None => symbol(c),
    }
}

/// The symbols the pictures use; anything else is as wide as the widest common letter.
fn symbol(c: char) -> u16 {
    match c {
        '\u{2006}' => 167,
        '·' | '’' | '‘' => 380,
        '–' | '‖' | '°' => 500,
        '“' | '”' => 657,
        '…' | '—' => 1000,
        '▲' | '△' | '◆' | '◇' => 769,
        '●' | '○' => 873,
        _ => 838,
    }
}

/// Ideographs and full-width punctuation: 1 em.
fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd)
}

/// Combining marks and joiners take no room of their own.
fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36f | 0x200b..=0x200f | 0xfe00..=0xfe0f)
}

/// Breaks a text at spaces into lines no wider than `room`, at most `lines`; the last one ends in `…` when
/// something had to go. A word wider than the room stands alone and is cut.
#[must_use]
pub fn wrap(text: &str, font: Font, size: f32, room: f32, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match out.last_mut() {
            Some(line)
                if width(line, font, size) + width(word, font, size) + width(" ", font, size) <= room =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => out.push(word.to_owned()),
        }
    }
    let over = out.len() > lines;
    out.truncate(lines);
    if let (true, Some(last)) = (over, out.last_mut()) {
        last.push('…');
    }
    for line in &mut out {
        *line = fit(line, font, size, room);
    }
    out
}

/// The text, cut at the end and marked with `…` when it is wider than `room`.
#[must_use]
pub fn fit(text: &str, font: Font, size: f32, room: f32) -> String {
    if width(text, font, size) <= room {
        return text.to_owned();
    }
    let mut kept: String = text.trim_end_matches('…').to_owned();
    while !kept.is_empty() && width(&kept, font, size) + width("…", font, size) > room {
        kept.pop();
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_come_from_the_table() {
        assert_eq!(width("A", Font::Sans, 10.0), 6.84);
        assert_eq!(width("A", Font::SansSemi, 10.0), 7.74);
        assert_eq!(width("AB", Font::Mono, 10.0), 12.04);
        assert_eq!(width("选举", Font::Mono, 12.0), 24.0);
        assert_eq!(width("", Font::Sans, 12.0), 0.0);
    }

    #[test]
    fn wrapping_never_exceeds_the_room() {
        let text = "appended index 7 is not above committed 8 and so n2 stopped itself";
        for room in [30.0, 60.0, 92.0, 140.0] {
            for line in wrap(text, Font::Sans, 11.0, room, 2) {
                assert!(width(&line, Font::Sans, 11.0) <= room, "{line} at {room}");
            }
        }
        assert_eq!(wrap("commit 8", Font::Sans, 11.0, 92.0, 2), ["commit 8"]);
    }
}
