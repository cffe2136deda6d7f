//! The four pictures of a run, each remembered as it was painted last.

use scene::{Columns, Density, HitId, Language, Look, Scene, Theme};
use wasm_bindgen::JsValue;

use crate::Run;
use crate::given::Given;

/// A picture of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// The cluster.
    Ring,
    /// The log table.
    Log,
    /// The space-time diagram.
    Time,
    /// The overview.
    Overview,
}

impl Picture {
    /// The picture of this name.
    pub fn named(name: &str) -> Option<Picture> {
        match name {
            "ring" => Some(Picture::Ring),
            "log" => Some(Picture::Log),
            "time" => Some(Picture::Time),
            "overview" => Some(Picture::Overview),
            _ => None,
        }
    }
}

/// How the page looks at a picture.
pub struct PaintOptions {
    dark: bool,
    /// The instant shown: between two steps messages fly on.
    at_us: f64,
    playing: bool,
    hovered: Option<HitId>,
    selected: Option<HitId>,
    focused: Option<HitId>,
    touch: bool,
    compact: bool,
    phone: bool,
    chinese: bool,
    /// The window of the space-time diagram, microseconds.
    window_us: (f64, f64),
    /// Whether heartbeat rounds are folded.
    fold: bool,
    /// The first index shown in the log table, with a fraction while scrolling.
    log_from: f64,
    /// Pixels a column of the log table.
    log_column: f32,
}

impl PaintOptions {
    /// Reads what the page says. Everything may be left out.
    pub fn read(options: JsValue) -> Result<PaintOptions, String> {
        let given = Given::new(options);
        let hit = |key: &str| -> Result<Option<HitId>, String> {
            Ok(given.text(key)?.and_then(|text| text.parse().ok()))
        };
        // A width in pixels has no more digits.
        #[allow(clippy::cast_possible_truncation)]
        let log_column = given.number("logColumn", 56.0)? as f32;
        Ok(PaintOptions {
            dark: given.flag("dark", false)?,
            at_us: given.number("atUs", 0.0)?,
            playing: given.flag("playing", false)?,
            hovered: hit("hovered")?,
            selected: hit("selected")?,
            focused: hit("focused")?,
            touch: given.flag("touch", false)?,
            compact: given.flag("compact", false)?,
            phone: given.flag("phone", false)?,
            chinese: given.flag("chinese", false)?,
            window_us: given.pair("windowUs", (0.0, 1_000_000.0))?,
            fold: given.flag("fold", true)?,
            log_from: given.number("logFrom", 0.0)?,
            log_column,
        })
    }
}

/// The scenes as they were built last.
pub struct Pictures {
    scenes: [Scene; 4],
}

impl Pictures {
    /// Nothing built yet.
    pub fn new() -> Pictures {
        Pictures { scenes: [Scene::new(), Scene::new(), Scene::new(), Scene::new()] }
    }

    /// A picture as it was built last.
    pub fn scene(&self, picture: Picture) -> &Scene {
        let [ring, log, time, overview] = &self.scenes;
        match picture {
            Picture::Ring => ring,
            Picture::Log => log,
            Picture::Time => time,
            Picture::Overview => overview,
        }
    }

    /// Builds a picture anew.
    pub fn build(
        &mut self,
        picture: Picture,
        session: &mut Run,
        width: f32,
        height: f32,
        options: &PaintOptions,
    ) -> &Scene {
        let look = look(width, height, options);
        let window = (whole(options.window_us.0), whole(options.window_us.1));
        let [ring, log, time, overview] = &mut self.scenes;
        match picture {
            Picture::Ring => scene::ring(&session.ring(whole(options.at_us)), &look, ring),
            Picture::Log => {
                let columns = Columns { pitch: options.log_column, first: options.log_from };
                scene::log_table(&session.log(columns.window(&look)), &look, columns, log);
            }
            Picture::Time => {
                let mut view = session.space_time(window);
                view.now_us = shown_us(view.now_us, options);
                scene::space_time(&view, &look, time);
            }
            Picture::Overview => {
                let mut view = session.overview(window);
                view.now_us = shown_us(view.now_us, options);
                // Between two steps everybody stays what they are.
                let end_us = view.end_us;
                view.end_us = end_us.max(view.now_us);
                for stretch in view.stretches.iter_mut().filter(|stretch| stretch.to_us == end_us) {
                    stretch.to_us = view.end_us;
                }
                scene::overview(&view, &look, overview);
            }
        }
        self.scene(picture)
    }
}

/// The instant of the playhead: the page's, when it is later than the last step.
fn shown_us(now_us: u64, options: &PaintOptions) -> u64 {
    // Of a moving playhead nobody reads the microseconds.
    now_us.max(whole(options.at_us) / 1000 * 1000)
}

/// The language of the pictures' own words.
pub fn language(chinese: bool) -> Language {
    if chinese { Language::Chinese } else { Language::English }
}

pub fn look(width: f32, height: f32, options: &PaintOptions) -> Look {
    Look {
        theme: if options.dark { Theme::Dark } else { Theme::Light },
        hovered: options.hovered,
        selected: options.selected,
        focused: options.focused,
        paused: !options.playing,
        touch: options.touch,
        density: match (options.phone, options.compact) {
            (true, _) => Density::Phone,
            (false, true) => Density::Compact,
            (false, false) => Density::Wide,
        },
        fold: options.fold,
        language: language(options.chinese),
        ..Look::new(width, height)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(n: f64) -> u64 {
    n as u64
}
