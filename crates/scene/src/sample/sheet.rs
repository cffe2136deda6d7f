use kernel::view::{Ballot, CellChange, CellState, CellView, PointerMark, Shape, Sign, Tally, TimerArc};

use super::log::cell as entry;
use crate::geometry::{cross, diamond, event_mark, phase_pips, role_mark, tent};
use crate::legend::{PLAIN, SENT};
use crate::log::{Face, Frame, cell, commit_mark, mark, stack};
use crate::ring::{Body, Glyph, Wire, body, glyph, wire};
use crate::scene::Scene;
use crate::shape::{Font, Ink, Paint, TextStyle};
use crate::text;
use crate::theme::Theme;

const TITLE: TextStyle = TextStyle::new(Font::SansSemi, 12.0, Ink::Ink);
const NAME: TextStyle = TextStyle::new(Font::Sans, 12.0, Ink::Ink);
const SMALL: TextStyle = TextStyle::new(Font::Sans, 11.0, Ink::Ink3);

/// Every element of the canvas on one sheet, 1440 × 860.
pub fn elements(theme: Theme, scene: &mut Scene) {
    scene.clear(1440.0, 860.0, theme);
    nodes(scene, 24.0);
    phases(scene, 190.0);
    links(scene, 330.0);
    letters(scene, 330.0);
    states(scene, 330.0);
    cells(scene, 546.0);
    pointers(scene, 640.0);
    terms(scene, 702.0);
    time(scene, 820.0);
}

const LEADER: Body<'static> = Body {
    shape: Shape::Leader,
    term: 5,
    timer: Some(TimerArc { left_permille: 370, dashes: true }),
    ..PLAIN
};

