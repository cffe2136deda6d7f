//! The painter on a real canvas: what is painted has the colours the theme states, at the places the scene states.

#![cfg(target_arch = "wasm32")]

use bindings::painter::paint;
use scene::{Area, Columns, HitId, Ink, Look, Paint, Scene, Theme, sample};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

wasm_bindgen_test_configure!(run_in_browser);

/// A canvas whose store is `dpr` times this size.
fn canvas(w: u32, h: u32, dpr: u32) -> CanvasRenderingContext2d {
    let document = web_sys::window().and_then(|w| w.document()).expect("a page");
    let canvas: HtmlCanvasElement =
        document.create_element("canvas").expect("an element").dyn_into().expect("a canvas");
    canvas.set_width(w * dpr);
    canvas.set_height(h * dpr);
    canvas.get_context("2d").expect("a context").expect("2d").dyn_into().expect("a 2d context")
}

fn painted(scene: &Scene, dpr: u32) -> CanvasRenderingContext2d {
    let ctx = canvas(scene.width() as u32, scene.height() as u32, dpr);
    paint(scene, &ctx, f64::from(dpr));
    ctx
}

fn pixel(ctx: &CanvasRenderingContext2d, x: i32, y: i32) -> [u8; 3] {
    let data = ctx.get_image_data(x.into(), y.into(), 1.0, 1.0).expect("pixels").data();
    [data[0], data[1], data[2]]
}

fn all(ctx: &CanvasRenderingContext2d, w: i32, h: i32) -> Vec<u8> {
    ctx.get_image_data(0.0, 0.0, w.into(), h.into()).expect("pixels").data().0
}

#[wasm_bindgen_test]
fn every_element_has_its_colour() {
    let mut scene = Scene::new();
    for theme in [Theme::Light, Theme::Dark] {
        sample::elements(theme, &mut scene);
        for dpr in [1, 2] {
            let ctx = painted(&scene, dpr);
            let at = |x: i32, y: i32| pixel(&ctx, x * dpr as i32, y * dpr as i32);
            assert_eq!(at(2, 2), theme.rgb(Ink::Surface), "paper");
            assert_eq!(at(150, 74), theme.rgb(Ink::Fill(4)), "a follower's body");
            assert_eq!(at(450, 74), theme.rgb(Ink::Fill(5)), "a leader's body");
            assert_eq!(at(1268, 30), theme.rgb(Ink::Ink), "the ring of what is selected");
            assert_eq!(at(1368, 30), theme.rgb(Ink::Bad), "the ring of what breaks a rule");
            assert_eq!(at(938, 74), theme.rgb(Ink::Surface), "a crashed node is empty");
            assert_eq!(at(30, 720), theme.rgb(Ink::Fill(1)), "the first term");
        }
    }
}

#[wasm_bindgen_test]
fn painting_twice_is_painting_once() {
    let mut scene = Scene::new();
    scene::space_time(&sample::window(), &Look::new(600.0, 176.0), &mut scene);
    let ctx = painted(&scene, 1);
    let once = all(&ctx, 600, 176);
    paint(&scene, &ctx, 1.0);
    assert!(once == all(&ctx, 600, 176), "the first painting left something set");
    let mut other = Scene::new();
    scene::log_table(
        &sample::repair_log(),
        &Look { theme: Theme::Dark, ..Look::new(600.0, 176.0) },
        Columns { pitch: 56.0, first: 1.0 },
        &mut other,
    );
    paint(&other, &ctx, 1.0);
    assert_eq!(pixel(&ctx, 60, 20), Theme::Dark.rgb(Ink::Surface));
    paint(&scene, &ctx, 1.0);
    assert!(once == all(&ctx, 600, 176), "another theme leaves nothing behind");
}

#[wasm_bindgen_test]
fn a_clip_holds_and_ends() {
    let mut scene = Scene::new();
    scene.clear(60.0, 20.0, Theme::Light);
    scene.clip(10.0, 0.0, 20.0, 20.0);
    scene.rect(0.0, 0.0, 60.0, 20.0, 0.0, Paint::fill(Ink::Fill(8)));
    scene.unclip();
    scene.rect(40.0, 0.0, 10.0, 20.0, 0.0, Paint::fill(Ink::Fill(9)));
    let ctx = painted(&scene, 1);
    let colours = [5, 15, 35, 45].map(|x| pixel(&ctx, x, 10));
    let expected = [Ink::Surface, Ink::Fill(8), Ink::Surface, Ink::Fill(9)].map(|ink| Theme::Light.rgb(ink));
    assert_eq!(colours, expected);
}

#[wasm_bindgen_test]
fn hairlines_cover_whole_pixels() {
    let mut scene = Scene::new();
    scene.clear(40.0, 40.0, Theme::Light);
    scene.line(10.0, 0.0, 10.0, 40.0, Paint::line(Ink::Ink, 1.0));
    scene.rect(20.0, 10.0, 12.0, 12.0, 0.0, Paint::line(Ink::Ink, 1.0));
    let ink = Theme::Light.rgb(Ink::Ink);
    let paper = Theme::Light.rgb(Ink::Surface);
    let ctx = painted(&scene, 1);
    assert_eq!([9, 10, 11].map(|x| pixel(&ctx, x, 30)), [paper, ink, paper], "a line is one pixel wide");
    assert_eq!([19, 20, 21].map(|x| pixel(&ctx, x, 16)), [paper, ink, paper], "so is the edge of a box");
    let ctx = painted(&scene, 2);
    assert_eq!([18, 19, 20, 21].map(|x| pixel(&ctx, x, 70)), [paper, ink, ink, paper]);
}

#[wasm_bindgen_test]
fn a_hatch_and_a_faint_fill_let_the_paper_through() {
    let mut scene = Scene::new();
    scene.clear(60.0, 40.0, Theme::Light);
    scene.hatch((0.0, 0.0, 30.0, 40.0), 0.0, 5.0, Paint::line(Ink::Ink, 1.2));
    scene.rect(30.0, 0.0, 30.0, 40.0, 0.0, Paint::fill(Ink::Ink).fill_at(20));
    let ctx = painted(&scene, 1);
    let row: Vec<u8> = (0..30).map(|x| pixel(&ctx, x, 20)[0]).collect();
    let (dark, light) = (row.iter().min().copied(), row.iter().max().copied());
    assert!(dark < Some(140) && light > Some(240), "lines and gaps: {row:?}");
    let faint = pixel(&ctx, 45, 20)[0];
    assert!((200..=215).contains(&faint), "20 % ink on white is {faint}");
}

/// What is hit is what is painted there.
#[wasm_bindgen_test]
fn a_hit_node_has_its_colour() {
    let view = sample::repair();
    let mut scene = Scene::new();
    scene::ring(&view, &Look::new(600.0, 410.0), &mut scene);
    scene.spot(HitId::Step(1), Area::Disc(-50.0, -50.0, 1.0));
    let ctx = painted(&scene, 1);
    for node in view.nodes.iter().filter(|n| n.timer.is_some()) {
        let (x, y) = scene.place_of(HitId::Node(node.id)).expect("drawn");
        let found = pixel(&ctx, x as i32 - 18, y as i32);
        assert_eq!(found, Theme::Light.rgb(Ink::fill_of(node.term)), "{}", node.id);
    }
}
