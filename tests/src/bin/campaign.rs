//! A long random campaign: `campaign FROM TO` makes the walks with these seeds and looks at every rule. A walk that
//! breaks a rule which the real system is not known to break ends it with exit code 1.

use std::process::ExitCode;

use lab::{RuleState, Session};
use tests::{WALK_STEPS, walk};

fn main() -> ExitCode {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let &[from, to] = numbers.as_slice() else {
        eprintln!("campaign FROM TO: the seeds of the walks, TO excluded");
        return ExitCode::from(2);
    };
    let (mut exercised, mut known, mut broken) = (0_u64, 0_u64, 0_u64);
    for seed in from..to {
        let (run, _) = walk(seed, WALK_STEPS);
        for light in run.lights() {
            match light.state {
                RuleState::Broken { step, sentence } => {
                    broken += 1;
                    println!("walk {seed}, step {step}: {sentence}");
                }
                RuleState::BrokenAsReal { .. } => known += 1,
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