fn nodes(scene: &mut Scene, y: f32) {
    use Ballot::{No, Open, Yes};
    scene.text(20.0, y - 4.0, "Nodes", TITLE);
    let down = Body { timer: None, ..PLAIN };
    let row: [(Body<'_>, &str, &str); 14] = [
        (Body { shape: Shape::Booting, term: 0, ..down }, "booting", "no role yet"),
        (Body { vote: Some((0.6, -0.8)), ..PLAIN }, "Follower", "voted up right"),
        (
            Body { shape: Shape::PreCandidate, votes: &[Yes, Yes, Open, No, Open], ..PLAIN },
            "Pre-candidate",
            "has 2, waits for 2",
        ),
        (
            Body {
                shape: Shape::Candidate,
                term: 5,
                votes: &[Yes, Yes, No, Open, Open],
                given: 0b10000,
                ..PLAIN
            },
            "Candidate",
            "2 yes, no, open, coming",
        ),
        (LEADER, "Leader", "heartbeat timer"),
        (Body { shape: Shape::LeaderNotReady, ..LEADER }, "Leader", "not ready yet"),
        (Body { handing: true, ..LEADER }, "Leader", "handing over to n2"),
        (Body { shape: Shape::Learner, term: 5, ..PLAIN }, "Learner", "observer too"),
        (Body { paused: true, term: 5, ..PLAIN }, "paused", "timer frozen"),
        (Body { shape: Shape::Crashed, ..down }, "crashed", "disk: 7 entries"),
        (Body { shape: Shape::Aborted, ..down }, "aborted", "own check failed"),
        (Body { shape: Shape::NotMember, term: 5, ..down }, "not a member", "not in config"),
        (Body { term: 6, selected: true, ..PLAIN }, "selected", ""),
        (Body { term: 18, broken: true, ..LEADER }, "breaks a rule", "term 18: lap 1"),
    ];
    for (i, (what, name, note)) in row.iter().enumerate() {
        let x = 68.0 + 100.0 * i as f32;
        body(scene, (x, y + 50.0), 30.0, what);
        scene.text(x, y + 114.0, name, NAME.middle());
        scene.text(x, y + 129.0, note, TextStyle { size: 10.0, ..SMALL }.middle());
    }
}

fn phases(scene: &mut Scene, y: f32) {
    scene.text(20.0, y, "Four phase pips", TITLE);
    let words =
        ["looking", "following - discovery", "following - synchronization - diff", "leading - broadcast"];
    for (i, word) in words.into_iter().enumerate() {
        let x = 68.0 + 176.0 * i as f32;
        let what = match i {
            0 => Body { shape: Shape::Candidate, term: 3, ..PLAIN },
            1 => Body { term: 3, ..PLAIN },
            2 => PLAIN,
            _ => Body { term: 4, ..LEADER },
        };
        body(scene, (x, y + 46.0), 26.0, &what);
        phase_pips(scene, x, y + 86.0, i);
        scene.text(x, y + 104.0, word, SMALL.middle());
    }
    scene.text(780.0, y, "Body radius 30, 26, 22, 20", TITLE);
    for (i, b) in [30.0, 26.0, 22.0, 20.0].into_iter().enumerate() {
        body(scene, (810.0 + 84.0 * i as f32, y + 46.0), b, &Body { term: 7, ..LEADER });
    }
    scene.text(1130.0, y, "Role marks, 12 px", TITLE);
    let roles = [
        (Shape::Leader, "leader"),
        (Shape::Candidate, "candidate"),
        (Shape::Follower, "follower"),
        (Shape::Crashed, "down"),
        (Shape::Learner, "learner"),
        (Shape::PreCandidate, "pre-candidate"),
        (Shape::Aborted, "aborted"),
        (Shape::NotMember, "not a member"),
    ];
    for (i, (shape, word)) in roles.into_iter().enumerate() {
        let (x, row) = (1136.0 + 100.0 * (i % 2) as f32, y + 24.0 + 22.0 * (i / 2) as f32);
        role_mark(scene, (x, row), shape);
        scene.text(x + 14.0, row + 4.0, word, SMALL);
    }
}

fn links(scene: &mut Scene, y: f32) {
    scene.text(20.0, y, "Links", TITLE);
    let rows = [
        (Wire::Up, "up"),
        (Wire::Down, "one side down"),
        (Wire::Shaped, "slow, lossy"),
        (Wire::CutBoth, "cut both ways"),
        (Wire::CutForth, "cut one way"),
        (Wire::CutBack, "cut the other way"),
    ];
    for (i, (what, word)) in rows.into_iter().enumerate() {
        let row = y + 22.0 + 24.0 * i as f32;
        wire(scene, ((20.0, row), (116.0, row)), what, false);
        scene.text(128.0, row + 4.0, word, SMALL);
    }
}

fn letters(scene: &mut Scene, y: f32) {
    scene.text(260.0, y, "Messages by system", TITLE);
    let rows: [(&str, &str, [&str; 7]); 5] = [
        (
            "Raft",
            "PVAHSNR",
            ["PreVote", "Vote", "Append", "Heartbeat", "Snapshot", "TimeoutNow", "ReadIndex"],
        ),
        ("DLedger", "VHCTAML", ["VOTE", "HEART_BEAT", "COMPARE", "TRUNCATE", "APPEND", "COMMIT", "TRANSFER"]),
        (
            "braft",
            "PVBAHSN",
            ["PreVote", "Vote", "Probe", "AppendEntries", "Heartbeat", "Snapshot", "TimeoutNow"],
        ),
        (
            "Ratis",
            "PVAHSNR",
            ["PRE_VOTE", "ELECTION", "AppendEntries", "Heartbeat", "Snapshot", "StartElection", "ReadIndex"],
        ),
        (
            "ZooKeeper",
            "NFEDTSL",
            ["notification", "FOLLOWERINFO", "ACKEPOCH", "DIFF", "TRUNC", "SNAP", "NEWLEADER"],
        ),
    ];
    for (i, (system, marks, names)) in rows.iter().enumerate() {
        let row = y + 24.0 + 24.0 * i as f32;
        scene.text(260.0, row + 4.0, system, NAME);
        for (k, (letter, name)) in marks.chars().zip(names).enumerate() {
            let x = 346.0 + 119.5 * k as f32;
            glyph(scene, (x, row), (1.0, 0.0), 0.9, &Glyph { letter, term: 1 + i as u64, ..SENT });
            scene.text(x + 17.0, row + 4.0, name, SMALL);
        }
    }
}

fn states(scene: &mut Scene, y: f32) {
    scene.text(1190.0, y, "Message states", TITLE);
    let reply = |sign: Sign| Glyph { reply: true, sign, ..SENT };
    let rows = [
        (SENT, "request, moving right"),
        (reply(Sign::Plus), "reply, accepted"),
        (Glyph { letter: 'V', ..reply(Sign::Minus) }, "reply, refused"),
        (reply(Sign::Again), "come again"),
        (reply(Sign::Failed), "call failed, no answer"),
        (Glyph { copy: true, ..SENT }, "copy"),
        (Glyph { no_effect: true, ..SENT }, "will have no effect"),
        (Glyph { no_effect: true, ..reply(Sign::Plus) }, "the same, a reply"),
        (Glyph { letter: 'W', locked: true, ..SENT }, "a write waits"),
    ];
    for (i, (what, word)) in rows.into_iter().enumerate() {
        let row = y + 20.0 + 20.5 * i as f32;
        glyph(scene, (1208.0, row), (1.0, 0.0), 0.9, &what);
        scene.text(1238.0, row + 4.0, word, SMALL);
    }
    glyph(scene, (1388.0, y + 40.0), (1.0, 0.0), 1.0, &Glyph { held: true, ..SENT });
    scene.text(1388.0, y + 72.0, "held", SMALL.middle());
    scene.line(1366.0, y + 104.0, 1402.0, y + 104.0, Paint::line(Ink::edge_of(4), 1.25).at(75));
    cross(scene, (1406.0, y + 104.0), 8.0, Ink::Ink, 1.75);
    scene.text(1388.0, y + 124.0, "lost", SMALL.middle());
}

fn frame(x: f32, y: f32, w: f32, face: Face) -> Frame {
    Frame { x, y, w, h: 26.0, face }
}

fn cells(scene: &mut Scene, y: f32) {
    scene.text(20.0, y, "Log cells", TITLE);
    let change = |change| CellView { change, ..entry(1, 4, "x=1", CellState::Applied) };
    let removed = CellView { change: CellChange::Removed, ..entry(1, 4, "x=1", CellState::OnDisk) };
    let all = [
        (entry(1, 4, "x=1", CellState::InMemory), "in memory"),
        (
            CellView {
                ballot: [Tally::new(2, 5), Tally::default()],
                ..entry(1, 4, "x=1", CellState::OnDisk)
            },
            "on disk, 2 of 3",
        ),
        (entry(1, 4, "x=1", CellState::Committed), "committed"),
        (entry(1, 4, "x=1", CellState::Applied), "applied"),
        (change(CellChange::Changed), "changed now"),
        (change(CellChange::Replaced(2)), "replaced"),
        (removed, "removed now"),
        (entry(1, 4, "config", CellState::Applied), "config"),
        (entry(1, 14, "joint", CellState::Committed), "joint, term 14"),
        (entry(1, 4, "noop", CellState::Applied), "no-op"),
        (entry(1, 4, "x=1", CellState::Unknown), "not known"),
        (entry(1, 3, "x=1", CellState::OldTermQuorum), "old, on 3/5"),
    ];
    for (i, (what, word)) in all.iter().enumerate() {
        let x = 22.0 + 82.0 * i as f32;
        cell(scene, frame(x, y + 16.0, 52.0, Face::Full), what);
        scene.text(x, y + 60.0, word, SMALL);
    }
    stack(scene, (1008.0, y + 14.0, 52.0, 28.0), 4, "to 96");
    scene.text(1006.0, y + 60.0, "snapshot", SMALL);
    scene.text(1090.0, y, "Zoom: 56, 30, 12 px a column", TITLE);
    let applied = entry(1, 4, "x=1", CellState::Applied);
    cell(scene, frame(1092.0, y + 16.0, 52.0, Face::Full), &applied);
    for k in 0..3 {
        cell(scene, frame(1154.0 + 30.0 * k as f32, y + 16.0, 26.0, Face::Term), &applied);
    }
    for k in 0..6 {
        let state = if k > 3 { CellState::OnDisk } else { CellState::Committed };
        let term = if k < 3 { 2 } else { 4 };
        cell(scene, frame(1252.0 + 12.0 * k as f32, y + 16.0, 10.0, Face::Plain), &entry(1, term, "", state));
    }
}

fn pointers(scene: &mut Scene, y: f32) {
    scene.text(20.0, y, "Pointers, with the system’s own names", TITLE);
    let all = [
        (PointerMark::Dot, "match, watermark"),
        (PointerMark::Triangle, "next, writeIndex"),
        (PointerMark::Diamond, "compareIndex"),
        (PointerMark::Bar, "durable end"),
    ];
    for (i, (what, word)) in all.into_iter().enumerate() {
        let x = 30.0 + 150.0 * i as f32;
        mark(scene, (x, y + 24.0), what);
        scene.text(x + 16.0, y + 28.0, word, SMALL);
    }
    commit_mark(scene, 634.0, (y + 16.0, y + 32.0), 5.0);
    scene.text(646.0, y + 28.0, "commit index", SMALL);
}

fn terms(scene: &mut Scene, y: f32) {
    scene.text(20.0, y, "Terms: slot = term mod 12; a lap adds an inner line", TITLE);
    let names =
        ["sky", "violet", "peach", "fern", "lilac", "rose", "lime", "clay", "mint", "blue", "amber", "teal"];
    for (i, name) in names.into_iter().enumerate() {
        let (x, term) = (22.0 + 82.0 * i as f32, (i as u64 + 1) % 12);
        scene.rect(x, y + 12.0, 70.0, 34.0, 3.0, Paint::both(Ink::fill_of(term), Ink::edge_of(term), 1.0));
        let style = TextStyle::new(Font::SansSemi, 15.0, Ink::On).middle();
        scene.text(x + 35.0, y + 34.5, &term.to_string(), style);
        let open = entry(1, term, "open", CellState::OnDisk);
        cell(scene, Frame { h: 22.0, ..frame(x, y + 52.0, 70.0, Face::Full) }, &open);
        scene.text(x, y + 90.0, name, SMALL);
    }
    for lap in 1..=3 {
        let x = 1006.0 + 82.0 * (lap - 1) as f32;
        let what = entry(1, 12 * lap + 1, "x=1", CellState::Committed);
        cell(scene, Frame { h: 34.0, ..frame(x, y + 12.0, 70.0, Face::Full) }, &what);
        scene.text(x, y + 90.0, &format!("sky, lap {lap}"), SMALL);
    }
}

fn time(scene: &mut Scene, y: f32) {
    scene.text(20.0, y, "Time", TITLE);
    let row = y + 20.0;
    let words =
        ["election won", "client write", "crash", "restart", "event", "this step", "violation", "folded"];
    let mut x = 26.0;
    for (i, word) in words.into_iter().enumerate() {
        match i {
            0 => tent(scene, (x, row), Paint::fill(Ink::Ink2)),
            1 => scene.line(x, row - 4.5, x, row + 4.5, Paint::line(Ink::Ink2, 1.25)),
            2 => cross(scene, (x, row), 9.0, Ink::Ink, 2.25),
            3 => scene.circle(x, row, 3.0, Paint::both(Ink::Surface, Ink::Ink, 1.4)),
            4 => event_mark(scene, (x, row), false, false),
            5 => event_mark(scene, (x, row), true, false),
            6 => event_mark(scene, (x, row), false, true),
            _ => {
                let face = Paint::both(Ink::Surface, Ink::Line2, 1.0);
                scene.rect(x - 8.0, row - 8.0, 32.0, 16.0, 8.0, face);
                let style = TextStyle::new(Font::MonoMedium, 11.0, Ink::Ink3).middle();
                scene.text(x + 8.0, row + 4.0, "H×4", style);
                x += 18.0;
            }
        }
        scene.text(x + 11.0, row + 4.0, word, SMALL);
        x += 36.0 + text::width(word, SMALL.font, SMALL.size);
    }
    diamond(scene, (x + 10.0, row), 4.8, 0.0, Paint::line(Ink::Bad, 1.6));
    scene.text(x + 21.0, row + 4.0, "broken, as in the real system", SMALL);
}
