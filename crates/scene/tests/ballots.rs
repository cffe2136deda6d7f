//! The ballot of an entry fills a box for each member of a quorum that holds it.

use kernel::view::{PointerMark, PointerView, Tally};
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

/// A low cell's words end above its ballot, and where the configuration is joint they begin below the other one.
#[test]
fn no_ballot_lies_on_the_words_of_its_cell() {
    for height in [24.0 + 9.0 * 32.0, 24.0 + 9.0 * 41.0] {
        for old in [Tally::default(), Tally::new(1, 4)] {
            let mut view = sample::repair_log();
            view.rows.truncate(1);
            view.rows[0].cells.truncate(1);
            view.rows[0].cells[0].ballot = [Tally::new(1, 5).own(true), old];
            view.rows = vec![view.rows[0].clone(); 9];
            let mut scene = Scene::new();
            let columns = Columns { first: view.rows[0].cells[0].index as f64, pitch: LOG_ZOOM[0] };
            log_table(&view, &Look::new(900.0, height), columns, &mut scene);
            let low = |shape: &Shape| match shape {
                Shape::Rect { y, h, .. } if *h <= 4.0 => Some((*y, *h)),
                _ => None,
            };
            let boxes: Vec<(f32, f32)> = scene.shapes().iter().filter_map(low).collect();
            let words = scene.shapes().iter().filter_map(|shape| match shape {
                Shape::Text { x, y, style, .. } if *x > 118.0 && *y > 24.0 => {
                    Some((y - style.size * 0.72, *y))
                }
                _ => None,
            });
            let (mut seen, all) = (0, boxes.len());
            for (top, bottom) in words {
                seen += 1;
                let free = boxes.iter().all(|(y, h)| *y >= bottom || y + h <= top);
                assert!(free, "{height}: words from {top} to {bottom}, {boxes:?}");
            }
            assert!(seen >= 9 && all >= 27, "{seen} words, {all} boxes");
        }
    }
}

/// The leader's own vote is marked in the first box.
#[test]
fn the_leaders_own_box_has_a_dot() {
    let dots = |own: bool| {
        let mut view = sample::repair_log();
        view.rows[2].cells[8].ballot = [Tally::new(2, 5).own(own), Tally::default()];
        let mut scene = Scene::new();
        log_table(&view, &Look::new(900.0, 300.0), Columns { first: 0.0, pitch: LOG_ZOOM[0] }, &mut scene);
        let dot = |shape: &&Shape| matches!(shape, Shape::Circle { r, .. } if *r == 1.1);
        scene.shapes().iter().filter(dot).count()
    };
    assert_eq!((dots(false), dots(true)), (0, 1));
}

/// What a leader sends next, left of the columns seen, is told at the left edge.
#[test]
fn a_pointer_left_of_the_table_is_told() {
    let told = |first: f64| {
        let mut view = sample::repair_log();
        let row = view.rows.iter_mut().find(|row| !row.pointers.is_empty()).expect("a leader knows of it");
        row.pointers = vec![PointerView { name: "next", mark: PointerMark::Diamond, index: 4 }];
        let mut scene = Scene::new();
        log_table(&view, &Look::new(900.0, 300.0), Columns { first, pitch: LOG_ZOOM[0] }, &mut scene);
        let is = |shape: &&Shape| matches!(shape, Shape::Text { from, to, .. } if scene.letters(*from, *to) == "← 4");
        scene.shapes().iter().filter(is).count()
    };
    assert_eq!((told(0.0), told(4.0), told(5.0), told(9.0)), (0, 0, 1, 1));
}
