//! Marks cover no other mark, and what lies ahead of the playhead is pale wherever it is drawn.

use kernel::view::TimeMark;
use kernel::{NodeId, view};
use scene::{Columns, Dash, Density, HitId, Ink, Look, Scene, Seg, Shape, sample};

/// Every text with its place and opacity.
fn texts(scene: &Scene) -> Vec<(String, f32, f32, u8)> {
    let text = |shape: &Shape| match shape {
        Shape::Text { x, y, from, to, style } => {
            Some((scene.letters(*from, *to).to_owned(), *x, *y, style.alpha))
        }
        _ => None,
    };
    scene.shapes().iter().filter_map(text).collect()
}

#[test]
fn the_band_of_a_row_lies_under_the_lane_above() {
    let mut view = sample::repair_log();
    view.rows.iter_mut().for_each(|row| row.acted = true);
    let mut scene = Scene::new();
    scene::log_table(&view, &Look::new(802.0, 229.0), Columns { pitch: 56.0, first: 1.0 }, &mut scene);
    let band =
        |shape: &Shape| matches!(shape, Shape::Rect { paint, .. } if paint.fill == Some((Ink::Hover, 100)));
    let name =
        |shape: &Shape| matches!(shape, Shape::Text { from, to, .. } if scene.letters(*from, *to) == "n0");
    let last_band = scene.shapes().iter().rposition(band).expect("bands");
    let first_row = scene.shapes().iter().position(name).expect("the first row's name");
    assert!(last_band < first_row);
}

#[test]
fn a_pointers_name_keeps_clear_of_the_next_rows_bracket() {
    let mut view = sample::repair_log();
    let names = |view: &view::LogView| {
        let mut scene = Scene::new();
        scene::log_table(view, &Look::new(802.0, 229.0), Columns { pitch: 56.0, first: 1.0 }, &mut scene);
        let end = |shape: &Shape| match shape {
            Shape::Text { x, y, from, to, .. } if scene.letters(*from, *to) == "next" => Some((*x, *y)),
            _ => None,
        };
        scene.shapes().iter().find_map(end)
    };
    let pointer = view.rows[1].pointers.iter().find(|p| p.name == "next").cloned();
    view.rows.iter_mut().for_each(|row| row.pointers.clear());
    view.rows[0].pointers.extend(pointer);
    view.rows[0].committed = -1;
    view.rows[1].committed = -1;
    let free = names(&view).expect("its name is drawn");
    // The column right of the mark ends in the next row's bracket.
    let index = u64::try_from(view.rows[0].pointers[0].index).expect("an index");
    view.rows[1].committed = i64::try_from(index).expect("small");
    assert_ne!(names(&view), Some(free), "beside the bracket's head there is no room for it");
}

#[test]
fn a_pointers_name_has_air_before_the_next_mark() {
    let mut view = sample::repair_log();
    let named = |name: &'static str, index: i64, mark| view::PointerView { name, index, mark };
    view.rows.iter_mut().for_each(|row| (row.pointers, row.committed) = (Vec::new(), -1));
    // As a leader of Raft sees a follower that has all: two marks in one column, the third in the next.
    view.rows[0].pointers = vec![
        named("durable", 4, view::PointerMark::Bar),
        named("match", 4, view::PointerMark::Dot),
        named("next", 5, view::PointerMark::Triangle),
    ];
    for pitch in [56.0, 52.0, 60.0, 32.0] {
        let mut scene = Scene::new();
        scene::log_table(&view, &Look::new(802.0, 229.0), Columns { pitch, first: 1.0 }, &mut scene);
        // The left corner of the triangle's base, and the dot.
        let mut next = scene.shapes().iter().filter_map(|shape| match shape {
            Shape::Path { from, to, paint } if paint.fill.is_none() => match scene.segs(*from, *to) {
                [Seg::Move(..), Seg::Line(..), Seg::Line(x, _), Seg::Close] => Some(*x),
                _ => None,
            },
            _ => None,
        });
        let next = next.next_back().expect("the triangle");
        let words = texts(&scene);
        assert!(words.iter().any(|text| text.0 == "durable"), "{pitch}");
        for (_, x, ..) in words.iter().filter(|text| text.0 == "match") {
            let w = scene::text::width("match", scene::Font::Sans, 11.0);
            assert!(x + w + 4.0 <= next, "at {pitch}: it ends at {} before {next}", x + w);
        }
    }
}

