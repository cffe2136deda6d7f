use kernel::view::RingView;

use super::labels;
use super::plan::{Labels, Plan, body_radius, ring_radius};
use crate::geometry::{Bounds, Taken};
use crate::look::{Density, Look};
use crate::sample;
use crate::scene::Scene;
use crate::shape::Shape;

const PANES: [(f32, f32); 8] = [
    (390.0, 286.0),
    (390.0, 360.0),
    (404.0, 372.0),
    (404.0, 400.0),
    (430.0, 410.0),
    (430.0, 450.0),
    (600.0, 410.0),
    (600.0, 420.0),
];

#[test]
fn bodies_shrink_with_the_pane_and_the_crowd() {
    assert_eq!(body_radius(600.0, 410.0, 5), 30.0);
    assert_eq!(body_radius(600.0, 410.0, 7), 26.0);
    assert_eq!(body_radius(430.0, 410.0, 5), 26.0);
    assert_eq!(body_radius(404.0, 372.0, 5), 22.0);
    assert_eq!(body_radius(340.0, 300.0, 5), 20.0);
    assert_eq!(body_radius(600.0, 410.0, 9), 20.0);
}

#[test]
fn the_radius_is_what_width_or_height_allows() {
    // Width: 600/2 − 30 − 17 − 92. Height: (410 − 88 − 0) / (1 + cos 36°) = 178.
    assert_eq!(ring_radius(600.0, 410.0, 5, 30.0, (92.0, 0.0)), 161.0);
    // Height: (410 − 80 − 64) / 1.809.
    let low = ring_radius(430.0, 410.0, 5, 26.0, (5.0, 64.0));
    assert!((low - 147.04).abs() < 0.1, "{low}");
    // An even ring reaches a whole radius down.
    let even = ring_radius(900.0, 410.0, 4, 30.0, (92.0, 0.0));
    assert_eq!(even, (410.0 - 88.0) / 2.0);
    assert_eq!(ring_radius(600.0, 410.0, 1, 30.0, (92.0, 0.0)), 0.0);
}

#[test]
fn the_first_node_stands_at_twelve_and_the_ring_is_centred() {
    let view = sample::crowd(5);
    let plan = Plan::new(&view, &Look::new(600.0, 410.0));
    assert_eq!(plan.labels, Labels::Beside);
    assert_eq!(plan.places[0].x, 300.0);
    assert!(plan.places[1].x > 300.0 && plan.places[1].y < 205.0, "clockwise");
    let ys: Vec<f32> = plan.places.iter().map(|p| p.y).collect();
    let (top, bottom) = (ys.iter().copied().fold(f32::MAX, f32::min), ys.iter().copied().fold(0.0, f32::max));
    assert!(((top + bottom) / 2.0 - 205.0).abs() <= 0.5);
}

fn with_everything(n: u8) -> RingView {
    let mut view = sample::crowd(n);
    for node in view.nodes.iter_mut().step_by(2) {
        node.flag = Some("⇡".into());
        node.skew_us = -1_200_000;
    }
    view
}

#[test]
fn labels_cover_no_node_and_no_label() {
    for n in 3..=9 {
        for (w, h) in PANES {
            for view in [sample::crowd(n), with_everything(n)] {
                let density = if w < 400.0 { Density::Phone } else { Density::Wide };
                let look = Look { density, ..Look::new(w, h) };
                let plan = Plan::new(&view, &look);
                let case = format!("{n} nodes at {w} × {h}");
                let pane = Bounds::new(0.0, 0.0, w, h);
                for (i, p) in plan.places.iter().enumerate() {
                    let r = plan.b + 10.0;
                    assert!(
                        p.x - r >= 0.0 && p.x + r <= w && p.y - r >= 0.0 && p.y + r <= h,
                        "{case}: node {i}"
                    );
                    for q in &plan.places[i + 1..] {
                        assert!((p.x - q.x).hypot(p.y - q.y) >= 2.0 * r, "{case}: {:?} and {:?}", p.id, q.id);
                    }
                }
                let discs = plan.places.iter().map(|p| (p.x, p.y, plan.b + 10.0)).collect();
                let mut taken = Taken { pane: Some(pane), discs, boxes: Vec::new() };
                let found = labels::boxes(&view, &plan, &look, &mut taken);
                for (i, found) in found.iter().enumerate() {
                    let (area, lines) = found.unwrap_or_else(|| panic!("{case}: n{i} has no label"));
                    assert!(lines >= 2, "{case}: n{i} has only its name");
                    for p in &plan.places {
                        assert!(!area.meets_disc(p.x, p.y, plan.b + 9.0), "{case}: n{i} covers {:?}", p.id);
                    }
                }
                let areas: Vec<Bounds> = found.iter().flatten().map(|(area, _)| *area).collect();
                for (i, a) in areas.iter().enumerate() {
                    assert!(areas[i + 1..].iter().all(|b| !a.meets(b)), "{case}: label {i} is covered");
                }
            }
        }
    }
}

