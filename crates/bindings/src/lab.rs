//! The object the page holds: one run, its pictures and its files.

use kernel::{Action, Decision, Setup, Time};
use lab::{Acted, Session, Until};
use scene::{HitId, Scene};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::CanvasRenderingContext2d;

use crate::given::Given;
use crate::pictures::{PaintOptions, Picture, Pictures};
use crate::{menu, plain, tables};

/// Reads what the page says to start a run. Everything may be left out.
fn setup(options: JsValue) -> Result<Setup, String> {
    let given = Given::new(options);
    let engine = given.text("engine")?.ok_or("which engine?")?;
    let mut setup = Setup::new(&engine, 1);
    // The limits are bytes, so what fits them fits a byte.
    let byte = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
    setup.nodes = byte(given.whole("nodes", setup.nodes.into(), u8::MAX.into())?);
    setup.clients = byte(given.whole("clients", setup.clients.into(), u8::MAX.into())?);
    if let Some(seed) = given.text("seed")? {
        setup.seed = seed.parse().map_err(|_| "a seed is a whole number below 2^64")?;
    }
    let net = &mut setup.net;
    let latency = (plain::number(net.latency_us_min), plain::number(net.latency_us_max));
    let latency = given.pair("latencyUs", latency)?;
    (net.latency_us_min, net.latency_us_max) = (micros(latency.0), micros(latency.1));
    net.loss_ppm = given.whole("lossPpm", 0, u32::MAX)?;
    setup.settings = given.texts("settings")?;
    Ok(setup)
}

/// An error as TypeScript sees it; `code` is a closed union there.
#[derive(Serialize)]
struct LabError {
    code: &'static str,
    message: String,
    /// `line:column` or a step, where there is one.
    at: Option<String>,
    /// The engine that is asked for, when it is in another module.
    engine: Option<String>,
}

/// What acting led to.
#[derive(Serialize)]
struct ActResult {
    ok: bool,
    forked: Option<u32>,
    error: Option<LabError>,
}

fn to_js<T: Serialize + ?Sized>(value: &T) -> JsValue {
    // Plain objects of numbers, strings and lists have no way to fail.
    let plain =
        serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true).serialize_missing_as_null(true);
    value.serialize(&plain).unwrap_or(JsValue::NULL)
}

fn error(code: &'static str, message: impl Into<String>, at: Option<String>) -> JsValue {
    to_js(&LabError { code, message: message.into(), at, engine: None })
}

/// Each engine is a module of its own: the page fetches the one that is asked for.
fn here(engine: &str) -> Result<&'static kernel::EngineInfo, JsValue> {
    lab::ENGINES.iter().map(|entry| (entry.info)()).find(|info| info.name == engine).ok_or_else(|| {
        let message = format!("there is no engine `{engine}` here");
        to_js(&LabError { code: "otherEngine", message, at: None, engine: Some(engine.into()) })
    })
}

fn decision(text: &str) -> Result<Decision, LabError> {
    text.parse().map_err(|e: kernel::DecisionError| LabError {
        code: "badDecision",
        message: e.0,
        at: None,
        engine: None,
    })
}

/// A run in the page.
#[wasm_bindgen]
pub struct Lab {
    session: Box<dyn Session>,
    pictures: Pictures,
}

impl Lab {
    fn over(session: Box<dyn Session>) -> Lab {
        Lab { session, pictures: Pictures::new() }
    }
}