#[test]
fn what_lies_ahead_is_pale_in_both_diagrams() {
    let mut view = sample::window();
    view.now_us = 1_140_000;
    let mut scene = Scene::new();
    scene::space_time(&view, &Look::new(1440.0, 176.0), &mut scene);
    let alpha = |words: &str| texts(&scene).into_iter().find(|(text, ..)| text == words).map(|text| text.3);
    assert_eq!(alpha("write z=1"), Some(100));
    assert_eq!(alpha("commit 8"), Some(38));
    assert_eq!(alpha("heal"), Some(38));
    let diamonds: Vec<u8> = scene.shapes().iter().filter_map(event_mark).collect();
    assert!(diamonds.contains(&100) && diamonds.contains(&38), "{diamonds:?}");

    let mut view = sample::run();
    view.now_us = 700_000;
    view.marks.retain(|(_, mark)| matches!(mark, TimeMark::Won(..)));
    scene::overview(&view, &Look::new(1440.0, 130.0), &mut scene);
    let tents: Vec<u8> = scene.shapes().iter().filter_map(tent).collect();
    assert_eq!(tents, [100, 100, 38]);
}

/// The opacity of an event's mark.
fn event_mark(shape: &Shape) -> Option<u8> {
    match shape {
        Shape::Path { paint, .. } => match (paint.fill, paint.stroke) {
            (Some((Ink::Surface, alpha)), Some(pen)) if pen.ink == Ink::Ink2 => Some(alpha),
            _ => None,
        },
        _ => None,
    }
}