/// Rectangles of 18, 16 or 14 px height with a light edge: chips and pills.
fn chips(scene: &Scene) -> Vec<Bounds> {
    let rects = scene.shapes().iter().filter_map(|shape| match *shape {
        Shape::Rect { x, y, w, h, r, .. }
            if (h == 18.0 && r == 4.0) || (h == 16.0 && r == 8.0) || (h == 14.0 && r == 7.0) =>
        {
            Some(Bounds::new(x, y, w, h))
        }
        _ => None,
    });
    rects.collect()
}

#[test]
fn chips_cover_no_node_no_glyph_and_no_chip() {
    let mut scene = Scene::new();
    let mut seen = 0;
    // In the first view every chip is a message's; a node's state or a dispatcher's may lie under a glyph.
    for (view, messages_only) in [(sample::repair(), true), (sample::skirmish(), false)] {
        for (w, h) in PANES {
            let look = Look::new(w, h);
            super::ring(&view, &look, &mut scene);
            let plan = Plan::new(&view, &look);
            let flights = super::messages::place(&view, &plan);
            let found = chips(&scene);
            seen += found.len();
            for (i, chip) in found.iter().enumerate() {
                for p in &plan.places {
                    assert!(!chip.meets_disc(p.x, p.y, plan.b + 9.0), "a chip covers {:?} at {w}", p.id);
                }
                let covered = flights.iter().any(|f| f.bounds(plan.scale()).meets(chip));
                assert!(!(messages_only && covered), "chip {i} covers a glyph at {w} × {h}");
                assert!(found[i + 1..].iter().all(|other| !chip.meets(other)), "chips meet at {w} × {h}");
            }
        }
    }
    assert!(seen > 40, "only {seen} chips were shown");
}

#[test]
fn many_messages_show_no_chips_unless_asked() {
    let mut view = sample::repair();
    let more: Vec<_> = (0..4)
        .map(|i| {
            let mut m = view.messages[0].clone();
            m.id.step = 900 + i;
            m
        })
        .collect();
    view.messages.extend(more);
    let mut scene = Scene::new();
    super::ring(&view, &Look::new(600.0, 410.0), &mut scene);
    assert_eq!(chips(&scene).len(), 0);
    let hovered = Some(crate::HitId::Msg(view.messages[2].id));
    super::ring(&view, &Look { hovered, ..Look::new(600.0, 410.0) }, &mut scene);
    assert_eq!(chips(&scene).len(), 1);
}

#[test]
fn glyphs_of_one_lane_keep_apart() {
    let mut view = sample::repair();
    for i in 0..3 {
        let mut again = view.messages[0].clone();
        again.id.step = 900 + i;
        again.overdue = true;
        view.messages.push(again);
    }
    let plan = Plan::new(&view, &Look::new(600.0, 410.0));
    let flights = super::messages::place(&view, &plan);
    for (i, a) in flights.iter().enumerate() {
        for b in &flights[i + 1..] {
            if (a.from, a.to) == (b.from, b.to) {
                assert!((a.at.0 - b.at.0).hypot(a.at.1 - b.at.1) >= 19.0);
            }
        }
    }
}

