//! Spans of time as people write them.

use crate::limits;

const UNITS: [(&str, u64); 3] = [("us", 1), ("ms", 1000), ("s", 1_000_000)];

/// Reads `3s`, `250ms`, `40us`, `1.5s`; at most a day.
pub(crate) fn span(word: &str) -> Option<u64> {
    let split = word.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = word.split_at_checked(split)?;
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || part.len() > 6 || !digits(whole) || !digits(part) {
        return None;
    }
    let mut us = whole.parse::<u64>().ok()?.checked_mul(*factor)?;
    if !part.is_empty() {
        let scale = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
        let scaled = part.parse::<u64>().ok()?.checked_mul(*factor)?;
        // A microsecond is the smallest piece of time there is.
        if scaled % scale != 0 {
            return None;
        }
        us = us.checked_add(scaled / scale)?;
    }
    (us <= limits::SPAN_US).then_some(us)
}

fn digits(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit())
}

/// The same text back, in the largest unit that needs no fraction.
pub(crate) fn print(us: u64) -> String {
    let unit = UNITS.iter().rev().find(|(_, factor)| us.is_multiple_of(*factor) && us > 0);
    match unit {
        Some((name, factor)) => format!("{}{name}", us / factor),
        None => "0ms".to_owned(),
    }
}

/// A time for people: milliseconds, with a fraction when there is one.
pub(crate) fn tell(us: u64) -> String {
    match us % 1000 {
        0 => format!("{} ms", us / 1000),
        part => format!("{}.{part:03} ms", us / 1000),
    }
}

/// Reads `1s..3s`, or `1s` as exactly that.
pub(crate) fn range(word: &str) -> Option<(u64, u64)> {
    let (low, high) = match word.split_once("..") {
        Some((low, high)) => (span(low)?, span(high)?),
        None => (span(word)?, span(word)?),
    };
    (low <= high).then_some((low, high))
}

/// The same text back.
pub(crate) fn print_range((low, high): (u64, u64)) -> String {
    if low == high { print(low) } else { format!("{}..{}", print(low), print(high)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_back_as_printed() {
        for (text, us) in
            [("3s", 3_000_000), ("250ms", 250_000), ("40us", 40), ("1.5s", 1_500_000), ("0ms", 0)]
        {
            assert_eq!(span(text), Some(us), "{text}");
            assert_eq!(span(&print(us)), Some(us), "{text}");
        }
        for wrong in ["", "3", "s", ".5s", "3.s", "-1s", "0.5us", "99999999999999999999s", "90000s", "3sec"] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
        assert_eq!(range("300ms..999ms"), Some((300_000, 999_000)));
        assert_eq!(range("2s..1s"), None);
    }
}