#[wasm_bindgen]
impl Lab {
    /// Starts a run.
    ///
    /// # Errors
    /// What of the options is not possible.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue) -> Result<Lab, JsValue> {
        console_error_panic_hook::set_once();
        let setup = setup(options).map_err(|what| error("badSetup", what, None))?;
        here(&setup.engine)?;
        lab::start(setup).map(Lab::over).map_err(|e| error("badSetup", e.to_string(), None))
    }

    /// Opens a trace file's text.
    ///
    /// # Errors
    /// What is wrong with it and where, or the first step that differs.
    #[wasm_bindgen(js_name = openTrace)]
    pub fn open_trace(text: &str) -> Result<Lab, JsValue> {
        console_error_panic_hook::set_once();
        let record = trace::read(text.as_bytes())
            .map_err(|e| error("badTrace", e.what.clone(), Some(format!("{}:{}", e.line, e.column))))?;
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
            .map_err(|e| error("badLink", e.what.clone(), Some(format!("byte {}", e.column))))?;
        open(&record)
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

    /// Takes what is due by `until_us`, at most `max_steps` steps; how many were taken.
    #[wasm_bindgen(js_name = playUntil)]
    pub fn play_until(&mut self, until_us: f64, max_steps: u32) -> u32 {
        self.session.play(micros(until_us), max_steps)
    }

    /// Takes up to `steps` steps as fast as possible; how many were taken.
    pub fn race(&mut self, steps: u32) -> u32 {
        self.session.race(steps)
    }

    /// One step on; false when nothing is pending.
    #[wasm_bindgen(js_name = stepForward)]
    pub fn step_forward(&mut self) -> bool {
        self.session.forward()
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

    /// After playing: makes what the last step changed visible.
    pub fn settle(&mut self) {
        self.session.settle();
    }

    /// Takes a decision as the next step, at `at_us` when given and nothing is due before.
    pub fn act(&mut self, text: &str, at_us: Option<f64>) -> JsValue {
        let decision = match decision(text) {
            Ok(decision) => decision,
            Err(error) => return to_js(&ActResult { ok: false, forked: None, error: Some(error) }),
        };
        let at = at_us.map_or(Action::NOW, |at| Time(micros(at)));
        // The page's clock runs between steps; what became due meanwhile is not overtaken.
        let at =
            if self.session.status().next_due_us.is_some_and(|due| due < at.0) { Action::NOW } else { at };
        let at = if at.0 < self.session.status().now_us { Action::NOW } else { at };
        let result = match self.session.act(Action { at, decision }) {
            Ok(Acted::Forked(new)) => ActResult { ok: true, forked: u32::try_from(new).ok(), error: None },
            Ok(_) => ActResult { ok: true, forked: None, error: None },
            Err(refusal) => {
                let error = LabError { code: "refused", message: refusal.0, at: None, engine: None };
                ActResult { ok: false, forked: None, error: Some(error) }
            }
        };
        to_js(&result)
    }

    /// Why a decision is not legal now; `undefined` when it is.
    #[must_use]
    pub fn legal(&self, text: &str) -> Option<String> {
        match decision(text) {
            Ok(decision) => self.session.legal(&decision).err().map(|refusal| refusal.0),
            Err(error) => Some(error.message),
        }
    }

    /// Shows another branch, at its tip.
    #[wasm_bindgen(js_name = switchBranch)]
    pub fn switch_branch(&mut self, branch: u32) -> bool {
        self.session.switch(branch, None).is_ok()
    }

    /// Starts a branch at the cursor; its number, or `undefined` when there are too many.
    pub fn fork(&mut self) -> Option<u32> {
        self.session.fork("forked here".to_owned()).ok()
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

    /// Where the run stands.
    #[must_use]
    pub fn status(&self) -> JsValue {
        to_js(&plain::status(&*self.session))
    }

    /// The global instant, microseconds; cheap.
    #[wasm_bindgen(js_name = nowUs)]
    #[must_use]
    pub fn now_us(&self) -> f64 {
        plain::number(self.session.status().now_us)
    }

    /// When the next item is due; `undefined` when nothing is pending. Cheap.
    #[wasm_bindgen(js_name = nextDueUs)]
    #[must_use]
    pub fn next_due_us(&self) -> Option<f64> {
        self.session.status().next_due_us.map(plain::number)
    }

    /// What may happen next.
    #[must_use]
    pub fn pending(&self, at_us: f64) -> JsValue {
        let rows = self.session.pending(micros(at_us));
        to_js(&rows.into_iter().map(plain::pending).collect::<Vec<_>>())
    }

    /// The sentence of the last step, in parts.
    #[must_use]
    pub fn narration(&self) -> JsValue {
        to_js(&plain::sentence(&self.session.narration()))
    }

    /// All sentences of the last step.
    #[must_use]
    pub fn story(&self) -> JsValue {
        to_js(&self.session.story().iter().map(plain::sentence).collect::<Vec<_>>())
    }

    /// The logs of the nodes inside a window of indexes, as a table.
    #[wasm_bindgen(js_name = logTable)]
    #[must_use]
    pub fn log_table(&self, from: f64, to: f64) -> JsValue {
        to_js(&tables::log(&*self.session, (micros(from), micros(to))))
    }

    /// The last messages of the branch that arrived or were lost up to now.
    #[must_use]
    pub fn flights(&mut self, most: u32) -> JsValue {
        to_js(&tables::flights(&mut *self.session, most as usize))
    }

    /// The chain of causes, newest first.
    #[must_use]
    pub fn why(&self) -> JsValue {
        to_js(&plain::why(self.session.why()))
    }

    /// Fields that the last step changed.
    #[must_use]
    pub fn changed(&self) -> JsValue {
        to_js(&plain::changes(&self.session.changed(), self.session.status().now_us))
    }

    /// A node, whole; `undefined` when there is none.
    #[must_use]
    pub fn node(&self, id: u8) -> JsValue {
        let changed = self.session.changed();
        let detail = self.session.node(kernel::NodeId(id));
        detail.map_or(JsValue::UNDEFINED, |detail| to_js(&plain::node(detail, &changed)))
    }

    /// The settings with their values now.
    #[must_use]
    pub fn settings(&self) -> JsValue {
        let all = self.session.setting_list().into_iter();
        let all = all.map(|desc| {
            let value = self.session.setting(desc.name);
            plain::setting(desc, value)
        });
        to_js(&all.collect::<Vec<_>>())
    }

    /// The commands the engine takes.
    #[must_use]
    pub fn commands(&self) -> JsValue {
        to_js(&plain::commands(&*self.session))
    }

    /// The user's commands and how they stand, newest first.
    #[must_use]
    pub fn ops(&self) -> JsValue {
        to_js(&plain::ops(&*self.session))
    }

    /// The lights of the rules.
    #[must_use]
    pub fn rules(&self) -> JsValue {
        to_js(&plain::rules(&*self.session))
    }

    /// What can be done with the thing of this name.
    #[must_use]
    pub fn menu(&self, hit: &str) -> JsValue {
        let entries = hit.parse::<HitId>().map_or_else(|_| Vec::new(), |of| menu::menu(&*self.session, of));
        to_js(&entries)
    }

    /// Digest of the run up to here, 16 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> String {
        format!("{:016x}", self.session.status().digest)
    }

    /// Paints a picture: `ring`, `log`, `time` or `overview`, of `width` × `height` CSS pixels.
    ///
    /// # Errors
    /// When the view or its options are unknown.
    pub fn paint(
        &mut self,
        view: &str,
        ctx: &CanvasRenderingContext2d,
        width: f32,
        height: f32,
        dpr: f64,
        options: JsValue,
    ) -> Result<(), JsValue> {
        let picture =
            Picture::named(view).ok_or_else(|| error("badView", format!("no picture `{view}`"), None))?;
        let options = PaintOptions::read(options).map_err(|what| error("badView", what, None))?;
        let scene: &Scene = self.pictures.build(picture, &mut *self.session, width, height, &options);
        crate::painter::paint(scene, ctx, dpr);
        Ok(())
    }

    /// The height a picture needs to show all of it at this width, CSS pixels.
    ///
    /// # Errors
    /// When the view or its options are unknown.
    #[wasm_bindgen(js_name = heightOf)]
    pub fn height_of(&self, view: &str, width: f32, options: JsValue) -> Result<f32, JsValue> {
        let picture =
            Picture::named(view).ok_or_else(|| error("badView", format!("no picture `{view}`"), None))?;
        let options = PaintOptions::read(options).map_err(|what| error("badView", what, None))?;
        Ok(crate::pictures::height(picture, &*self.session, width, &options))
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

    /// The picture as it was painted last, as SVG.
    #[must_use]
    pub fn svg(&self, view: &str) -> Option<String> {
        Some(scene::svg(self.pictures.scene(Picture::named(view)?)))
    }
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
        error(code, format!("{other}{e}"), at)
    })
}

/// Instants cross as JavaScript numbers.
fn micros(us: f64) -> u64 {
    // Saturates; negative and not-a-number become 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let micros = us as u64;
    micros
}
