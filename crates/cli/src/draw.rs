//! `quorumscope draw`.

use std::fs;
use std::path::Path;

use clap::ValueEnum;
use lab::Session;
use scene::{Columns, Look, Scene, Theme};

use crate::{End, input, replay, run};

/// A picture of a run.
#[derive(Clone, Copy, ValueEnum)]
pub enum View {
    /// The cluster.
    Ring,
    /// The log table.
    Log,
    /// The space-time diagram of the last second.
    Time,
    /// The whole run.
    Overview,
}

/// Draws a run at a step.
pub fn draw(name: &str, at: Option<u32>, output: &Path, view: View, dark: bool) -> End {
    let opened = if name.ends_with(".scn") {
        run::scenario(Path::new(name), &mut |_, _| {}).and_then(|done| {
            done.session.ok_or_else(|| End::BadInput(format!("{name}: there is no cluster in it")))
        })
    } else {
        input::record(name).and_then(|record| input::open(name, &record))
    };
    let mut session = match opened {
        Ok(session) => session,
        Err(end) => return end,
    };
    if let Some(step) = at
        && let Err(end) = replay::seek(name, &mut *session, step)
    {
        return end;
    }
    session.settle();
    let scene = build(&mut *session, view, dark);
    let svg = scene::svg(&scene);
    let bytes = match output.extension().and_then(|e| e.to_str()) {
        Some("svg") => svg.into_bytes(),
        Some("png") => match png(&svg) {
            Ok(bytes) => bytes,
            Err(why) => return End::BadInput(format!("{}: {why}", output.display())),
        },
        _ => return End::BadInput(format!("{}: the name must end in .svg or .png", output.display())),
    };
    match fs::write(output, bytes) {
        Ok(()) => End::Fine,
        Err(error) => End::BadInput(format!("{}: {error}", output.display())),
    }
}

fn build(session: &mut dyn Session, view: View, dark: bool) -> Scene {
    let mut scene = Scene::new();
    let now = session.status().now_us;
    let (width, height) = match view {
        View::Ring => (600.0, 420.0),
        View::Log => (810.0, 0.0),
        View::Time | View::Overview => (1200.0, 0.0),
    };
    let mut look = Look::new(width, height);
    let nodes = usize::from(session.status().nodes);
    match view {
        View::Ring => {}
        View::Log => look.height = scene::log_height(nodes, look.density),
        View::Time => look.height = scene::space_time_height(nodes, &look),
        View::Overview => look.height = scene::overview_height(&session.overview((0, 0)), look.density),
    }
    look.theme = if dark { Theme::Dark } else { Theme::Light };
    let window = (now.saturating_sub(1_000_000), now.saturating_add(100_000));
    match view {
        View::Ring => scene::ring(&session.ring(now), &look, &mut scene),
        View::Log => {
            let columns = Columns { pitch: 56.0, first: 0.0 };
            scene::log_table(&session.log(columns.window(&look)), &look, columns, &mut scene);
        }
        View::Time => scene::space_time(&session.space_time(window), &look, &mut scene),
        View::Overview => scene::overview(&session.overview(window), &look, &mut scene),
    }
    scene
}

/// Fonts of words that machines have, best first.
const SANS: [&str; 6] = ["Inter", "Noto Sans", "DejaVu Sans", "Liberation Sans", "Helvetica", "Arial"];

fn png(svg: &str) -> Result<Vec<u8>, String> {
    let mut options = resvg::usvg::Options::default();
    let fonts = options.fontdb_mut();
    fonts.load_system_fonts();
    // The generic family means some font of this machine, whichever it has.
    let has = |wanted: &str| fonts.faces().any(|face| face.families.iter().any(|(name, _)| name == wanted));
    let known = SANS.iter().copied().find(|name| has(name)).map(str::to_owned);
    let any = || fonts.faces().find(|face| !face.monospaced).and_then(|face| face.families.first().cloned());
    if let Some(family) = known.or_else(|| any().map(|(name, _)| name)) {
        fonts.set_sans_serif_family(family);
    }
    let tree = resvg::usvg::Tree::from_str(svg, &options).map_err(|e| e.to_string())?;
    let size = tree.size().to_int_size().scale_by(2.0).ok_or("the picture is too large")?;
    let mut pixels =
        resvg::tiny_skia::Pixmap::new(size.width(), size.height()).ok_or("the picture is too large")?;
    resvg::render(&tree, resvg::tiny_skia::Transform::from_scale(2.0, 2.0), &mut pixels.as_mut());
    pixels.encode_png().map_err(|e| e.to_string())
}
