//! What only the whole module can do: acting, inspecting, going between branches, files, links and SVG.

mod flights;
mod menu;
mod message;
mod tables;
mod views;

use std::cell::RefCell;

use kernel::{Action, Decision, EngineInfo, Time};
use lab::{Acted, Until};
use scene::{HitId, Look, Scene, Theme};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::CanvasRenderingContext2d;

use crate::lab::{Lab, micros, seen};
use crate::pictures::{self, Picture, language};
use crate::plain::{self, Row, error};

fn to_js<T: Serialize + ?Sized>(value: &T) -> JsValue {
    // Plain objects of numbers, strings and lists have no way to fail.
    let plain =
        serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
    value.serialize(&plain).unwrap_or(JsValue::NULL)
}

/// What acting led to.
fn acted(forked: Option<u32>, error: Option<JsValue>) -> JsValue {
    Row::new().put("ok", error.is_none()).put_any("forked", forked).put_any("error", error).into()
}

#[wasm_bindgen]
impl Lab {
    /// Opens a trace file's text.
    ///
    /// # Errors
    /// What is wrong with it and where, or the first step that differs.
    #[wasm_bindgen(js_name = openTrace)]
    pub fn open_trace(text: &str) -> Result<Lab, JsValue> {
        console_error_panic_hook::set_once();
        let record = trace::read(text.as_bytes())
            .map_err(|e| error("badTrace", &e.what, Some(&format!("{}:{}", e.line, e.column))))?;
        open(&record)
    }

    /// Opens the bytes of a link, already decompressed.
    ///
    /// # Errors
    /// What is wrong with it, or the first step that differs.
    #[wasm_bindgen(js_name = openLink)]
    pub fn open_link(bytes: &[u8]) -> Result<Lab, JsValue> {
        console_error_panic_hook::set_once();
        let record = trace::unpack(bytes)
            .map_err(|e| error("badLink", &e.what, Some(&format!("byte {}", e.column))))?;
        open(&record)
    }

    /// One step back; false at the boot.
    #[wasm_bindgen(js_name = stepBack)]
    pub fn step_back(&mut self) -> bool {
        self.session.back()
    }

    /// Goes to a step of the branch shown.
    pub fn seek(&mut self, step: u32) {
        self.session.seek(step);
    }

    /// The last step at or before an instant of the branch shown.
    #[wasm_bindgen(js_name = stepAt)]
    #[must_use]
    pub fn step_at(&self, at_us: f64) -> u32 {
        self.session.step_at(micros(at_us))
    }

    /// The thing at a point of a picture as it was painted last.
    #[must_use]
    pub fn hit(&self, view: &str, x: f32, y: f32) -> Option<String> {
        self.pictures.scene(Picture::named(view)?).hit(x, y).map(|id| id.to_string())
    }

    /// The middle of a thing in a picture: `[x, y]`.
    #[wasm_bindgen(js_name = placeOf)]
    #[must_use]
    pub fn place_of(&self, view: &str, hit: &str) -> Option<Vec<f32>> {
        let (x, y) = self.pictures.scene(Picture::named(view)?).place_of(hit.parse().ok()?)?;
        Some(vec![x, y])
    }

    /// The instant a horizontal position of a picture means.
    #[wasm_bindgen(js_name = timeAt)]
    #[must_use]
    pub fn time_at(&self, view: &str, x: f32) -> Option<f64> {
        self.pictures.scene(Picture::named(view)?).time_at(x).map(plain::number)
    }

    /// The nodes as the ring shows them, in words.
    #[must_use]
    pub fn nodes(&self) -> JsValue {
        tables::nodes(&self.session)
    }

    /// The logs of the nodes inside a window of indexes, as a table.
    #[wasm_bindgen(js_name = logTable)]
    #[must_use]
    pub fn log_table(&self, from: f64, to: f64) -> JsValue {
        tables::log(&self.session, (micros(from), micros(to)))
    }

    /// The run as a trace file's text.
    #[wasm_bindgen(js_name = saveTrace)]
    #[must_use]
    pub fn save_trace(&self) -> String {
        trace::write(&self.session.record())
    }

    /// The branch shown as the bytes of a link, not compressed yet.
    #[wasm_bindgen(js_name = packLink)]
    #[must_use]
    pub fn pack_link(&self) -> Vec<u8> {
        trace::pack(&self.session.record())
    }

    /// Takes up to `steps` steps as fast as possible; how many were taken.
    pub fn race(&mut self, steps: u32) -> u32 {
        self.session.race(steps)
    }

    /// Takes a decision as the next step, at `at_us` when given and nothing is due before.
    pub fn act(&mut self, text: &str, at_us: Option<f64>) -> JsValue {
        let decision = match text.parse::<Decision>() {
            Ok(decision) => decision,
            Err(e) => return acted(None, Some(error("badDecision", &e.what, None))),
        };
        let at = at_us.map_or(Action::NOW, |at| Time(micros(at)));
        // The page's clock runs between steps; what became due meanwhile is not overtaken.
        let at =
            if self.session.status().next_due_us.is_some_and(|due| due < at.0) { Action::NOW } else { at };
        let at = if at.0 < self.session.status().now_us { Action::NOW } else { at };
        match self.session.act(Action { at, decision }) {
            Ok(Acted::Forked(new)) => acted(u32::try_from(new).ok(), None),
            Ok(_) => acted(None, None),
            Err(refusal) => acted(None, Some(error("refused", &refusal.0, None))),
        }
    }

