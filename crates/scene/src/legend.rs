//! What the marks of the pictures mean, each beside its meaning, in columns.

use kernel::view::{Ballot, CellChange, CellState, CellView, PointerMark, Shape, Sign, Tally, TimerArc};

use crate::geometry::{cross, diamond, event_mark, tent};
use crate::log::{Face, Frame, cell, commit_mark, mark, stack};
use crate::look::Look;
use crate::ring::{Body, Glyph, Wire, body, glyph, wire};
use crate::scene::Scene;
use crate::shape::{Font, Ink, Paint, TextStyle};
use crate::words::Language;

/// A meaning, in every language of the page.
type Words = (&'static str, &'static str);

fn told(words: Words, language: Language) -> &'static str {
    match language {
        Language::English => words.0,
        Language::Chinese => words.1,
    }
}

/// Something drawn in the middle of a row.
type Draw = fn(&mut Scene, (f32, f32));

/// Marks of one picture.
struct Section {
    title: Words,
    /// Height of a row.
    row: f32,
    marks: &'static [(Draw, Words)],
}

/// Room for a mark.
const MARK: f32 = 64.0;
/// A mark with its meaning.
const COLUMN: f32 = 218.0;
const TITLE: f32 = 34.0;

const SECTIONS: [Section; 5] = [
    Section { title: ("Nodes", "节点"), row: 62.0, marks: NODES },
    Section { title: ("Messages", "消息"), row: 30.0, marks: MESSAGES },
    Section { title: ("Links", "链路"), row: 30.0, marks: LINKS },
    Section { title: ("Log", "日志"), row: 40.0, marks: LOG },
    Section { title: ("Time", "时间"), row: 30.0, marks: TIME },
];

/// A follower with nothing special about it.
pub(crate) const PLAIN: Body<'static> = Body {
    shape: Shape::Follower,
    term: 4,
    paused: false,
    handing: false,
    broken: false,
    selected: false,
    timer: Some(TimerArc { left_permille: 700, dashes: false }),
    votes: &[],
    given: 0,
    vote: None,
};
const DOWN: Body<'static> = Body { timer: None, ..PLAIN };
const BEAT: Option<TimerArc> = Some(TimerArc { left_permille: 400, dashes: true });

fn node(scene: &mut Scene, at: (f32, f32), of: &Body<'_>) {
    body(scene, at, 17.0, of);
}

const NODES: &[(Draw, Words)] = &[
    (
        |s, at| node(s, at, &PLAIN),
        (
            "follower: its term, its colour, and the time left on its timer",
            "跟随者：任期及其颜色，外弧为定时器剩余时间",
        ),
    ),
    (
        |s, at| {
            use Ballot::{No, Open, Yes};
            node(
                s,
                at,
                &Body {
                    shape: Shape::Candidate,
                    term: 5,
                    votes: &[Yes, Yes, No, Open, Open],
                    given: 0b1000,
                    ..PLAIN
                },
            );
        },
        (
            "candidate: votes – filled yes, hollow no, pale on its way, small open",
            "候选者：每个选民一点，实心同意，空心拒绝，浅色在途，小点未答",
        ),
    ),
    (
        |s, at| node(s, at, &Body { shape: Shape::PreCandidate, ..PLAIN }),
        ("asks whether it could win (pre-vote)", "询问能否当选（预投票）"),
    ),
    (
        |s, at| node(s, at, &Body { vote: Some((0.8, -0.6)), ..PLAIN }),
        ("has voted for the node it points to", "已投票给箭头所指的节点"),
    ),
    (
        |s, at| node(s, at, &Body { shape: Shape::Leader, timer: BEAT, ..PLAIN }),
        ("leader, and the time to its next heartbeat", "领导者，外圈为距下次心跳的时间"),
    ),
    (
        |s, at| node(s, at, &Body { shape: Shape::LeaderNotReady, timer: BEAT, ..PLAIN }),
        ("leads, but may not serve yet", "已是领导者，但还不能服务"),
    ),
    (
        |s, at| node(s, at, &Body { shape: Shape::Leader, handing: true, timer: BEAT, ..PLAIN }),
        ("hands leadership over", "正在移交领导权"),
    ),
    (
        |s, at| node(s, at, &Body { shape: Shape::Learner, ..PLAIN }),
        ("learns without a vote", "学习者，没有投票权"),
    ),
    (
        |s, at| node(s, at, &Body { paused: true, ..PLAIN }),
        ("paused: its process stands still", "已暂停：进程停住"),
    ),
    (|s, at| node(s, at, &Body { shape: Shape::Crashed, ..DOWN }), ("crashed", "已崩溃")),
    (|s, at| node(s, at, &Body { shape: Shape::Aborted, ..DOWN }), ("stopped itself", "自行停止")),
    (|s, at| node(s, at, &Body { shape: Shape::NotMember, ..DOWN }), ("no member", "不是成员")),
    (|s, at| node(s, at, &Body { broken: true, ..PLAIN }), ("breaks a rule", "违反规则")),
];

