//! Names of things in both directions, and which thing a point means.

use kernel::{ClientId, MsgId, NodeId};
use scene::{Area, Columns, HitId, Look, Scene, Shape, Theme, sample};

#[test]
fn names_read_back() {
    let all = [
        (HitId::Node(NodeId(2)), "node:2"),
        (HitId::Client(ClientId(0)), "client:0"),
        (HitId::Msg(MsgId { step: 17, index: 3 }), "msg:17.3"),
        (HitId::Link(NodeId(0), NodeId(2)), "link:0-2"),
        (HitId::Cell { node: NodeId(1), index: 7 }, "cell:1:7"),
        (HitId::Cell { node: NodeId(255), index: u64::MAX }, "cell:255:18446744073709551615"),
        (HitId::Time(1_200_000), "time:1200000"),
        (HitId::Step(17), "step:17"),
        (HitId::Branch(1), "branch:1"),
        (HitId::Pill(NodeId(2), NodeId(0)), "pill:2-0"),
        (HitId::Window, "window"),
        (HitId::WindowFrom, "window:from"),
        (HitId::WindowTo, "window:to"),
    ];
    for (id, text) in all {
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse::<HitId>(), Ok(id));
    }
}

#[test]
fn other_texts_are_refused() {
    let bad = [
        "",
        ":",
        "node",
        "node:",
        "node:256",
        "node:-1",
        "node:+1",
        "node:01",
        "node: 1",
        "node:1 ",
        "node:１",
        "msg:1",
        "msg:1.",
        "msg:1.65536",
        "msg:4294967296.0",
        "link:2-0",
        "link:1-1",
        "link:0",
        "cell:1",
        "cell:1:",
        "cell:1:18446744073709551616",
        "time:x",
        "window:",
        "window:left",
        "pill:0-1-2",
        "branch:é",
        "nöde:1",
    ];
    for text in bad {
        assert!(text.parse::<HitId>().is_err(), "{text:?}");
    }
    // Every cut of a right name is either right too or refused; none panics.
    for text in ["cell:1:7", "msg:17.3", "link:0-2", "window:from"] {
        for end in 0..text.len() {
            let _ = text[..end].parse::<HitId>();
        }
    }
}

#[test]
fn the_nearer_centre_wins_and_areas_are_at_least_24() {
    let (a, b) = (HitId::Node(NodeId(0)), HitId::Node(NodeId(1)));
    let link = HitId::Link(NodeId(0), NodeId(1));
    let mut scene = Scene::new();
    scene.clear(200.0, 100.0, Theme::Light);
    scene.spot(link, Area::Line(10.0, 50.0, 190.0, 50.0));
    scene.spot(a, Area::Disc(50.0, 50.0, 2.0));
    scene.spot(b, Area::Box(66.0, 46.0, 8.0, 8.0));
    assert_eq!(scene.hit(50.0, 61.0), Some(a), "a small disc is 24 wide");
    assert_eq!(scene.hit(50.0, 63.0), None, "beyond it even the line is too far");
    assert_eq!(scene.hit(59.0, 50.0), Some(a));
    assert_eq!(scene.hit(61.0, 50.0), Some(b));
    assert_eq!(scene.hit(120.0, 58.0), Some(link));
    assert_eq!(scene.hit(120.0, 80.0), None);
    assert_eq!(scene.place_of(b), Some((70.0, 50.0)));
}

#[test]
fn the_ring_knows_its_things() {
    let mut scene = Scene::new();
    let view = sample::repair();
    scene::ring(&view, &Look::new(600.0, 410.0), &mut scene);
    for node in &view.nodes {
        let (x, y) = scene.place_of(HitId::Node(node.id)).expect("every node can be hit");
        assert_eq!(scene.hit(x, y), Some(HitId::Node(node.id)));
    }
    for message in &view.messages {
        let (x, y) = scene.place_of(HitId::Msg(message.id)).expect("every message can be hit");
        assert_eq!(scene.hit(x, y), Some(HitId::Msg(message.id)), "not the link under it");
    }
    for link in &view.links {
        assert!(scene.place_of(HitId::Link(link.a, link.b)).is_some());
    }
    assert_eq!(scene.hit(2.0, 2.0), None);
    assert_eq!(scene.hit(f32::NAN, f32::INFINITY), None);
}

#[test]
fn a_touch_reaches_further() {
    let mut scene = Scene::new();
    let view = sample::repair();
    let id = HitId::Msg(view.messages[0].id);
    let far = |scene: &Scene| {
        let (x, y) = scene.place_of(id).expect("drawn");
        scene.hit(x + 14.0, y - 10.0)
    };
    scene::ring(&view, &Look { paused: false, ..Look::new(600.0, 410.0) }, &mut scene);
    assert_ne!(far(&scene), Some(id));
    scene::ring(&view, &Look { paused: false, touch: true, ..Look::new(600.0, 410.0) }, &mut scene);
    assert_eq!(far(&scene), Some(id));
}

