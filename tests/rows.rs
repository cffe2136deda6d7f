//! Every row of the textbook's table of scenarios (section 13 of its specification) is played by a file, each of its parts
//! by one of its own, and no file names a row that is not there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The rows of the table, and after what the names of their files begin with: one for the row, and one for each further
/// part that the row tells of ("with pre_vote", "the mirror case", "mutant: …").
const ROWS: [(&str, &[&str]); 53] = [
    ("R01", &["r01"]),
    ("R02", &["r02"]),
    ("R03", &["r03"]),
    ("R03a", &["r03a"]),
    ("R03b", &["r03b"]),
    ("R03c", &["r03c"]),
    ("R03d", &["r03d"]),
    ("R03e", &["r03e"]),
    ("R03f", &["r03f"]),
    ("R04", &["r04"]),
    ("R04d", &["r04d"]),
    ("R05", &["r05"]),
    ("R06", &["r06"]),
    // The hint, one step back each time, and the last index alone.
    ("R07", &["r07", "r07s", "r07h"]),
    ("R08", &["r08", "r08h"]),
    ("R09", &["r09"]),
    ("R10", &["r10"]),
    ("R11", &["r11"]),
    ("R12", &["r12"]),
    ("R13", &["r13"]),
    // Options off, check_quorum, pre_vote.
    ("R14", &["r14", "r14c", "r14p"]),
    ("R15", &["r15"]),
    ("R15L", &["r15l"]),
    ("R16", &["r16"]),
    // No pre-vote, though the option is on.
    ("R17", &["r17", "r17p"]),
    ("R18", &["r18"]),
    ("R19", &["r19"]),
    ("R20", &["r20"]),
    ("R21", &["r21"]),
    ("R22", &["r22"]),
    ("R23", &["r23"]),
    ("R24", &["r24"]),
    ("R24v", &["r24v"]),
    ("R25", &["r25"]),
    // 4 returns or 5; the mirror case, and either of the old half.
    ("R26", &["r26", "r26b", "r26c", "r26e"]),
    ("R26d", &["r26d"]),
    // The bug, and precondition 8.1(b).
    ("R27", &["r27", "r27b"]),
    ("R28", &["r28"]),
    ("R29", &["r29"]),
    ("R30", &["r30"]),
    ("R30d", &["r30d"]),
    ("R31", &["r31"]),
    // Commit 0, or the snapshot's index.
    ("R32", &["r32", "r32s"]),
    // A heartbeat, and an empty append.
    ("R33", &["r33", "r33e"]),
    ("R34", &["r34"]),
    // The leader stays, or steps down.
    ("R35", &["r35", "r35s"]),
    ("R36", &["r36"]),
    ("R37", &["r37"]),
    // Disruption, and its cure.
    ("R38", &["r38", "r38p"]),
    // The rule, the rule with the write ended, the mutant.
    ("R41", &["r41", "r41w", "r41m"]),
    // With the table of sessions, and without.
    ("R42", &["r42", "r42n"]),
    // Drawn alike for three rounds and counted, or by chance.
    ("R43", &["r43", "r43r"]),
    // Options off, both on.
    ("R44", &["r44", "r44p"]),
];

/// The scenario files of Raft that carry a row's id: what their names begin with, and their text.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["paper", "fidelity/raft"] {
        for file in fs::read_dir(Path::new(HERE).join(folder)).expect("there are files").flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            let id = name.split('_').next().unwrap_or_default().to_owned();
            if id.strip_prefix('r').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
                found.push((id, fs::read_to_string(file.path()).expect("it can be read")));
            }
        }
    }
    found
}

#[test]
fn every_row_of_the_table_is_played_and_no_other() {
    let mut left: BTreeMap<&str, &str> = BTreeMap::new();
    for (row, ids) in ROWS {
        for id in ids {
            assert_eq!(left.insert(id, row), None, "{id} stands for two rows");
        }
    }
    let rows = left.clone();
    for (id, text) in files() {
        let row = rows.get(&*id).unwrap_or_else(|| panic!("{id}: no row of the table has this id"));
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        let told = text.split(&format!("({row}")).skip(1).any(ends);
        assert!(told, "{id}: its captions do not name the row {row}");
        left.remove(&*id);
    }
    assert!(left.is_empty(), "played by no file: {left:?}");
}

/// The scenarios of DLedger's Annex B, by what the names of their files begin with: their parts (a, b, …), or, where the
/// versions differ, a file for either.
const ANNEX_B: [(&str, &[&str]); 26] = [
    ("b01", &["_"]),
    ("b02", &["_"]),
    ("b03", &["_"]),
    ("b04", &["a_", "b_"]),
    ("b05", &["_"]),
    ("b06", &["_"]),
    ("b07", &["_", "_"]),
    ("b08", &["_v3_", "_v4_"]),
    ("b09", &["_v3_", "_v4_"]),
    ("b10", &["a_", "b_", "c_"]),
    ("b11", &["_"]),
    ("b12", &["_", "_"]),
    ("b13", &["_", "_"]),
    ("b14", &["a_", "a_", "b_", "b_"]),
    ("b15", &["a_", "b_", "c_"]),
    ("b16", &["_v3_", "_v4_"]),
    ("b17", &["a_", "b_"]),
    ("b18", &["a_", "b_", "c_"]),
    ("b19", &["_", "_"]),
    ("b20", &["_v3_", "_v4_"]),
    ("b21", &["a_v3_", "a_v4_", "b_"]),
    ("b22", &["a_", "b_", "c_", "d_", "e_"]),
    ("b23", &["_", "_"]),
    ("b24", &["_"]),
    ("b25", &["_"]),
    ("b26", &["a_", "b_", "c_", "d_", "e_"]),
];

#[test]
fn every_scenario_of_dledgers_annex_is_played_with_all_its_parts() {
    let folder = fs::read_dir(Path::new(HERE).join("fidelity/dledger")).expect("there are files");
    let mut names: Vec<String> =
        folder.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for (id, parts) in ANNEX_B {
        let mut files: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix(id)).collect();
        for part in parts {
            let at = files.iter().position(|rest| rest.starts_with(part));
            let at = at.unwrap_or_else(|| panic!("{id}: no file begins with {id}{part}"));
            files.remove(at);
        }
        assert!(files.is_empty(), "{id}: parts that are not in the list: {files:?}");
    }
}