/// A request with nothing special about it.
pub(crate) const SENT: Glyph = Glyph {
    letter: 'A',
    sign: Sign::None,
    term: 4,
    reply: false,
    held: false,
    copy: false,
    no_effect: false,
    locked: false,
};

fn message(scene: &mut Scene, at: (f32, f32), of: &Glyph) {
    glyph(scene, at, (1.0, 0.0), 0.9, of);
}

const fn reply(sign: Sign) -> Glyph {
    Glyph { reply: true, sign, ..SENT }
}

const MESSAGES: &[(Draw, Words)] = &[
    (|s, at| message(s, at, &SENT), ("request: its kind, its term’s colour", "请求：字母为种类，颜色为任期")),
    (|s, at| message(s, at, &reply(Sign::Plus)), ("answer: yes", "答复：同意")),
    (|s, at| message(s, at, &reply(Sign::Minus)), ("answer: no", "答复：拒绝")),
    (|s, at| message(s, at, &reply(Sign::Again)), ("answer: come again", "答复：请重试")),
    (|s, at| message(s, at, &reply(Sign::Failed)), ("the call failed, nobody answers", "调用失败，无人答复")),
    (|s, at| message(s, at, &Glyph { no_effect: true, ..SENT }), ("will have no effect", "送达也无作用")),
    (|s, at| message(s, at, &Glyph { copy: true, ..SENT }), ("a copy", "副本")),
    (|s, at| message(s, at, &Glyph { held: true, ..SENT }), ("you hold it", "被你扣住")),
    (
        |s, (x, y)| {
            s.line(x - 18.0, y, x + 8.0, y, Paint::line(Ink::edge_of(4), 1.25).at(75));
            cross(s, (x + 12.0, y), 8.0, Ink::Ink, 1.75);
        },
        ("lost", "丢失"),
    ),
];

fn link(scene: &mut Scene, (x, y): (f32, f32), of: Wire) {
    wire(scene, ((x - 26.0, y), (x + 26.0, y)), of, false);
}

fn pill(scene: &mut Scene, (x, y): (f32, f32), words: &str) {
    scene.rect(x - 31.0, y - 8.0, 62.0, 16.0, 8.0, Paint::both(Ink::Surface, Ink::Line2, 1.0));
    scene.text(x, y + 4.0, words, TextStyle::new(Font::Sans, 11.0, Ink::Ink2).middle());
}

const LINKS: &[(Draw, Words)] = &[
    (|s, at| link(s, at, Wire::Up), ("up", "接通")),
    (|s, at| link(s, at, Wire::Down), ("one end is down", "一端已停止")),
    (|s, at| link(s, at, Wire::Shaped), ("slow or lossy", "慢或丢包")),
    (|s, at| link(s, at, Wire::CutBoth), ("cut both ways", "双向切断")),
    (|s, at| link(s, at, Wire::CutForth), ("cut one way", "单向切断")),
    (|s, at| pill(s, at, "A [5,7] ●2"), ("state of a peer; ●: in flight", "对端状态；●：在途请求")),
];

