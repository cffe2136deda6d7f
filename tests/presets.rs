//! The configurations that the page offers first.

use kernel::{NetConfig, Setup};

/// Virtual time in which every preset must have a leader and a committed write, microseconds.
const ENOUGH_US: u64 = 60_000_000;

#[test]
fn entries_have_the_names_of_their_engines() {
    for entry in lab::ENGINES {
        assert_eq!(entry.name, (entry.info)().name);
    }
}

#[test]
fn every_preset_starts_elects_and_commits() {
    for info in lab::ENGINES.iter().map(|entry| (entry.info)()) {
        assert!(!info.presets.is_empty(), "{} offers nothing", info.name);
        for preset in info.presets {
            let what = format!("{}: {}", info.name, preset.title);
            let mut setup = Setup::new(info.name, 7);
            setup.nodes = preset.nodes;
            setup.clients = 1;
            let (least, most) = preset.latency_us;
            setup.net = NetConfig {
                latency_us_min: least.into(),
                latency_us_max: most.into(),
                loss_ppm: 0,
                duplicate_ppm: 0,
                fifo: false,
            };
            let set = preset.settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            setup.settings.extend(set);
            let mut run = lab::start(setup).unwrap_or_else(|error| panic!("{what}: {error}"));
            while run.status().leader.is_none() {
                assert!(run.forward() && run.status().now_us < ENOUGH_US, "{what}: nobody leads");
            }
            let write =
                info.commands.iter().find(|c| c.client && c.takes(&["value"])).expect("clients write");
            let write = format!("do c0 {} a", write.verb).parse().expect("a decision");
            run.act(lab::Action::now(write)).unwrap_or_else(|refusal| panic!("{what}: {refusal:?}"));
            let answered = |run: &dyn lab::Session| {
                run.ops().iter().any(|op| matches!(&op.end, sim::OpEnd::Done(_, outcome) if outcome.ok()))
            };
            while !answered(&*run) {
                assert!(
                    run.forward() && run.status().now_us < ENOUGH_US,
                    "{what}: the write is not answered"
                );
            }
        }
    }
}

#[test]
fn presets_of_an_engine_have_names_of_their_own() {
    for info in lab::ENGINES.iter().map(|entry| (entry.info)()) {
        for (at, preset) in info.presets.iter().enumerate() {
            assert!(info.presets[..at].iter().all(|other| other.title != preset.title), "{}", preset.title);
            assert!(preset.doc.ends_with('.'), "{}: one sentence", preset.title);
        }
    }
}

/// Nodes are told who takes part when they boot: it cannot change under those that boot later.
#[test]
fn who_takes_part_at_first_is_fixed_with_the_run() {
    const OF: [(&str, &[&str]); 3] =
        [("dledger", &[]), ("raft", &["voters", "learners"]), ("braft", &["witness", "initial_conf"])];
    for (engine, names) in OF {
        let run = lab::start(Setup::new(engine, 1)).expect("it starts");
        let fixed = run.setting_list().into_iter().filter(|desc| desc.fixed);
        assert_eq!(fixed.map(|desc| desc.name).collect::<Vec<_>>(), names, "{engine}");
        for name in names {
            let set = format!("set {name} n0;n1").parse().expect("a decision");
            let why = format!("{name} is fixed once the run has begun: only a new run can have another");
            assert_eq!(run.legal(&set), Err(lab::Refusal(why)));
        }
    }
}
