//! Decisions as text: any bytes are read or refused, and what is read prints back to itself.

use kernel::{Addr, ClientId, Command, Decision, Loss, MsgId, NodeId, limits};

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).expect("small")
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn number(&mut self) -> u64 {
        let bits = self.below(65) as u32;
        self.next().checked_shr(64 - bits).unwrap_or(0)
    }

    /// A word with what is hard about words.
    fn word(&mut self) -> String {
        const PARTS: &[&str] = &[
            "", " ", "%", "%20", "%2", "\n", "\r", "\t", "\0", "x", "变量", "🦀", "é", "n0", "-1", "\u{2028}",
        ];
        (0..self.below(6)).map(|_| self.of(PARTS)).collect()
    }

    fn node(&mut self) -> NodeId {
        NodeId(self.below(usize::from(limits::NODES)) as u8)
    }

    fn addr(&mut self) -> Addr {
        match self.below(2) {
            0 => self.node().into(),
            _ => ClientId(self.below(usize::from(limits::CLIENTS)) as u8).into(),
        }
    }

    fn id(&mut self) -> MsgId {
        MsgId { step: self.next() as u32, index: self.next() as u16 }
    }

    fn us(&mut self) -> u64 {
        self.number() % (limits::SHIFT_US + 1)
    }

    fn decision(&mut self) -> Decision {
        match self.below(25) {
            0 => Decision::Deliver(self.id()),
            1 => Decision::Drop(self.id()),
            2 => Decision::Duplicate(self.id()),
            3 => Decision::Hold(self.id()),
            4 => Decision::Release(self.id()),
            5 => Decision::Delay(self.id(), self.us()),
            6 => Decision::Fire(self.addr(), self.next() as u16),
            7 => Decision::TimeOut(self.id()),
            8 => Decision::Finish(self.id()),
            9 => Decision::Fail(self.id()),
            10 => {
                let (verb, count) = (self.word(), self.below(5));
                let args = (0..count).map(|_| self.word()).collect();
                Decision::Command(self.addr(), Command { verb, args })
            }
            11 => Decision::Crash(self.node(), self.of(&[Loss::Process, Loss::Power, Loss::TornTail])),
            12 => Decision::Restart(self.node()),
            13 => Decision::Pause(self.node()),
            14 => Decision::Resume(self.node()),
            15 => Decision::Wipe(self.node()),
            16 => Decision::Cut(self.addr(), self.addr()),
            17 => Decision::Heal(self.addr(), self.addr()),
            18 => Decision::Shape(self.addr(), self.addr(), self.us(), self.us(), self.next() as u32),
            19 => Decision::Unshape(self.addr(), self.addr()),
            20 => {
                let us = self.us() as i64;
                Decision::Skew(self.node(), if self.below(2) == 0 { us } else { -us })
            }
            21 => Decision::SlowDisk(self.node(), self.us()),
            22 => Decision::Set(self.word(), self.word()),
            23 => Decision::FailNext(self.node()),
            24 => {
                let count = 1 + self.below(5);
                let values = (0..count).map(|_| self.number()).collect();
                Decision::Script(self.addr(), self.word(), values)
            }
            _ => Decision::Wait,
        }
    }
}

/// Reads a text; what is read must print to a text that reads the same, and what is not has a place where a word begins.
fn read(text: &str) -> bool {
    let decision = match text.parse::<Decision>() {
        Ok(decision) => decision,
        Err(error) => {
            let begins = error.at == 0 || text.as_bytes().get(error.at - 1) == Some(&b' ');
            assert!(begins || error.at == text.len(), "{text:?} at {}: {error}", error.at);
            return false;
        }
    };
    let printed = decision.to_string();
    assert!(!printed.contains(['\n', '\r', '\t']), "one line: {printed:?}");
    assert_eq!(printed.parse(), Ok(decision), "{text:?} printed as {printed:?}");
    true
}

#[test]
fn every_decision_prints_to_a_text_that_reads_the_same() {
    let mut dice = Dice(1);
    for _ in 0..20_000 {
        let decision = dice.decision();
        assert_eq!(decision.to_string().parse(), Ok(decision));
    }
}

#[test]
fn random_bytes_are_read_or_refused() {
    let mut dice = Dice(2);
    for _ in 0..10_000 {
        let bytes: Vec<u8> = (0..dice.below(60)).map(|_| dice.next() as u8).collect();
        read(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn texts_that_are_nearly_decisions_are_read_or_refused() {
    const SNIPPETS: &[&str] = &[
        " ",
        "  ",
        "%00",
        "%",
        "+1",
        "-0",
        "n0",
        "c8",
        "n9",
        "1.0",
        "4294967296.0",
        "18446744073709551616",
        "\t",
        "deliver",
        "do",
        "set",
        "draw",
        "power",
        "变",
        "%zz",
        "1.0.0",
        ".",
    ];
    let (mut dice, mut accepted) = (Dice(3), 0);
    for _ in 0..30_000 {
        let mut text = dice.decision().to_string();
        for _ in 0..1 + dice.below(2) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (a, b) = (dice.of(&places), dice.of(&places));
            match dice.below(3) {
                0 => text.insert_str(a, dice.of(SNIPPETS)),
                1 => text.replace_range(a.min(b)..a.max(b), ""),
                _ => text.truncate(a),
            }
        }
        accepted += u32::from(read(&text));
    }
    assert!((2000..27_000).contains(&accepted), "{accepted} of 30,000 were decisions");
}

#[test]
fn the_longest_command_prints_back_too() {
    for word in ["\t", "", "é", "a"] {
        let words = limits::COMMAND_CHARS / (word.len() + 1);
        let text = format!("do n0 put{}", format!(" {word}").repeat(words));
        assert!(read(&text), "{word:?}");
        assert!(!read(&format!("{text}{}", " a".repeat(2))));
    }
}

#[test]
fn numbers_have_room_for_what_is_added_to_them() {
    let read = |text: &str| kernel::parse_number::<u64>(text, "the term");
    assert_eq!(read("999999999999"), Ok(999_999_999_999));
    assert_eq!(read("000000000000012"), Ok(12));
    assert_eq!(read("1000000000000"), Err("the term has at most 12 digits".to_owned()));
    assert_eq!(read("x"), Err("the term must be a number, not `x`".to_owned()));
    assert!(kernel::parse_number::<i64>("-9223372036854775808", "the index").is_err());
}
