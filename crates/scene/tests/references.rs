//! Every sample picture against its committed SVG. `GOLDEN=update` rewrites the files.

use std::path::Path;

use scene::{Columns, Density, HitId, LOG_ZOOM, Language, Look, Scene, Theme, sample, svg};

fn compare(name: &str, scene: &Scene) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/svg").join(format!("{name}.svg"));
    let drawn = svg(scene);
    if std::env::var("GOLDEN").is_ok_and(|v| v == "update") {
        std::fs::write(&path, &drawn).expect("the reference can be written");
        return;
    }
    let kept = std::fs::read_to_string(&path).expect("a committed reference; make it with GOLDEN=update");
    assert!(kept == drawn, "{name} differs from its reference; look at it, then GOLDEN=update");
}

fn look(w: f32, h: f32, theme: Theme) -> Look {
    Look { theme, ..Look::new(w, h) }
}

#[test]
fn rings() {
    let mut scene = Scene::new();
    let view = sample::repair();
    for (w, h) in [(600.0, 410.0), (430.0, 410.0), (404.0, 372.0), (390.0, 286.0)] {
        scene::ring(&view, &look(w, h, Theme::Light), &mut scene);
        compare(&format!("ring-repair-{w}"), &scene);
    }
    scene::ring(&view, &look(600.0, 410.0, Theme::Dark), &mut scene);
    compare("ring-repair-dark", &scene);
    let view = sample::skirmish();
    let selected = Some(HitId::Node(view.nodes[1].id));
    scene::ring(&view, &Look { selected, ..look(600.0, 410.0, Theme::Light) }, &mut scene);
    compare("ring-skirmish", &scene);
    scene::ring(&view, &look(404.0, 400.0, Theme::Dark), &mut scene);
    compare("ring-skirmish-404-dark", &scene);
    let hovered = Some(HitId::Msg(view.messages[1].id));
    scene::ring(&view, &Look { hovered, ..look(600.0, 410.0, Theme::Light) }, &mut scene);
    compare("ring-hovered", &scene);
    for n in [3, 7, 9] {
        scene::ring(&sample::crowd(n), &look(600.0, 420.0, Theme::Light), &mut scene);
        compare(&format!("ring-crowd-{n}"), &scene);
        scene::ring(&sample::crowd(n), &look(390.0, 286.0, Theme::Light), &mut scene);
        compare(&format!("ring-crowd-{n}-390"), &scene);
    }
}

#[test]
fn logs() {
    let mut scene = Scene::new();
    let view = sample::repair_log();
    let wide = Columns { pitch: 56.0, first: 1.0 };
    scene::log_table(&view, &look(802.0, 229.0, Theme::Light), wide, &mut scene);
    compare("log-repair", &scene);
    scene::log_table(&view, &look(802.0, 229.0, Theme::Dark), wide, &mut scene);
    compare("log-repair-dark", &scene);
    let phone = Look { density: Density::Phone, ..look(386.0, 209.0, Theme::Light) };
    scene::log_table(&view, &phone, Columns { pitch: 32.0, first: 1.0 }, &mut scene);
    compare("log-repair-phone", &scene);
    let view = sample::long_log(40, 17);
    for (pitch, first) in LOG_ZOOM.into_iter().zip([28.5, 16.0, 10.0, 0.0, 0.0]) {
        scene::log_table(&view, &look(640.0, 150.0, Theme::Light), Columns { pitch, first }, &mut scene);
        compare(&format!("log-zoom-{pitch}"), &scene);
    }
}

#[test]
fn overviews() {
    let mut scene = Scene::new();
    let view = sample::run();
    let h = scene::overview_height(&view, Density::Wide);
    for (name, theme) in [("overview", Theme::Light), ("overview-dark", Theme::Dark)] {
        scene::overview(&view, &look(1440.0, h, theme), &mut scene);
        compare(name, &scene);
    }
    let phone = Look { density: Density::Phone, ..look(390.0, 94.0, Theme::Light) };
    scene::overview(&view, &phone, &mut scene);
    compare("overview-phone", &scene);
    let view = sample::branched();
    let h = scene::overview_height(&view, Density::Wide);
    scene::overview(&view, &Look { gaps: true, ..look(1024.0, h, Theme::Light) }, &mut scene);
    compare("overview-branches", &scene);
}

#[test]
fn space_times() {
    let mut scene = Scene::new();
    let view = sample::window();
    let wide = look(1440.0, 176.0, Theme::Light);
    scene::space_time(&view, &wide, &mut scene);
    compare("space-time", &scene);
    scene::space_time(&view, &Look { theme: Theme::Dark, ..wide }, &mut scene);
    compare("space-time-dark", &scene);
    let small = Look { density: Density::Compact, fold: false, ..look(1024.0, 148.0, Theme::Light) };
    scene::space_time(&view, &small, &mut scene);
    compare("space-time-compact", &scene);
}

#[test]
fn every_element() {
    let mut scene = Scene::new();
    for (name, theme) in [("elements", Theme::Light), ("elements-dark", Theme::Dark)] {
        sample::elements(theme, &mut scene);
        compare(name, &scene);
    }
}

#[test]
fn the_legend_in_every_width_and_language() {
    let mut scene = Scene::new();
    for (name, width, theme, language) in [
        ("legend", 660.0, Theme::Light, Language::English),
        ("legend-phone-dark", 330.0, Theme::Dark, Language::English),
        ("legend-chinese", 660.0, Theme::Light, Language::Chinese),
    ] {
        let look = Look { language, ..look(width, scene::legend_height(width), theme) };
        scene::legend(&look, &mut scene);
        compare(name, &scene);
    }
}
