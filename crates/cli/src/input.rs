//! Reading what the page exports: trace files and links.

use std::fs;

use kernel::Record;
use lab::{ReplayError, Session};

use crate::End;

/// Base64url's alphabet.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Reads a file's or a link's run.
pub fn record(name: &str) -> Result<Record, End> {
    if let Some((_, packed)) = name.split_once("#t=") {
        let bad = |why: String| End::BadInput(format!("link:{why}"));
        let bytes =
            base64url(packed).ok_or_else(|| bad("1:1: a link holds letters, digits, - and _".to_owned()))?;
        let limit = trace::LINK_BYTES_MAX;
        let bytes = miniz_oxide::inflate::decompress_to_vec_with_limit(&bytes, limit)
            .map_err(|_| bad(format!("1:1: the link is damaged or unpacks to more than {limit} bytes")))?;
        return trace::unpack(&bytes).map_err(|e| bad(e.to_string()));
    }
    let bytes = fs::read(name).map_err(|e| End::BadInput(format!("{name}: {e}")))?;
    trace::read(&bytes).map_err(|e| End::BadInput(format!("{name}:{e}")))
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = (bits << 6 | u32::try_from(value).ok()?) & 0x3fff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_le_bytes()[0]);
        }
    }
    Some(out)
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
        assert_eq!(base64url("Zm9vYmFy"), Some(b"foobar".to_vec()));
        assert_eq!(base64url("Zm9vYg=="), Some(b"foob".to_vec()));
        assert_eq!(base64url("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(base64url("a+b"), None);
    }
}
