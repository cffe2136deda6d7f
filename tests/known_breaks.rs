//! Where a real system breaks a rule its light says so, with the reason; nothing else is excused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use kernel::{Engine, Settings};
use lab::RuleState;
use lab::engines::{braft::Braft, dledger::DLedger};
use scenario::{Line, Player, Scenario, Verb};

/// Rules by the names of their lights.
type Rules = BTreeSet<&'static str>;

/// The story of a file; one that names no profile is told in this one.
fn story(file: &str, profile: Option<&str>) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(path).expect("it can be read");
    let mut story = scenario::parse(&text).expect("it is a scenario");
    for line in &mut story.lines {
        let Line::Commands(line) = line else { continue };
        for command in &mut line.commands {
            if let (Verb::Cluster(setup), Some(profile)) = (&mut command.verb, profile) {
                setup.settings.retain(|(name, _)| name != "profile");
                setup.settings.push(("profile".to_owned(), profile.to_owned()));
            }
        }
    }
    story
}

/// The rules that are broken at a story's end: those that the real system is known to break, and the others.
fn broken(file: &str, profile: Option<&str>) -> (Rules, Rules) {
    let mut player = Player::new(story(file, profile));
    while let Some(told) = player.next() {
        assert!(told.failure.is_none(), "{file}, {profile:?}: {:?}", told.failure);
    }
    let (mut known, mut others) = (Rules::new(), Rules::new());
    for light in player.session().expect("it has a cluster").lights() {
        match light.state {
            RuleState::BrokenAsReal { .. } => known.insert(light.name),
            RuleState::Broken { .. } => others.insert(light.name),
            RuleState::Holds | RuleState::NotExercised | RuleState::NotChecked => false,
        };
    }
    (known, others)
}

/// What an engine so set excuses.
fn named<E: Engine>(settings: &[(&str, &str)], power_lost: bool) -> Rules {
    let mut of = E::Settings::default();
    settings.iter().for_each(|(name, value)| of.set(name, value).expect("a setting"));
    E::known_breaks(&of, power_lost).iter().map(|(rule, _)| *rule).collect()
}

const BRAFT: [&str; 3] = [
    "fidelity/braft/g_vote_flush_race.scn",
    "fidelity/braft/g_vote_flush_race_and_slow_apply.scn",
    "scenarios/braft/a_vote_by_an_old_look.scn",
];

#[test]
fn brafts_vote_by_an_old_look_breaks_what_it_is_known_to_break() {
    for story in BRAFT {
        let (known, others) = broken(story, None);
        assert!(known.contains("Completeness") && others.is_empty(), "{story}: {known:?}, {others:?}");
    }
}

#[test]
fn each_rule_that_braft_is_known_to_break_is_broken_by_a_story() {
    let shown: Rules = BRAFT.iter().flat_map(|story| broken(story, None).0).collect();
    assert_eq!(shown, named::<Braft>(&[("resume_us", "1")], false));
}

#[test]
fn where_no_handler_goes_on_late_nothing_of_braft_is_excused() {
    assert_eq!(named::<Braft>(&[], true), Rules::new());
}

/// Of each profile of DLedger the stories in which it breaks its rules, and no machine loses its power.
const DLEDGER: [(&str, &[&str]); 3] = [
    ("V3", &[FIGURE_8, RETAINED]),
    ("SEED", &[RETAINED]),
    ("V4", &["fidelity/dledger/b15a_v4_first_time_leader_loses_committed_data.scn"]),
];
const FIGURE_8: &str = "fidelity/dledger/b16_v3_figure_8.scn";
const RETAINED: &str = "fidelity/dledger/q11_v3_retained_compare_index.scn";
const POWER_LOST: &str = "fidelity/dledger/q09_power_loss.scn";
const VOTE_REVERTS: &str = "fidelity/dledger/g_crash_vote_reverts.scn";
const TERM_REVERTS: &str = "fidelity/dledger/g_crash_term_goes_back.scn";

#[test]
fn each_rule_that_a_profile_of_dledger_is_known_to_break_is_broken_by_a_story_and_no_other_is() {
    for (profile, stories) in DLEDGER {
        let mut shown = Rules::new();
        for story in stories {
            let (known, others) = broken(story, Some(profile));
            assert_eq!(others, Rules::new(), "{story}, {profile}");
            shown.extend(known);
        }
        assert_eq!(shown, named::<DLedger>(&[("profile", profile)], false), "{profile}");
        assert!(!shown.contains("Log matching"), "{profile}: that takes a machine without power");
    }
}

#[test]
fn a_machine_without_power_breaks_the_same_rules_in_every_profile_of_dledger() {
    for (profile, _) in DLEDGER {
        let (known, others) = broken(POWER_LOST, Some(profile));
        assert_eq!(others, Rules::new(), "{profile}");
        assert_eq!(known, named::<DLedger>(&[("profile", profile)], true), "{profile}");
    }
}

#[test]
fn a_term_and_vote_that_power_took_break_three_rules_more_and_only_where_they_are_not_synced() {
    for (profile, _) in DLEDGER {
        let (known, others) = broken(VOTE_REVERTS, Some(profile));
        assert_eq!(others, Rules::new(), "{profile}");
        assert_eq!(known, Rules::from(["One vote", "Election safety"]), "{profile}");
        let (term, others) = broken(TERM_REVERTS, Some(profile));
        assert_eq!((&term, others), (&Rules::from(["Term grows"]), Rules::new()), "{profile}");
        let reverts = [("profile", profile), ("termVoteRevertsOnPowerLoss", "true")];
        let synced = named::<DLedger>(&reverts[..1], true);
        assert_eq!(&named::<DLedger>(&reverts, true) - &synced, &known | &term, "{profile}");
        assert_eq!(named::<DLedger>(&reverts, false), named::<DLedger>(&reverts[..1], false), "{profile}");
    }
}

#[test]
fn figure_8_loses_a_committed_entry_in_v3_and_not_in_v4() {
    let loses = Rules::from(["Completeness", "State machine"]);
    let (v3, _) = broken(FIGURE_8, Some("V3"));
    let (v4, others) = broken("fidelity/dledger/b16_v4_figure_8.scn", Some("V4"));
    assert!(loses.is_subset(&v3), "{v3:?}");
    assert!(loses.is_disjoint(&v4) && loses.is_disjoint(&others), "{v4:?}, {others:?}");
}