    /// Why a decision is not legal now; `undefined` when it is.
    #[must_use]
    pub fn legal(&self, text: &str) -> Option<String> {
        match text.parse::<Decision>() {
            Ok(decision) => self.session.legal(&decision).err().map(|refusal| refusal.0),
            Err(error) => Some(error.what),
        }
    }

    /// The decisions that move the timers by which nodes campaign apart or `together` at an instant; `undefined` in a
    /// system that has no command for it.
    #[wasm_bindgen(js_name = moveTimers)]
    #[must_use]
    pub fn move_timers(&self, at_us: f64, together: bool) -> Option<Vec<String>> {
        let decisions = self.session.move_timers(micros(at_us), together)?;
        Some(decisions.iter().map(ToString::to_string).collect())
    }

    /// Shows another branch, at its tip.
    #[wasm_bindgen(js_name = switchBranch)]
    pub fn switch_branch(&mut self, branch: u32) -> bool {
        self.session.switch(branch, None).is_ok()
    }

    /// Starts a branch at the cursor; its number, or `undefined` when there are too many.
    pub fn fork(&mut self) -> Option<u32> {
        self.session.fork(String::new()).ok()
    }

    /// Names a branch.
    #[wasm_bindgen(js_name = renameBranch)]
    pub fn rename_branch(&mut self, branch: u32, name: String) {
        self.session.rename(branch, name);
    }

    /// Plays until `leader`, `violation`, `commit N`, `time US` or `kind WORD` holds; false when it did not.
    #[wasm_bindgen(js_name = runUntil)]
    pub fn run_until(&mut self, condition: &str, max_steps: u32) -> bool {
        let (word, rest) = condition.split_once(' ').unwrap_or((condition, ""));
        let until = match (word, rest.parse::<u64>()) {
            ("leader", _) => Until::LeaderChanges,
            ("violation", _) => Until::Violation,
            ("commit", Ok(index)) => Until::Committed(index),
            ("time", Ok(us)) => Until::Time(us),
            ("kind", _) => Until::Kind(rest.to_owned()),
            _ => return false,
        };
        self.session.run_until(&until, max_steps)
    }

    /// All sentences of the last step.
    #[must_use]
    pub fn story(&self) -> JsValue {
        plain::list(self.session.story().iter().map(plain::sentence))
    }

    /// The last messages of the branch that arrived or were lost up to now.
    #[must_use]
    pub fn flights(&mut self, most: u32) -> JsValue {
        to_js(&flights::flights(&mut self.session, most as usize))
    }

    /// The chain of causes, newest first.
    #[must_use]
    pub fn why(&self) -> JsValue {
        views::why(self.session.why())
    }

    /// What the run came to: elections, messages, entries.
    #[must_use]
    pub fn numbers(&self) -> JsValue {
        views::numbers(self.session.numbers())
    }

    /// Fields that the last step changed.
    #[must_use]
    pub fn changed(&self) -> JsValue {
        to_js(&views::changes(&self.session.changed(), self.session.status().now_us))
    }

    /// A node, whole; `undefined` when there is none.
    #[must_use]
    pub fn node(&self, id: u8) -> JsValue {
        let changed = self.session.changed();
        let detail = self.session.node(kernel::NodeId(id));
        detail.map_or(JsValue::UNDEFINED, |detail| to_js(&views::node(detail, &changed)))
    }

    /// A client's fields; `undefined` when there is none.
    #[must_use]
    pub fn client(&self, id: u8) -> JsValue {
        let id = kernel::ClientId(id);
        let (changed, now) = (self.session.changed(), self.session.status().now_us);
        let all = self.session.client(id);
        all.map_or(JsValue::UNDEFINED, |all| to_js(&views::fields(id.into(), &all, &changed, now)))
    }

    /// What a node keeps about another, as fields.
    #[must_use]
    pub fn about(&self, id: u8, peer: u8) -> JsValue {
        let detail = self.session.node(kernel::NodeId(id));
        let fields = detail.map(|detail| views::about(&detail, kernel::NodeId(peer)));
        to_js(&fields.unwrap_or_default())
    }

    /// A message of the branch shown at an instant, whole; `undefined` when none of this name was sent yet.
    #[must_use]
    pub fn message(&mut self, hit: &str, at_us: f64) -> JsValue {
        let Ok(HitId::Msg(id)) = hit.parse() else { return JsValue::UNDEFINED };
        let fate = self.session.message(id, micros(at_us));
        fate.map_or(JsValue::UNDEFINED, |fate| to_js(&message::message(&fate)))
    }