fn entry(scene: &mut Scene, at: (f32, f32), state: CellState, change: CellChange, have: usize) {
    let ballot = if have > 0 { Tally::new(have, 5).own(true) } else { Tally::default() };
    ballots(scene, at, state, change, [ballot, Tally::default()]);
}

fn ballots(scene: &mut Scene, (x, y): (f32, f32), state: CellState, change: CellChange, ballot: [Tally; 2]) {
    let of = CellView { index: 1, term: 4, value: "x=1".into(), state, ballot, change };
    cell(scene, Frame { x: x - 26.0, y: y - 13.0, w: 52.0, h: 26.0, face: Face::Full }, &of);
}

fn plain(scene: &mut Scene, at: (f32, f32), state: CellState) {
    entry(scene, at, state, CellChange::None, 0);
}

const LOG: &[(Draw, Words)] = &[
    (|s, at| plain(s, at, CellState::InMemory), ("in memory: a power loss takes it", "在内存中：断电即失")),
    (
        |s, at| entry(s, at, CellState::OnDisk, CellChange::None, 2),
        ("on disk at 2 of 3; dot: the leader", "已落盘于 2/3；点：领导者自身"),
    ),
    (
        |s, at| {
            let both = [Tally::new(1, 3), Tally::new(2, 3).own(true)];
            ballots(s, at, CellState::OnDisk, CellChange::None, both);
        },
        ("joint: a quorum of each list", "联合：新旧名单各需多数派"),
    ),
    (
        |s, at| plain(s, at, CellState::OldTermQuorum),
        ("old term on a quorum: not committed by that", "旧任期条目已在多数派上，仍未提交"),
    ),
    (|s, at| plain(s, at, CellState::Committed), ("committed", "已提交")),
    (|s, at| plain(s, at, CellState::Applied), ("applied", "已应用")),
    (|s, at| plain(s, at, CellState::Unknown), ("node down: not known", "节点已停止：不明")),
    (
        |s, at| entry(s, at, CellState::Applied, CellChange::Changed, 0),
        ("changed in this step", "这一步改变"),
    ),
    (|s, at| entry(s, at, CellState::OnDisk, CellChange::Removed, 0), ("removed in this step", "这一步删除")),
    (
        |s, (x, y)| stack(s, (x - 26.0, y - 14.0, 52.0, 28.0), 4, "≤ 96"),
        ("snapshot up to this index", "快照，到此序号为止"),
    ),
    (|s, (x, y)| commit_mark(s, x, (y - 8.0, y + 8.0), 5.0), ("commit index", "提交位置")),
    (|s, at| mark(s, at, PointerMark::Dot), ("known to agree (match, watermark)", "已知一致处")),
    (|s, at| mark(s, at, PointerMark::Triangle), ("sent next (next, writeIndex)", "下一个发送处")),
    (|s, at| mark(s, at, PointerMark::Diamond), ("being probed (compareIndex)", "正在探测处")),
    (|s, at| mark(s, at, PointerMark::Bar), ("durable up to here", "落盘到此")),
];

const TIME: &[(Draw, Words)] = &[
    (|s, at| tent(s, at, Paint::fill(Ink::Ink2)), ("election won", "当选")),
    (
        |s, (x, y)| s.line(x, y - 4.5, x, y + 4.5, Paint::line(Ink::Ink2, 1.25)),
        ("client write", "客户端写入"),
    ),
    (|s, at| cross(s, at, 9.0, Ink::Ink, 2.25), ("crash", "崩溃")),
    (|s, (x, y)| s.circle(x, y, 3.0, Paint::both(Ink::Surface, Ink::Ink, 1.4)), ("restart", "重启")),
    (|s, at| event_mark(s, at, false, false), ("event", "事件")),
    (|s, at| event_mark(s, at, true, false), ("this step", "这一步")),
    (|s, at| event_mark(s, at, false, true), ("a rule broke", "违反规则")),
    (
        |s, at| diamond(s, at, 4.8, 0.0, Paint::line(Ink::Bad, 1.6)),
        ("broken as in the real system", "与真实系统一样违反"),
    ),
];

