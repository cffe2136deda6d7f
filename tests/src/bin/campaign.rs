//! A long random campaign: `campaign ENGINE FROM TO` makes the engine's walks with these seeds and looks at every rule. A walk that
//! breaks a rule which the real system is not known to break ends it with exit code 1.

use std::process::ExitCode;

use explore::Kind;
use lab::RuleState;
use tests::{WALK_STEPS, names, walk};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let range = match words.as_slice() {
        [engine, from, to] if names().any(|name| name == engine) => {
            from.parse::<u64>().ok().zip(to.parse::<u64>().ok())
        }
        _ => None,
    };
    let (Some((from, to)), Some(engine)) = (range, words.first()) else {
        eprintln!(
            "campaign ENGINE FROM TO: one of {}, and the seeds of the walks, TO excluded",
            names().collect::<Vec<_>>().join(", ")
        );
        return ExitCode::from(2);
    };
    let (mut exercised, mut known, mut broken) = (0_u64, 0_u64, 0_u64);
    for seed in from..to {
        let (run, walker) = walk(engine, seed, WALK_STEPS);
        // A node that comes back without its disk under its old name may break everything, in every system.
        let forgot = walker.counts().iter().any(|(kind, count)| *kind == Kind::Wipe && *count > 0);
        for light in run.lights() {
            match light.state {
                RuleState::BrokenAsReal { .. } => known += 1,
                RuleState::Broken { .. } if forgot => known += 1,
                RuleState::Broken { step, sentence } => {
                    broken += 1;
                    println!("{engine} {seed}, step {step}: {sentence}");
                }
                RuleState::Holds => exercised += 1,
                RuleState::NotChecked | RuleState::NotExercised => {}
            }
        }
    }
    println!(
        "walks {from}..{to} of {WALK_STEPS} decisions: rules held {exercised} times, broke as in the real system \
         {known} times, broke otherwise {broken} times"
    );
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
