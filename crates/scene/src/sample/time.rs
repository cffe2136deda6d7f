use kernel::view::{
    BranchView, FlightEnd, FlightView, LaneEvent, OverviewView, Shape, SpaceTimeView, Stretch, TimeMark,
};
use kernel::{Addr, MsgId, NodeId};

const NOW: u64 = 1_200_000;

fn stretch(node: u8, ms: (u64, u64), shape: Shape, term: u64) -> Stretch {
    Stretch { node: NodeId(node), from_us: ms.0 * 1000, to_us: ms.1 * 1000, shape, term }
}

fn lives() -> Vec<Stretch> {
    use Shape::{Candidate, Crashed, Follower, Leader};
    let mut all = Vec::new();
    let mut life = |node: u8, parts: &[(u64, Shape, u64)]| {
        for (i, &(from, shape, term)) in parts.iter().enumerate() {
            let to = parts.get(i + 1).map_or(1500, |next| next.0);
            all.push(stretch(node, (from, to), shape, term));
        }
    };
    life(
        0,
        &[
            (0, Follower, 0),
            (103, Candidate, 1),
            (128, Leader, 1),
            (330, Crashed, 1),
            (600, Follower, 1),
            (646, Follower, 2),
            (875, Follower, 3),
            (1046, Follower, 4),
        ],
    );
    let second: &[_] =
        &[(0, Follower, 0), (114, Follower, 1), (458, Candidate, 2), (482, Leader, 2), (1108, Crashed, 2)];
    life(1, second);
    let third: &[_] = &[
        (0, Follower, 0),
        (108, Candidate, 1),
        (132, Follower, 1),
        (469, Follower, 2),
        (861, Candidate, 3),
        (1035, Candidate, 4),
        (1060, Leader, 4),
    ];
    life(2, third);
    let fourth: &[_] = &[
        (0, Follower, 0),
        (117, Follower, 1),
        (459, Candidate, 2),
        (487, Follower, 2),
        (869, Candidate, 3),
        (1046, Follower, 4),
    ];
    life(3, fourth);
    let fifth: &[_] =
        &[(0, Follower, 0), (112, Candidate, 1), (137, Follower, 1), (468, Follower, 2), (1172, Follower, 4)];
    life(4, fifth);
    all
}

/// The whole run of [`super::repair`] with a fork.
#[must_use]
pub fn run() -> OverviewView {
    let mut marks = vec![
        (128_000, TimeMark::Won(NodeId(0), 1)),
        (330_000, TimeMark::Crash(NodeId(0))),
        (482_000, TimeMark::Won(NodeId(1), 2)),
        (600_000, TimeMark::Restart(NodeId(0))),
        (720_000, TimeMark::Fault("cut n0 n2 n3 | n1 n4".into())),
        (1_060_000, TimeMark::Won(NodeId(2), 4)),
        (1_108_000, TimeMark::Crash(NodeId(1))),
        (1_144_000, TimeMark::Fault("heal".into())),
    ];
    let writes = [190, 252, 640, 735, 766, 1082, 1122, 1191];
    marks.extend(writes.map(|ms| (ms * 1000, TimeMark::Write)));
    marks.sort_by_key(|(at, _)| *at);
    let branch = |id: u32, name: &str| BranchView {
        id,
        name: name.into(),
        parent: None,
        from_us: 0,
        to_us: 1_500_000,
        cause: String::new(),
        current: false,
    };
    let fork = BranchView {
        parent: Some((0, 238)),
        from_us: 1_060_000,
        cause: "vote n3→n2 dropped".into(),
        ..branch(1, "fork 1")
    };
    OverviewView {
        nodes: (0..5).map(NodeId).collect(),
        stretches: lives(),
        marks,
        branches: vec![BranchView { current: true, ..branch(0, "main") }, fork],
        end_us: 1_500_000,
        now_us: NOW,
        window_us: (1_084_000, 1_234_000),
    }
}

/// The same run with seven branches and a broken rule at the end.
#[must_use]
pub fn branched() -> OverviewView {
    let mut view = run();
    for id in 2..7u32 {
        let from_us = 200_000 * u64::from(id);
        view.branches.push(BranchView {
            id,
            name: format!("fork {id}"),
            parent: Some((0, 40 * id)),
            from_us,
            to_us: (from_us + 150_000).min(1_500_000),
            cause: format!("AppendEntries n{} dropped", id % 5),
            current: id == 6,
        });
    }
    view.branches[0].current = false;
    view.marks.push((1_420_000, TimeMark::Violation("n0 and n2 both lead term 4".into())));
    view
}

