//! Reading what the page exports: trace files and links.

use std::fs;

use kernel::Record;
use lab::{ReplayError, Session};

use crate::End;

/// The version of links, which stands before what they pack.
const VERSION: &str = "1";

/// Base64url's alphabet.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Reads a file's or a link's run.
pub fn record(name: &str) -> Result<Record, End> {
    if let Some((before, text)) = name.split_once("#t=") {
        // Signs of the whole link, from 1.
        let from = before.chars().count() + 4;
        return link(text).map_err(|wrong| {
            End::BadInput(match wrong {
                Wrong::At(at, why) => format!("link:1:{}: {why}", from + at),
                Wrong::Packed(e) => format!("link:{e}"),
            })
        });
    }
    let bytes = fs::read(name).map_err(|e| End::BadInput(format!("{name}: {e}")))?;
    trace::read(&bytes).map_err(|e| End::BadInput(format!("{name}:{e}")))
}

/// What is wrong with a link.
#[derive(Debug)]
enum Wrong {
    /// At a sign of what follows `#t=`, from 0.
    At(usize, String),
    /// In the bytes that it packs.
    Packed(trace::TraceError),
}

/// Reads what follows `#t=`: the version, a dot, and the run's bytes, deflated, as base64url.
fn link(text: &str) -> Result<Record, Wrong> {
    let at = |at: usize, why: &str| Wrong::At(at, why.to_owned());
    let Some((version, packed)) = text.split_once('.') else {
        return Err(at(text.chars().count(), "a link has a version, a dot, and what it packs"));
    };
    if version != VERSION {
        let version: String = version.chars().take(20).collect();
        let why = format!("the link is of version `{version}`; this program reads version {VERSION}");
        return Err(Wrong::At(0, why));
    }
    let begin = VERSION.len() + 1;
    let bytes = base64url(packed).map_err(|wrong| {
        at(begin + wrong, "a link holds letters, digits, - and _, and ends after a whole byte")
    })?;
    let limit = trace::LINK_BYTES_MAX;
    let bytes = miniz_oxide::inflate::decompress_to_vec_with_limit(&bytes, limit).map_err(|_| {
        Wrong::At(begin, format!("the link is damaged from here on, or unpacks to more than {limit} bytes"))
    })?;
    trace::unpack(&bytes).map_err(Wrong::Packed)
}

/// The bytes, or which sign is wrong, from 0.
fn base64url(text: &str) -> Result<Vec<u8>, usize> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    let signs = text.trim_end_matches('=');
    // Four signs are three bytes: one sign alone is less than a byte.
    if signs.chars().count() % 4 == 1 {
        return Err(signs.chars().count());
    }
    for (at, sign) in signs.chars().enumerate() {
        let value = ALPHABET.iter().position(|letter| char::from(*letter) == sign).ok_or(at)?;
        bits = (bits << 6 | u32::try_from(value).unwrap_or(0)) & 0x3fff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_le_bytes()[0]);
        }
    }
    Ok(out)
}

/// Rebuilds a run; a difference is told as a failure, anything else as bad input.
pub fn open(name: &str, record: &Record) -> Result<Box<dyn Session>, End> {
    lab::open(record).map_err(|error| match error {
        ReplayError::Diverged { .. } => {
            let engines = lab::ENGINES.iter().map(|entry| (entry.info)());
            let here = engines.into_iter().find(|info| info.name == record.setup.engine);
            if let Some(info) = here.filter(|info| info.version != record.engine_version) {
                eprintln!(
                    "{name}: made with {} {}; this program has {}",
                    info.title, record.engine_version, info.version
                );
            }
            eprintln!("{name}: {error}");
            End::Failed
        }
        other => End::BadInput(format!("{name}: {other}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_reads_what_the_standard_writes() {
        assert_eq!(base64url("Zm9vYmFy"), Ok(b"foobar".to_vec()));
        assert_eq!(base64url("Zm9vYg=="), Ok(b"foob".to_vec()));
        assert_eq!(base64url("-_8"), Ok(vec![0xfb, 0xff]));
        assert_eq!(base64url("a+b"), Err(1));
        assert_eq!(base64url("abcde"), Err(5));
    }

    /// As the page writes them.
    fn text_of(record: &Record) -> String {
        let bytes = miniz_oxide::deflate::compress_to_vec(&trace::pack(record), 6);
        let sign = |bits: u32| char::from(ALPHABET[bits as usize & 63]);
        let mut text = format!("{VERSION}.");
        for three in bytes.chunks(3) {
            let word =
                three.iter().enumerate().fold(0, |word, (i, byte)| word | u32::from(*byte) << (16 - 8 * i));
            text.extend((0..=three.len()).map(|i| sign(word >> (18 - 6 * i))));
        }
        text
    }

    fn played() -> Record {
        let mut session = lab::start(kernel::Setup::new("dledger", 7)).expect("it starts");
        session.race(300);
        session.record()
    }

    #[test]
    fn a_link_of_the_page_is_read_to_the_run_that_made_it() {
        let made = played();
        let read = link(&text_of(&made)).expect("it reads");
        // The digests of the steps stay behind.
        assert_eq!(trace::pack(&read), trace::pack(&made));
        let address = format!("https://example.org/#t={}", text_of(&made));
        assert!(record(&address).is_ok());
    }

    #[test]
    fn any_text_ends_in_a_run_or_an_error_with_its_place() {
        let good: Vec<char> = text_of(&played()).chars().collect();
        let mut seed = 1_u64;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap_or(0) % below
        };
        for _ in 0..100_000 {
            let mut text = good.clone();
            for _ in 0..=next(3) {
                let at = next(text.len().min(40));
                match next(3) {
                    0 => text[at] = ['A', '_', '.', '%', 'ß', '='][next(6)],
                    1 => text.truncate(at + 1),
                    _ => text.insert(at, char::from(ALPHABET[next(64)])),
                }
            }
            let text: String = text.into_iter().collect();
            if let Err(Wrong::At(at, why)) = link(&text) {
                assert!(at <= text.chars().count() && !why.is_empty(), "{text}");
            }
        }
    }
}
