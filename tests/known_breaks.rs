//! Where a real system breaks a rule its light says so, with the reason; nothing else is excused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use engine_braft::Braft;
use kernel::{Engine, Settings};
use lab::RuleState;
use scenario::Player;

/// The rules that are broken at a story's end: those that the real system is known to break, and the others.
fn broken(file: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(path).expect("it can be read");
    let mut player = Player::new(scenario::parse(&text).expect("it is a scenario"));
    while let Some(told) = player.next() {
        assert!(told.failure.is_none(), "{file}: {:?}", told.failure);
    }
    let (mut known, mut others) = (Vec::new(), Vec::new());
    for light in player.session().expect("it has a cluster").lights() {
        match light.state {
            RuleState::BrokenAsReal { .. } => known.push(light.name),
            RuleState::Broken { .. } => others.push(light.name),
            RuleState::Holds | RuleState::NotExercised | RuleState::NotChecked => {}
        }
    }
    (known, others)
}

const STORIES: [&str; 3] = [
    "fidelity/braft/g_vote_flush_race.scn",
    "fidelity/braft/g_vote_flush_race_and_slow_apply.scn",
    "scenarios/braft/a_vote_by_an_old_look.scn",
];

#[test]
fn brafts_vote_by_an_old_look_breaks_what_it_is_known_to_break() {
    for story in STORIES {
        let (known, others) = broken(story);
        assert!(known.contains(&"Completeness") && others.is_empty(), "{story}: {known:?}, {others:?}");
    }
}

#[test]
fn each_rule_that_braft_is_known_to_break_is_broken_by_a_story() {
    let shown: BTreeSet<&str> = STORIES.iter().flat_map(|story| broken(story).0).collect();
    let late = with("resume_us", "1");
    let named: BTreeSet<&str> = Braft::known_breaks(&late).iter().map(|(rule, _)| *rule).collect();
    assert_eq!(shown, named);
}

fn with(name: &str, value: &str) -> engine_braft::Config {
    let mut settings = engine_braft::Config::default();
    settings.set(name, value).expect("a setting");
    settings
}

#[test]
fn where_no_handler_goes_on_late_nothing_of_braft_is_excused() {
    assert!(Braft::known_breaks(&engine_braft::Config::default()).is_empty());
}