/// The opacity of an election's mark.
fn tent(shape: &Shape) -> Option<u8> {
    match shape {
        Shape::Path { paint, .. } => match paint.fill {
            Some((Ink::Ink2, alpha)) => Some(alpha),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn a_heartbeat_pill_stands_beside_the_events_of_its_lane() {
    let mut view = sample::window();
    let beat = view.flights.iter().find(|flight| flight.routine).cloned().expect("a heartbeat");
    let sender = beat.from.node().expect("a node");
    view.flights = vec![beat.clone()];
    view.faults.clear();
    view.events.truncate(1);
    let pill = |view: &view::SpaceTimeView| {
        let mut scene = Scene::new();
        scene::space_time(view, &Look::new(1440.0, 176.0), &mut scene);
        texts(&scene).into_iter().find(|(text, ..)| text == "H×1").expect("its pill").1
    };
    view.events[0].node = NodeId(9);
    let alone = pill(&view);
    view.events[0].node = sender;
    view.events[0].at_us = beat.sent_us;
    assert!((pill(&view) - alone).abs() >= 16.0 + 4.0, "half a pill and the mark lie between them");
}

#[test]
fn an_events_words_keep_off_arrows_where_there_is_room() {
    let mut view = sample::window();
    view.faults.clear();
    view.now_us = 1_500_000;
    view.events.truncate(1);
    view.events[0].node = NodeId(1);
    let at_us = view.events[0].at_us;
    let label = view.events[0].label.clone();
    let mut arrow = view.flights.iter().find(|flight| !flight.routine).cloned().expect("a message");
    arrow.from = NodeId(0).into();
    arrow.to = NodeId(1).into();
    let mut place = |sent: &[(u64, u64)]| {
        let flight = |&(from, to): &(u64, u64)| {
            let mut flight = arrow.clone();
            (flight.sent_us, flight.end) = (from, view::FlightEnd::Arrived(to));
            flight
        };
        view.flights = sent.iter().map(flight).collect();
        let mut scene = Scene::new();
        scene::space_time(&view, &Look::new(1440.0, 176.0), &mut scene);
        texts(&scene).into_iter().find(|(text, ..)| *text == label).map(|(_, _, y, _)| y).expect("its words")
    };
    let above = place(&[]);
    let arrives = |us: u64| (us - 400, us);
    assert_eq!(place(&[arrives(at_us - 50_000)]), above, "no arrow is near");
    let all = [at_us - 2_500, at_us, at_us + 2_500].map(arrives);
    assert_eq!(place(&all), above, "where they cross once it is clear whose words they are");
    assert!(place(&all.repeat(3)) > above, "much more crosses them above");
}

/// It lies under the playhead, so its words stand beside that, and under no flag.
#[test]
fn the_event_of_this_step_has_its_words() {
    for lane in 0..5 {
        let mut view = sample::window();
        view.faults.clear();
        view.flights.clear();
        view.events.truncate(1);
        let now = view::LaneEvent {
            node: view.lanes[lane].0,
            at_us: view.now_us,
            now: true,
            label: "LEADER".into(),
            ..view.events[0].clone()
        };
        view.events = vec![now];
        let mut scene = Scene::new();
        scene::space_time(&view, &Look::new(1440.0, 176.0), &mut scene);
        let (from, to) = view.window_us;
        let playhead = 76.0 + (view.now_us - from) as f32 / (to - from) as f32 * (1426.0 - 76.0);
        let told = texts(&scene);
        let (_, x, y, _) = told
            .iter()
            .find(|(text, ..)| text == "LEADER")
            .unwrap_or_else(|| panic!("lane {lane}: {told:?}"));
        assert!((x - playhead).abs() >= 5.0, "lane {lane}: at {x}, the playhead at {playhead}");
        assert!(*y > 26.0, "lane {lane}: under the flag, at {y}");
    }
}

#[test]
fn who_leads_is_told_before_what_came_earlier_and_leaves_no_room() {
    let mut view = sample::window();
    view.faults.clear();
    view.flights.clear();
    view.events.truncate(1);
    let lead = view.stretches.iter().find(|s| s.shape == view::Shape::Leader).cloned().expect("one leads");
    view.window_us = (lead.from_us - 100_000, lead.from_us + 1_900_000);
    let event = |at_us, label: &str| view::LaneEvent {
        node: lead.node,
        at_us,
        label: label.into(),
        ..view.events[0].clone()
    };
    let before = [3, 6, 9, 12].map(|ms| event(lead.from_us - ms * 1000, "an event before"));
    view.events = [&before[..], &[event(lead.from_us, "LEADER")]].concat();
    let mut scene = Scene::new();
    scene::space_time(&view, &Look::new(1440.0, 176.0), &mut scene);
    let told = texts(&scene);
    assert!(told.iter().any(|(text, ..)| text == "LEADER"), "{told:?}");
    assert!(told.iter().filter(|(text, ..)| text == "an event before").count() < 4, "{told:?}");
}

#[test]
fn a_fork_at_the_tip_has_its_nodes_apart_and_inside() {
    let mut view = sample::run();
    view.now_us = view.end_us;
    let fork = view.branches.last_mut().expect("a fork");
    (fork.from_us, fork.to_us) = (view.end_us, view.end_us);
    view.branches.iter_mut().rev().enumerate().for_each(|(i, branch)| branch.current = i == 0);
    let mut scene = Scene::new();
    let height = scene::overview_height(&view, Density::Wide);
    scene::overview(&view, &Look::new(1440.0, height), &mut scene);
    let node = |shape: &Shape| match shape {
        Shape::Circle { cx, cy, r: 3.0, .. } => Some((*cx, *cy)),
        _ => None,
    };
    let nodes: Vec<(f32, f32)> = scene.shapes().iter().filter_map(node).collect();
    assert_eq!(nodes.len(), 2, "one on each row: {nodes:?}");
    assert!(nodes.iter().all(|(x, _)| x + 3.0 <= 1440.0 - 14.0 + 3.0), "{nodes:?}");
    assert!((nodes[0].0 - nodes[1].0).abs() >= 7.0, "{nodes:?}");
}

#[test]
fn the_line_of_the_branch_shown_reaches_the_present() {
    let mut view = sample::run();
    for branch in &mut view.branches {
        branch.to_us = branch.to_us.min(view.now_us - 300_000);
    }
    let mut scene = Scene::new();
    scene::overview(&view, &Look::new(1440.0, 130.0), &mut scene);
    let dot = |shape: &Shape| match shape {
        Shape::Circle { cx, cy, r, .. } if *r == 3.0 => Some((*cx, *cy)),
        _ => None,
    };
    let dots: Vec<_> = scene.shapes().iter().filter_map(dot).collect();
    let reaches = |(x, y): (f32, f32)| {
        scene.shapes().iter().any(|shape| match shape {
            Shape::Path { from, to, .. } => match scene.segs(*from, *to).last() {
                Some(Seg::Line(end, at)) => (end - x).abs() < 0.6 && (at - y).abs() < 0.6,
                _ => false,
            },
            _ => false,
        })
    };
    assert!(dots.iter().any(|dot| reaches(*dot)), "a line ends at the dot of the present: {dots:?}");
}

#[test]
fn a_chosen_link_shows_where_it_is_cut() {
    let mut view = sample::repair();
    let link = view.links.iter_mut().find(|link| !link.down).expect("a link");
    (link.cut_ab, link.cut_ba) = (true, false);
    let chosen = Some(HitId::Link(link.a, link.b));
    let mut scene = Scene::new();
    scene::ring(&view, &Look { selected: chosen, ..Look::new(600.0, 410.0) }, &mut scene);
    let line = |shape: &Shape| match shape {
        Shape::Path { from, to, paint } => {
            let pen = paint.stroke.filter(|pen| pen.ink == Ink::Ink && pen.width == 2.0)?;
            matches!(scene.segs(*from, *to), [Seg::Move(..), Seg::Line(..)]).then_some(pen.dash)
        }
        _ => None,
    };
    let dashes: Vec<Dash> = scene.shapes().iter().filter_map(line).collect();
    let cut = dashes.iter().filter(|dash| **dash == Dash::Cut).count();
    assert_eq!((cut, dashes.len()), (2, 3), "both ends of the cut way, and the live one");
}

#[test]
fn rows_of_a_log_close_up_before_one_is_hidden() {
    let mut view = sample::repair_log();
    let row = view.rows[0].clone();
    view.rows = (0..7).map(|i| view::LogRow { id: NodeId(i), ..row.clone() }).collect();
    let names = |height: f32| {
        let mut scene = Scene::new();
        scene::log_table(&view, &Look::new(802.0, height), Columns { pitch: 56.0, first: 1.0 }, &mut scene);
        let own =
            |(text, _, y, _): (String, f32, f32, u8)| (text.len() == 2 && text.starts_with('n')).then_some(y);
        texts(&scene).into_iter().filter_map(own).collect::<Vec<f32>>()
    };
    let (roomy, close) = (names(scene::log_height(7, Density::Wide)), names(255.0));
    assert_eq!((roomy.len(), close.len()), (7, 7));
    assert_eq!(roomy[1] - roomy[0], 41.0);
    assert!(close[6] + 4.0 < 255.0 && close[1] - close[0] >= 32.0, "{close:?}");
}

#[test]
fn the_pictures_own_words_follow_the_language() {
    let look = Look { language: scene::Language::Chinese, ..Look::new(802.0, 229.0) };
    let mut scene = Scene::new();
    let empty = view::LogView { rows: sample::repair_log().rows, ..view::LogView::default() };
    let empty = view::LogView {
        rows: empty
            .rows
            .into_iter()
            .map(|row| view::LogRow { cells: Vec::new(), snapshot: None, ..row })
            .collect(),
        ..empty
    };
    scene::log_table(&empty, &look, Columns { pitch: 56.0, first: 1.0 }, &mut scene);
    assert!(texts(&scene).iter().any(|(text, ..)| text == "还没有条目。"));
    scene::space_time(&sample::window(), &Look { width: 1440.0, ..look }, &mut scene);
    assert!(texts(&scene).iter().any(|text| text.0.starts_with("接通")), "what was done, in its words");
    scene::overview(&sample::run(), &Look { width: 1440.0, ..look }, &mut scene);
    assert!(texts(&scene).iter().any(|text| text.0 == "切断\u{2006}n0 n2 n3 | n1 n4"));
    scene::ring(&sample::repair(), &look, &mut scene);
    let words: Vec<String> = texts(&scene).into_iter().map(|text| text.0).collect();
    assert!(words.iter().any(|text| text == "已崩溃"), "{words:?}");
    assert!(words.iter().any(|text| text == "FOLLOWER"), "a system's role stays as it spells it");
}
