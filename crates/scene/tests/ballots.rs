//! The ballot of an entry fills a box for each member of a quorum that holds it.

use kernel::view::Tally;
use scene::{Columns, Ink, LOG_ZOOM, Look, Scene, Shape, log_table, sample};

/// Top of every box of a ballot, and whether it is full, from left to right.
fn boxes(new: Tally, old: Tally, zoom: usize) -> Vec<(f32, bool)> {
    let mut view = sample::repair_log();
    view.rows[2].cells[8].ballot = [new, old];
    let mut scene = Scene::new();
    log_table(&view, &Look::new(900.0, 300.0), Columns { first: 0.0, pitch: LOG_ZOOM[zoom] }, &mut scene);
    let of_a_ballot = |shape: &Shape| match shape {
        Shape::Rect { y, h, paint, .. } if *h == 4.0 => paint.fill.map(|(ink, _)| (*y, ink == Ink::Ink)),
        _ => None,
    };
    scene.shapes().iter().filter_map(of_a_ballot).collect()
}

#[test]
fn a_ballot_fills_up() {
    let full = LOG_ZOOM.iter().position(|pitch| *pitch >= 44.0).expect("a zoom step shows values");
    let none = Tally::default();
    let filled = |new, old| boxes(new, old, full).iter().map(|(_, full)| *full).collect::<Vec<_>>();
    assert_eq!(filled(Tally::new(0, 5), none), [false, false, false]);
    assert_eq!(filled(Tally::new(2, 5), none), [true, true, false]);
    assert_eq!(filled(Tally::new(4, 5), none), [true, true, true], "more than a quorum is a full one");
    let (new, old) = (Tally::new(1, 2), Tally::new(2, 4));
    assert_eq!(filled(new, old), [true, false, true, true, false]);
    let joint = boxes(new, old, full);
    assert!(joint[2].0 < joint[0].0, "the old half stands above the new one");
    let plain = LOG_ZOOM.iter().position(|pitch| *pitch < 20.0).expect("a zoom step shows colours only");
    assert!(boxes(Tally::new(2, 5), none, plain).is_empty());
}
