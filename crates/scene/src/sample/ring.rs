use kernel::view::{Ballot, LinkView, MessageView, NodeView, RingView, Shape, Sign, TimerArc};
use kernel::{Addr, MsgId, NodeId};

fn node(id: u8, shape: Shape, term: u64, role: &str, facts: &str) -> NodeView {
    NodeView {
        id: NodeId(id),
        shape,
        paused: false,
        term,
        role: role.into(),
        facts: facts.into(),
        votes: Vec::new(),
        voted_for: None,
        timer: None,
        chip: None,
        flag: None,
        handing_to: None,
        acted: false,
        skew_us: 0,
        broken_rule: None,
    }
}

fn timer(left_permille: u16, dashes: bool) -> Option<TimerArc> {
    Some(TimerArc { left_permille, dashes })
}

fn message(step: u32, route: (u8, u8), letter: char, words: (&str, &str), progress: u16) -> MessageView {
    MessageView {
        id: MsgId { step, index: 0 },
        from: Addr::Node(NodeId(route.0)),
        to: Addr::Node(NodeId(route.1)),
        letter,
        kind: words.0.into(),
        detail: words.1.into(),
        term: 4,
        reply: false,
        of_call: false,
        sign: Sign::None,
        progress_permille: progress,
        held: false,
        overdue: false,
        copy: false,
        no_effect: false,
        due_in_us: Some(5000),
    }
}

fn reply(mut of: MessageView, sign: Sign) -> MessageView {
    (of.reply, of.of_call) = (true, true);
    of.sign = sign;
    of
}

/// Every pair of so many nodes, with one of them down perhaps.
fn links(n: u8, down: Option<u8>) -> Vec<LinkView> {
    let mut all = Vec::new();
    for a in 0..n {
        for b in a + 1..n {
            let down = down.is_some_and(|d| d == a || d == b);
            let (a, b) = (NodeId(a), NodeId(b));
            all.push(LinkView { a, b, cut_ab: false, cut_ba: false, shaped: false, down });
        }
    }
    all
}

/// A leader repairs a follower that was cut off; one node is down; one message is held.
#[must_use]
pub fn repair() -> RingView {
    let mut nodes = vec![
        node(0, Shape::Follower, 4, "FOLLOWER", "commit 8 of 8"),
        node(1, Shape::Crashed, 2, "crashed", "disk: 7 entries"),
        node(2, Shape::Leader, 4, "LEADER", "commit 8 of 9"),
        node(3, Shape::Follower, 4, "FOLLOWER", "commit 8 of 8"),
        node(4, Shape::Follower, 4, "FOLLOWER", "commit 6 of 6"),
    ];
    nodes[0].timer = timer(710, false);
    nodes[2].timer = timer(200, true);
    nodes[3].timer = timer(460, false);
    nodes[4].timer = timer(800, false);
    nodes[4].acted = true;
    let mut copy = message(279, (2, 4), 'A', ("Append 6", "copy"), 730);
    copy.copy = true;
    let mut held = message(268, (2, 3), 'A', ("Append 9", "held"), 500);
    held.held = true;
    let messages = vec![
        message(270, (2, 0), 'A', ("Append 9", "y=4"), 760),
        copy,
        held,
        reply(message(282, (4, 2), 'A', ("ok", "match 6"), 140), Sign::Plus),
    ];
    RingView { nodes, links: links(5, Some(1)), messages, lost: Vec::new(), pills: Vec::new() }
}

/// An election of DLedger with everything at once: polls, cuts, skew, a handover, dispatchers, losses.
#[must_use]
pub fn skirmish() -> RingView {
    let mut nodes = vec![
        node(0, Shape::Leader, 14, "LEADER", "commit 40 of 42"),
        node(1, Shape::Candidate, 15, "CANDIDATE", "commit 40 of 41"),
        node(2, Shape::Follower, 14, "FOLLOWER", "commit 40 of 41"),
        node(3, Shape::Aborted, 14, "aborted", "appended index 7 is not above committed 8"),
        node(4, Shape::Follower, 14, "FOLLOWER", "commit 39 of 40"),
    ];
    nodes[0].timer = timer(640, true);
    nodes[0].handing_to = Some(NodeId(2));
    nodes[1].votes = vec![Ballot::No, Ballot::Yes, Ballot::Open, Ballot::Open, Ballot::Yes];
    nodes[4].voted_for = Some(NodeId(0));
    (nodes[2].voted_for, nodes[2].term) = (Some(NodeId(1)), 15);
    nodes[1].chip = Some("parse 3: WAIT_TO_REVOTE".into());
    nodes[1].flag = Some("⇡".into());
    nodes[1].timer = timer(300, false);
    nodes[2].skew_us = 120_000;
    nodes[2].timer = timer(900, false);
    nodes[4].paused = true;
    nodes[4].timer = timer(420, false);
    let mut links = links(5, Some(3));
    links[0].cut_ab = true;
    links[0].cut_ba = true;
    links[3].cut_ba = true;
    links[4].shaped = true;
    let term = |mut m: MessageView, term: u64| {
        m.term = term;
        m
    };
    let mut stale = term(message(31, (1, 2), 'V', ("VOTE", "end=(14,41)"), 300), 15);
    stale.no_effect = true;
    let mut refused =
        term(reply(message(32, (4, 1), 'V', ("VOTE", "REJECT_EXPIRED_LEDGER_TERM"), 620), Sign::Minus), 14);
    refused.no_effect = true;
    let mut first = term(message(33, (0, 4), 'A', ("APPEND", "41"), 1000), 14);
    first.overdue = true;
    let mut second = term(message(34, (0, 4), 'A', ("APPEND", "42"), 1000), 14);
    second.overdue = true;
    let messages = vec![stale, refused, first, second];
    let lost = vec![term(message(35, (2, 3), 'H', ("HEART_BEAT", ""), 500), 14)];
    let pills = vec![(NodeId(0), NodeId(2), "APPEND".into()), (NodeId(0), NodeId(4), "COMPARE".into())];
    RingView { nodes, links, messages, lost, pills }
}

/// So many followers, with long facts, for crowded panes.
#[must_use]
pub fn crowd(n: u8) -> RingView {
    let mut nodes: Vec<NodeView> =
        (0..n).map(|i| node(i, Shape::Follower, u64::from(i), "FOLLOWER", "commit 108 of 109")).collect();
    for (i, node) in nodes.iter_mut().enumerate() {
        node.timer = timer(100 + 90 * i as u16, false);
        if i == 1 {
            node.shape = Shape::Leader;
            node.role = "LEADER".into();
        } else if i == 2 {
            node.shape = Shape::Candidate;
            node.role = "CANDIDATE".into();
            node.acted = true;
        }
    }
    RingView { nodes, links: links(n, None), ..RingView::default() }
}

/// A crowd in which two nodes ask all others for their votes; the first asked have answered.
#[must_use]
pub fn election(n: u8) -> RingView {
    let mut view = crowd(n);
    for (asks, from) in [(2_u8, 41_u32), (n - 2, 42)] {
        for (i, to) in (0..n).filter(|to| *to != asks).enumerate() {
            let progress = 150 + 130 * i as u16;
            let mut asked = message(from, (asks, to), 'V', ("VOTE", "end=(4,2)"), progress);
            if i < 2 {
                asked = reply(message(from, (to, asks), 'V', ("VOTE", "ACCEPT"), 700), Sign::Plus);
            }
            asked.id.index = i as u16;
            view.messages.push(asked);
        }
    }
    view
}