#[test]
fn cells_are_found_at_every_zoom() {
    let mut scene = Scene::new();
    let view = sample::long_log(10_000, 0);
    for pitch in scene::LOG_ZOOM {
        let look = Look::new(800.0, 150.0);
        let columns = Columns { pitch, first: 400.0 };
        scene::log_table(&view, &look, columns, &mut scene);
        let x = 118.0 + 5.5 * pitch;
        assert_eq!(scene.hit(x, 37.0), Some(HitId::Cell { node: NodeId(0), index: 405 }), "{pitch}");
        assert_eq!(scene.hit(30.0, 80.0), Some(HitId::Node(NodeId(1))));
        let id = HitId::Cell { node: NodeId(0), index: 405 };
        assert_eq!(scene.place_of(id).map(|p| (p.0 - x).abs() < 0.01), Some(true));
    }
    let look = Look::new(800.0, 150.0);
    scene::log_table(&view, &look, Columns { pitch: 56.0, first: 9_995.0 }, &mut scene);
    assert_eq!(scene.hit(118.0 + 8.5 * 56.0, 37.0), None, "there is no entry 10003");
}

/// The cost of a table is what is seen of it.
#[test]
fn ten_thousand_entries_cost_what_ten_do() {
    let look = Look::new(118.0 + 12.0 + 10.0 * 56.0, 150.0);
    let mut scene = Scene::new();
    let mut count = |entries: u64| {
        let view = sample::long_log(entries, 0);
        let columns = Columns { pitch: 56.0, first: (entries - 10) as f64 };
        scene::log_table(&view, &look, columns, &mut scene);
        scene.shapes().len()
    };
    let few = count(10);
    let many = count(10_000);
    // Term numbers may have another length, so a hatch's plates may differ; nothing else may.
    assert!(many.abs_diff(few) <= 6, "{few} shapes for ten, {many} for ten thousand");
    let view = sample::long_log(10_000, 0);
    scene::log_table(&view, &look, Columns { pitch: 1.0, first: 0.0 }, &mut scene);
    assert!(scene.shapes().len() < 120, "runs of one term are one shape: {}", scene.shapes().len());
}

#[test]
fn instants_are_found_and_events_win_over_them() {
    let mut scene = Scene::new();
    let view = sample::window();
    scene::space_time(&view, &Look::new(1440.0, 176.0), &mut scene);
    let (from, to) = view.window_us;
    assert_eq!(scene.time_at(76.0), Some(from));
    assert_eq!(scene.time_at(1426.0), Some(to));
    assert_eq!(scene.time_at(-5.0), Some(from), "a drag past the edge stays inside");
    let event = view.events.iter().find(|e| e.label == "commit 8").expect("in the sample");
    let x = 76.0 + 1350.0 * (event.at_us - from) as f32 / (to - from) as f32;
    assert_eq!(scene.hit(x, 92.0), Some(HitId::Step(event.step)));
    assert!(matches!(scene.hit(1300.0, 40.0), Some(HitId::Time(_))));
    let run = sample::run();
    scene::overview(&run, &Look::new(1440.0, 128.0), &mut scene);
    assert!(matches!(scene.hit(300.0, 60.0), Some(HitId::Time(_))));
    let (x, y) = scene.place_of(HitId::Branch(1)).expect("two branches");
    assert_eq!(scene.hit(x, y), Some(HitId::Branch(1)));
    let (x, y) = scene.place_of(HitId::WindowTo).expect("a window");
    assert_eq!(scene.hit(x, y), Some(HitId::WindowTo));
}

/// Nothing drawn has a coordinate that is no number, whatever the pane.
#[test]
fn no_pane_breaks_a_picture() {
    let mut scene = Scene::new();
    for (w, h) in [(0.0, 0.0), (1.0, 1.0), (40.0, 900.0), (3000.0, 20.0), (360.0, 240.0)] {
        let look = Look::new(w, h);
        let whole = |scene: &Scene| {
            for shape in scene.shapes() {
                let fine = match *shape {
                    Shape::Circle { cx, cy, r, .. } => cx.is_finite() && cy.is_finite() && r.is_finite(),
                    Shape::Rect { x, y, w, h, .. } => [x, y, w, h].iter().all(|v| v.is_finite()),
                    Shape::Text { x, y, .. } => x.is_finite() && y.is_finite(),
                    _ => true,
                };
                assert!(fine, "{shape:?} at {w} × {h}");
            }
            assert!(!scene::svg(scene).contains("NaN"), "{w} × {h}");
        };
        for n in [0, 1, 2, 4, 9] {
            scene::ring(&sample::crowd(n), &look, &mut scene);
            whole(&scene);
        }
        scene::ring(&sample::skirmish(), &look, &mut scene);
        whole(&scene);
        scene::log_table(&sample::repair_log(), &look, Columns { pitch: 56.0, first: 1.0 }, &mut scene);
        whole(&scene);
        scene::overview(&sample::run(), &look, &mut scene);
        whole(&scene);
        scene::space_time(&sample::window(), &look, &mut scene);
        whole(&scene);
    }
    scene::log_table(
        &Default::default(),
        &Look::new(600.0, 200.0),
        Columns { pitch: 0.0, first: -3.0 },
        &mut scene,
    );
    scene::overview(&Default::default(), &Look::new(600.0, 200.0), &mut scene);
    scene::space_time(&Default::default(), &Look::new(600.0, 200.0), &mut scene);
    assert!(!scene::svg(&scene).contains("NaN"));
}