fn columns(width: f32) -> usize {
    // A pane is never wider than a screen.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let fit = (width / COLUMN) as usize;
    fit.max(1)
}

/// How high the marks stand at this width, CSS pixels.
#[must_use]
pub fn legend_height(width: f32) -> f32 {
    let rows = |section: &Section| section.marks.len().div_ceil(columns(width)) as f32 * section.row;
    SECTIONS.iter().map(|section| TITLE + rows(section)).sum()
}

/// What is said of every mark, in the order in which they stand.
pub fn legend_words(language: Language) -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().flat_map(|section| section.marks).map(move |(_, words)| told(*words, language))
}

/// Draws every mark with its meaning; the height of the look is [`legend_height`].
pub fn legend(look: &Look, scene: &mut Scene) {
    scene.clear(look.width, look.height, look.theme);
    let columns = columns(look.width);
    let wide = look.width / columns as f32;
    let mut top = 0.0;
    for section in &SECTIONS {
        let title = TextStyle::new(Font::SansSemi, 12.0, Ink::Ink);
        scene.text(0.0, top + 22.0, told(section.title, look.language), title);
        top += TITLE;
        for (i, (draw, words)) in section.marks.iter().enumerate() {
            let (x, y) = (wide * (i % columns) as f32, top + section.row * (i / columns) as f32);
            let middle = y + section.row / 2.0;
            draw(scene, (x + MARK / 2.0, middle));
            meaning(scene, (x + MARK + 6.0, middle), wide - MARK - 14.0, told(*words, look.language), look);
        }
        top += section.row * section.marks.len().div_ceil(columns) as f32;
    }
}

/// Words in as many lines as they need, about the middle of a row.
fn meaning(scene: &mut Scene, (x, middle): (f32, f32), room: f32, words: &str, look: &Look) {
    let style = TextStyle::new(Font::Sans, 12.0, Ink::Ink2);
    let lines = wrapped(words, room, style, look.language);
    let first = middle + 4.0 - 7.5 * (lines.len() as f32 - 1.0);
    for (i, line) in lines.iter().enumerate() {
        scene.text(x, first + 15.0 * i as f32, line, style);
    }
}

/// Broken between words; Chinese between any two signs, but not before a mark that ends something.
fn wrapped(words: &str, room: f32, style: TextStyle, language: Language) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for sign in words.chars() {
        let ends = matches!(sign, '，' | '：' | '）');
        let breaks = parts.last().is_none_or(|part| match language {
            Language::English => part.ends_with(' '),
            Language::Chinese => !ends,
        });
        match parts.last_mut().filter(|_| !breaks) {
            Some(part) => part.push(sign),
            None => parts.push(sign.into()),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let with =
            |line: &String| crate::text::width(&format!("{line}{}", part.trim_end()), style.font, style.size);
        match lines.last_mut().filter(|line| with(line) <= room) {
            Some(line) => line.push_str(&part),
            None => lines.push(part),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meaning_fits_its_row_in_every_width() {
        for language in [Language::English, Language::Chinese] {
            for width in [300.0, 340.0, 436.0, 660.0] {
                let room = width / columns(width) as f32 - MARK - 14.0;
                let style = TextStyle::new(Font::Sans, 12.0, Ink::Ink2);
                for section in &SECTIONS {
                    for (_, words) in section.marks {
                        let lines = wrapped(told(*words, language), room, style, language);
                        assert!(15.0 * lines.len() as f32 <= section.row, "{width}: {lines:?}");
                        for line in &lines {
                            let wide = crate::text::width(line.trim_end(), style.font, style.size);
                            assert!(wide <= room, "{width}: {line}");
                        }
                    }
                }
            }
        }
    }
}