/// Sender, receiver, label, sent, end (hundredths of a millisecond after 1.084 s), and what it is: `r` reply, `b`
/// routine, `l` lost, `h` held, `f` under way.
type Way = (u8, u8, &'static str, u64, u64, &'static str);

const WAYS: [Way; 25] = [
    (2, 0, "A7", 319, 1674, ""),
    (2, 3, "A7", 444, 1783, ""),
    (0, 2, "A+", 1674, 2699, "r"),
    (3, 2, "A+", 1783, 3006, "r"),
    (2, 0, "H", 2699, 4140, "b"),
    (2, 3, "H", 2699, 4248, "b"),
    (2, 1, "H", 2710, 4248, "b"),
    (2, 4, "H", 2710, 4248, "b"),
    (2, 0, "A8", 3843, 5128, ""),
    (2, 3, "A8", 3843, 5329, ""),
    (0, 2, "A+", 5128, 6518, "r"),
    (3, 2, "A+", 5329, 6618, "r"),
    (2, 0, "H", 7643, 8600, "b"),
    (2, 3, "H", 7643, 8700, "b"),
    (2, 1, "H", 7643, 8996, "l"),
    (2, 4, "H", 7643, 8861, ""),
    (4, 2, "H+", 8861, 10128, "rb!"),
    (2, 4, "A6", 10128, 11609, ""),
    (2, 4, "A6", 10128, 12549, "cf"),
    (2, 0, "A9", 10758, 12111, "f"),
    (2, 3, "A9", 10758, 11226, "h"),
    (4, 2, "A+", 11609, 12741, "rf"),
    (2, 0, "H", 12640, 13700, "b"),
    (2, 3, "H", 12640, 13700, "b"),
    (2, 4, "A7", 12741, 13809, "f"),
];

/// The 150 ms round the present of [`super::repair`].
#[must_use]
pub fn window() -> SpaceTimeView {
    let at = |t: u64| 1_084_000 + t * 10;
    let flights = WAYS.iter().enumerate().map(|(i, &(from, to, label, sent, end, what))| FlightView {
        id: MsgId { step: 240 + i as u32, index: 0 },
        from: Addr::Node(NodeId(from)),
        to: Addr::Node(NodeId(to)),
        label: label.into(),
        term: 4,
        reply: what.contains('r'),
        routine: what.contains('b') && !what.contains('!'),
        copy: what.contains('c'),
        sent_us: at(sent),
        end: match what {
            "l" => FlightEnd::Lost(at(end)),
            "h" => FlightEnd::Held(at(end)),
            w if w.contains('f') => FlightEnd::Flying(at(end)),
            _ => FlightEnd::Arrived(at(end)),
        },
    });
    let event = |node: u8, t: u64, step: u32, label: &str| LaneEvent {
        node: NodeId(node),
        at_us: at(t),
        step,
        label: label.into(),
        now: false,
        violation: false,
    };
    let events = vec![
        LaneEvent { at_us: 1_108_000, ..event(1, 0, 250, "crash") },
        event(2, 3843, 255, "write z=1"),
        event(2, 6618, 262, "commit 8"),
        event(4, 8861, 273, "T2 → T4"),
        event(2, 10758, 278, "write y=4"),
        LaneEvent { now: true, at_us: NOW, ..event(4, 0, 282, "cut 6–7, store 6") },
    ];
    use Shape::{Crashed, Follower, Leader};
    let lane = |id: u8, term: u64, shape: Shape| (NodeId(id), term, shape);
    SpaceTimeView {
        lanes: vec![
            lane(0, 4, Follower),
            lane(1, 2, Crashed),
            lane(2, 4, Leader),
            lane(3, 4, Follower),
            lane(4, 4, Follower),
        ],
        stretches: lives(),
        flights: flights.collect(),
        events,
        faults: vec![(1_144_000, "heal".into())],
        window_us: (1_084_000, 1_234_000),
        now_us: NOW,
    }
}
