//! Which rules DLedger itself breaks, and the quirks (annex A2 of its specification) by which it does.

use crate::codes::Profile;
use crate::config::Config;

type Break = (&'static str, &'static str);

const VOTE_REVERTS: &str = "DLedger does not sync its term and vote, and a machine that lost its power forgot what it wrote there last.";

/// What takes a machine that loses its power comes first: with its term and vote, where that is not synced (8.3), then with
/// entries (Q9). The others are broken without one.
const fn breaks(loses: &'static str) -> [Break; 9] {
    [
        ("Term grows", VOTE_REVERTS),
        ("One vote", VOTE_REVERTS),
        ("Election safety", VOTE_REVERTS),
        (
            "Log matching",
            "DLedger acknowledges entries before they are on disk, and a machine lost its power.",
        ),
        ("Completeness", loses),
        ("State machine", loses),
        ("Committed stays", loses),
        ("Commit grows", "DLedger does not lower its committed index when it cuts its log."),
        ("Linearizable", loses),
    ]
}

/// Q7 and Q11.
static V3: [Break; 9] = breaks(
    "V3 commits entries of older terms by counting, and a leader goes on comparing where its last leadership stopped.",
);
static V3_POWER_LOST: [Break; 9] = breaks(
    "A machine lost its power with entries that were acknowledged; besides, V3 commits entries of older terms by \
     counting, and a leader goes on comparing where its last leadership stopped.",
);
/// Q1 and Q3 to Q5.
static V4: [Break; 9] =
    breaks("V4 rewinds followers below what is committed, and TRUNCATE and COMMIT of an old leader count.");
static V4_POWER_LOST: [Break; 9] = breaks(
    "A machine lost its power with entries that were acknowledged; besides, V4 rewinds followers below what is \
     committed, and TRUNCATE and COMMIT of an old leader count.",
);

/// The rules that a DLedger so set is known to break.
pub(crate) fn known_breaks(settings: &Config, power_lost: bool) -> &'static [Break] {
    let from = match (power_lost, settings.term_vote_reverts_on_power_loss) {
        (false, _) => 4,
        (true, false) => 3,
        (true, true) => 0,
    };
    let all = match (settings.profile, power_lost) {
        (Profile::V3 | Profile::Seed, false) => &V3,
        (Profile::V3 | Profile::Seed, true) => &V3_POWER_LOST,
        (Profile::V4, false) => &V4,
        (Profile::V4, true) => &V4_POWER_LOST,
    };
    &all[from..]
}