#[test]
fn the_messages_of_an_election_find_room_in_a_small_pane() {
    for (w, h) in [(404.0, 296.0), (404.0, 372.0), (390.0, 286.0)] {
        let look = Look { density: Density::Compact, ..Look::new(w, h) };
        let view = sample::election(7);
        let plan = Plan::new(&view, &look);
        let flights = super::messages::place(&view, &plan);
        let mut met = 0;
        for (i, a) in flights.iter().enumerate() {
            for p in &plan.places {
                let away = (a.at.0 - p.x).hypot(a.at.1 - p.y);
                assert!(away >= plan.b + 4.0, "{:?} is on {:?} at {w} × {h}: {away}", a.message.id, p.id);
            }
            met +=
                flights[i + 1..].iter().filter(|b| (a.at.0 - b.at.0).hypot(a.at.1 - b.at.1) < 11.0).count();
        }
        assert_eq!(met, 0, "letters cover each other at {w} × {h}");
    }
}

/// How many texts of the scene satisfy a test.
fn texts(scene: &Scene, wanted: impl Fn(&str) -> bool) -> usize {
    let text = |shape: &&Shape| match shape {
        Shape::Text { from, to, .. } => wanted(scene.letters(*from, *to)),
        _ => false,
    };
    scene.shapes().iter().filter(text).count()
}

#[test]
fn a_small_pane_has_every_nodes_chip_and_every_push_state() {
    for (w, h) in [(390.0, 262.0), (390.0, 286.0), (404.0, 372.0)] {
        let look = Look { density: Density::Phone, ..Look::new(w, h) };
        let mut scene = Scene::new();
        let mut view = sample::crowd(5);
        view.nodes.iter_mut().for_each(|node| node.chip = Some("parse 7: WAIT_TO_VOTE_NEXT".into()));
        super::ring(&view, &look, &mut scene);
        assert_eq!(texts(&scene, |words| words.starts_with("parse 7")), 5, "chips at {w} × {h}");

        let mut view = sample::crowd(5);
        let leader = view.nodes[1].id;
        let others: Vec<_> = view.nodes.iter().map(|node| node.id).filter(|id| *id != leader).collect();
        view.pills = others.into_iter().map(|to| (leader, to, "COMPARE".to_owned())).collect();
        super::ring(&view, &look, &mut scene);
        let states = texts(&scene, |words| words == "COMPARE" || words == "C");
        assert_eq!(states, 4, "push states at {w} × {h}");
    }
}

#[test]
fn every_replicator_of_a_crowd_has_its_pill() {
    for (n, panes) in [(7, &PANES[2..]), (9, &PANES[6..])] {
        for (w, h) in panes.iter().copied() {
            let quiet = (sample::crowd(n).messages, "APPENDING [2,2] ●1", "A");
            for (messages, words, state) in [quiet, (sample::election(n).messages, "IDLE next 2", "IDLE")] {
                let mut view = RingView { messages, ..sample::crowd(n) };
                let leader = view.nodes[5].id;
                let others = view.nodes.iter().map(|node| node.id).filter(|id| *id != leader);
                view.pills = others.map(|to| (leader, to, words.to_owned())).collect();
                let mut scene = Scene::new();
                super::ring(&view, &Look::new(w, h), &mut scene);
                let pills = texts(&scene, |text| text == words || text.starts_with(state));
                assert_eq!(pills, usize::from(n) - 1, "{pills} of {n} nodes at {w} × {h}");
            }
        }
    }
}

#[test]
fn a_pill_without_room_for_all_its_words_keeps_its_number() {
    let pills = |w, h, n: u8| {
        let mut view = RingView { messages: Vec::new(), ..sample::crowd(n) };
        let leader = view.nodes[0].id;
        let others = view.nodes.iter().map(|node| node.id).filter(|id| *id != leader);
        view.pills = others.map(|to| (leader, to, "APPENDING [10,11] ●2".to_owned())).collect();
        let mut scene = Scene::new();
        super::ring(&view, &Look::new(w, h), &mut scene);
        texts(&scene, |text| text.ends_with("●2"))
    };
    for (w, h) in PANES[1..].iter().copied() {
        assert_eq!(pills(w, h, 5), 4, "{w} × {h}");
    }
}
