//! The grain `fine` of DLedger: each turn of a node's loops is a decision, and nothing else is different. In which order
//! a person may take them is told by `fidelity/dledger/g_grain_fine.scn`.

use kernel::{Action, Addr, ClientId, Command, Decision, Loss, NodeId, Setup};
use lab::Session;
use tests::digests;

fn start(profile: &str, grain: &str, seed: u64) -> Box<dyn Session> {
    let mut setup = Setup::new("dledger", seed);
    setup.nodes = 3;
    setup.net.latency_us_min = 500;
    setup.net.latency_us_max = 20_000;
    setup.net.loss_ppm = 20_000;
    for (name, value) in [("profile", profile), ("grain", grain)] {
        setup.settings.push((name.to_owned(), value.to_owned()));
    }
    lab::start(setup).expect("starts")
}

/// Time passes until an instant, by itself.
fn until(run: &mut dyn Session, us: u64) {
    while run.play(us, 1000) > 0 {}
}

fn act(runs: &mut [Box<dyn Session>], decision: &Decision) {
    for run in runs {
        run.act(Action::now(decision.clone())).expect("it is possible");
    }
}

#[test]
fn turns_taken_as_they_come_lead_to_the_states_of_the_coarse_grain() {
    for (profile, seed) in
        ["V3", "V4", "SEED"].iter().flat_map(|profile| (0..6).map(move |seed| (profile, seed)))
    {
        let mut runs = ["coarse", "fine"].map(|grain| start(profile, grain, seed));
        let load = Command { verb: "load".to_owned(), args: vec!["100".to_owned()] };
        for round in 1..=240_u64 {
            match round {
                60 => act(&mut runs, &Decision::Command(Addr::Client(ClientId(0)), load.clone())),
                120 => act(&mut runs, &Decision::Crash(NodeId(0), Loss::Process)),
                180 => act(&mut runs, &Decision::Restart(NodeId(0))),
                _ => {}
            }
            runs.iter_mut().for_each(|run| until(&mut **run, round * 50_000));
            let [coarse, fine] = &runs;
            assert_eq!(
                coarse.state_digest(),
                fine.state_digest(),
                "{profile}, seed {seed}: at {} ms",
                round * 50
            );
        }
        let [coarse, fine] = runs.map(|run| run.status());
        assert!(fine.step > coarse.step, "{profile}, seed {seed}: turns are steps");
    }
}

#[test]
fn back_and_forward_lead_to_the_same_digests() {
    let mut run = start("V3", "fine", 3);
    until(&mut *run, 8_000_000);
    let tip = run.status().tip;
    let digests = digests(&mut *run);
    for at in (0..tip as usize).rev() {
        assert!(run.back());
        assert_eq!(run.status().digest, digests[at], "back at step {at}");
    }
    for digest in digests.iter().skip(1) {
        assert!(run.forward());
        assert_eq!(run.status().digest, *digest, "forward at step {}", run.status().step);
    }
}
