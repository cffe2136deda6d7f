//! The object the page holds: one run and its pictures. What only the whole module can do is in `whole`.

use kernel::Setup;
use scene::Scene;
use wasm_bindgen::prelude::*;
use web_sys::CanvasRenderingContext2d;

use crate::Run;
use crate::given::Given;
use crate::pictures::{PaintOptions, Picture, Pictures};
use crate::plain::{self, error};

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
    net.fifo = given.flag("fifo", false)?;
    setup.settings = given.texts("settings")?;
    Ok(setup)
}

/// A run in the page.
#[wasm_bindgen]
pub struct Lab {
    pub(crate) session: Run,
    pub(crate) pictures: Pictures,
}

impl Lab {
    pub(crate) fn over(session: Run) -> Lab {
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
        let setup = setup(options).map_err(|what| error("badSetup", &what, None))?;
        crate::start(setup).map(Lab::over)
    }

    /// Takes what is due by `until_us`, at most `max_steps` steps; how many were taken.
    #[wasm_bindgen(js_name = playUntil)]
    pub fn play_until(&mut self, until_us: f64, max_steps: u32) -> u32 {
        self.session.play(micros(until_us), max_steps)
    }

    /// One step on; false when nothing is pending.
    #[wasm_bindgen(js_name = stepForward)]
    pub fn step_forward(&mut self) -> bool {
        self.session.forward()
    }

    /// After playing: makes what the last step changed visible.
    pub fn settle(&mut self) {
        self.session.settle();
    }

    /// Where the run stands.
    #[must_use]
    pub fn status(&self) -> JsValue {
        plain::status(&self.session)
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
        plain::list(self.session.pending(micros(at_us)).into_iter().map(plain::pending))
    }

    /// The sentence of the last step, in parts.
    #[must_use]
    pub fn narration(&self) -> JsValue {
        plain::sentence(&self.session.narration())
    }

    /// What points into the logs: name and mark.
    #[must_use]
    pub fn marks(&self) -> JsValue {
        plain::marks(&self.session)
    }

    /// The lights of the rules.
    #[must_use]
    pub fn rules(&self) -> JsValue {
        plain::rules(&self.session)
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
        let (picture, options) = seen(view, options)?;
        let scene: &Scene = self.pictures.build(picture, &mut self.session, width, height, &options);
        crate::painter::paint(scene, ctx, dpr);
        Ok(())
    }
}

/// Which picture is meant, and how it is looked at.
pub(crate) fn seen(view: &str, options: JsValue) -> Result<(Picture, PaintOptions), JsValue> {
    let wrong = |what: String| error("badView", &what, None);
    let picture = Picture::named(view).ok_or_else(|| wrong(format!("no picture `{view}`")))?;
    Ok((picture, PaintOptions::read(options).map_err(wrong)?))
}

/// Instants cross as JavaScript numbers.
pub(crate) fn micros(us: f64) -> u64 {
    // Saturates; negative and not-a-number become 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let micros = us as u64;
    micros
}