    /// The settings with their values now.
    #[must_use]
    pub fn settings(&self) -> JsValue {
        let all = self.session.setting_list().into_iter();
        let all = all.map(|desc| {
            let value = self.session.setting(desc.name);
            views::setting(desc, value)
        });
        to_js(&all.collect::<Vec<_>>())
    }

    /// The commands the engine takes.
    #[must_use]
    pub fn commands(&self) -> JsValue {
        to_js(&views::commands(&self.session))
    }

    /// The user's commands and how they stand, newest first.
    #[must_use]
    pub fn ops(&self) -> JsValue {
        to_js(&views::ops(&self.session))
    }

    /// What can be done with the thing of this name.
    #[must_use]
    pub fn menu(&self, hit: &str) -> JsValue {
        hit.parse::<HitId>().map_or_else(|_| plain::list([].into_iter()), |of| menu::menu(&self.session, of))
    }

    /// Digest of the run up to here, 16 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        plain::digest(self.session.status().digest)
    }

    /// The height a picture needs to show all of it at this width, CSS pixels.
    ///
    /// # Errors
    /// When the view or its options are unknown.
    #[wasm_bindgen(js_name = heightOf)]
    pub fn height_of(&self, view: &str, width: f32, options: JsValue) -> Result<f32, JsValue> {
        let (picture, options) = seen(view, options)?;
        let look = pictures::look(width, 0.0, &options);
        let nodes = usize::from(self.session.status().nodes);
        Ok(match picture {
            Picture::Ring => width,
            Picture::Log => scene::log_height(nodes, look.density),
            Picture::Time => scene::space_time_height(nodes, &look),
            Picture::Overview => scene::overview_height(&self.session.overview((0, 0)), look.density),
        })
    }

    /// The picture as it was painted last, as SVG.
    #[must_use]
    pub fn svg(&self, view: &str) -> Option<String> {
        Some(scene::svg(self.pictures.scene(Picture::named(view)?)))
    }
}

thread_local! {
    /// The engines whose parts were added to this module.
    static ADDED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Says that the part of an engine is there now; before, none of its code may be called.
#[wasm_bindgen]
pub fn added(engine: &str) {
    ADDED.with_borrow_mut(|added| added.push(engine.to_owned()));
}

/// Each engine is a part of its own: the page fetches the one that is asked for.
pub fn here(engine: &str) -> Result<&'static EngineInfo, JsValue> {
    let here = !cfg!(feature = "parts") || ADDED.with_borrow(|added| added.iter().any(|name| name == engine));
    let entry = lab::ENGINES.iter().find(|entry| here && entry.name == engine).ok_or_else(|| {
        let message = format!("there is no engine `{engine}` here");
        JsValue::from(Row::error("otherEngine", &message, None).put("engine", engine))
    })?;
    Ok((entry.info)())
}

/// How high the marks of the pictures with their meanings stand at this width, CSS pixels.
#[wasm_bindgen(js_name = legendHeight)]
#[must_use]
pub fn legend_height(width: f32) -> f32 {
    scene::legend_height(width)
}

/// What the marks mean, in the order in which they stand.
#[wasm_bindgen(js_name = legendWords)]
#[must_use]
pub fn legend_words(chinese: bool) -> JsValue {
    plain::list(scene::legend_words(language(chinese)).map(JsValue::from))
}

/// Paints the marks of the pictures with their meanings.
#[wasm_bindgen(js_name = paintLegend)]
pub fn paint_legend(ctx: &CanvasRenderingContext2d, width: f32, dpr: f64, dark: bool, chinese: bool) {
    let mut marks = Scene::new();
    let theme = if dark { Theme::Dark } else { Theme::Light };
    let height = scene::legend_height(width);
    let look = Look { theme, language: language(chinese), ..Look::new(width, height) };
    scene::legend(&look, &mut marks);
    crate::painter::paint(&marks, ctx, dpr);
}

/// The configurations of an engine worth starting from.
///
/// # Errors
/// When the engine is not here.
#[wasm_bindgen]
pub fn presets(engine: &str) -> Result<JsValue, JsValue> {
    Ok(to_js(&here(engine)?.presets.iter().map(views::preset).collect::<Vec<_>>()))
}

fn open(record: &kernel::Record) -> Result<Lab, JsValue> {
    use lab::ReplayError as E;
    let (info, made_with) = (here(&record.setup.engine)?, record.engine_version);
    lab::open(record).map(Lab::over).map_err(|e| {
        let other = if info.version == made_with {
            String::new()
        } else {
            format!("Made with {} {made_with}; this page has {}. ", info.title, info.version)
        };
        let (code, at) = match &e {
            E::Diverged { step, .. } => ("diverged", Some(format!("step {step}"))),
            E::Refused { step, .. } | E::Ended { step, .. } => ("badTrace", Some(format!("step {step}"))),
            E::Setup(_) => ("badSetup", None),
            E::Record(_) => ("badTrace", None),
        };
        error(code, &format!("{other}{e}"), at.as_deref())
    })
}
