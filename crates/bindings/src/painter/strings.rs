//! The strings a painter hands to the browser, made once a theme.

use scene::{Anchor, Dash, Font, Ink, MONO, SANS, SLOTS, Theme};
use wasm_bindgen::prelude::*;

const TOKENS: [Ink; 15] = [
    Ink::Frame,
    Ink::Surface,
    Ink::Raised,
    Ink::Hover,
    Ink::Sel,
    Ink::Line,
    Ink::Line2,
    Ink::Line3,
    Ink::Ink,
    Ink::Ink2,
    Ink::Ink3,
    Ink::Bad,
    Ink::BadWash,
    Ink::Chg,
    Ink::On,
];

/// What was made, by what it was made for. A list: there are a dozen at most, and a tree would be much code.
struct Made<K, V>(Vec<(K, V)>);

impl<K: PartialEq, V> Made<K, V> {
    /// What was made for `key`, now when it never was.
    fn get(&mut self, key: K, make: impl FnOnce() -> V) -> &V {
        let at = self.0.iter().position(|(other, _)| *other == key).unwrap_or_else(|| {
            self.0.push((key, make()));
            self.0.len() - 1
        });
        &self.0[at].1
    }
}

/// Interned strings and dash patterns.
pub struct Strings {
    /// For which theme the colours are.
    pub theme: Theme,
    colours: Vec<JsValue>,
    dashes: Made<Dash, js_sys::Array>,
    fonts: Made<(Font, u32), JsValue>,
    start: JsValue,
    middle: JsValue,
    end: JsValue,
    /// Property names and the values of line ends.
    pub fill_style: JsValue,
    /// Property name.
    pub stroke_style: JsValue,
    /// Property name.
    pub line_cap: JsValue,
    /// Property name.
    pub line_join: JsValue,
    /// Property name.
    pub text_align: JsValue,
    /// Property name.
    pub font_key: JsValue,
    /// Round ends and joins.
    pub round: JsValue,
    /// Flat ends.
    pub butt: JsValue,
}

impl Strings {
    /// The strings of a theme.
    pub fn new(theme: Theme) -> Strings {
        let slots = (0..SLOTS).map(Ink::Fill).chain((0..SLOTS).map(Ink::Edge));
        let mut colours = vec![JsValue::UNDEFINED; Ink::COUNT];
        for ink in TOKENS.into_iter().chain(slots) {
            if let Some(place) = colours.get_mut(ink.index()) {
                *place = theme.hex(ink).into();
            }
        }
        Strings {
            theme,
            colours,
            dashes: Made(Vec::new()),
            fonts: Made(Vec::new()),
            start: "left".into(),
            middle: "center".into(),
            end: "right".into(),
            fill_style: "fillStyle".into(),
            stroke_style: "strokeStyle".into(),
            line_cap: "lineCap".into(),
            line_join: "lineJoin".into(),
            text_align: "textAlign".into(),
            font_key: "font".into(),
            round: "round".into(),
            butt: "butt".into(),
        }
    }

    /// A colour.
    ///
    /// # Panics
    /// Never: there is a place for every colour.
    pub fn colour(&self, ink: Ink) -> &JsValue {
        self.colours.get(ink.index()).expect("a place for every colour")
    }

    /// A dash pattern.
    pub fn dash(&mut self, dash: Dash) -> &js_sys::Array {
        self.dashes.get(dash, || dash.pattern().iter().map(|v| JsValue::from(*v)).collect())
    }

    /// A font as CSS writes it.
    pub fn font(&mut self, font: Font, size: f32) -> JsValue {
        let family = if font.is_mono() { MONO } else { SANS };
        let css = || format!("{} {}px {family}", font.weight(), scene::length(size)).into();
        self.fonts.get((font, size.to_bits()), css).clone()
    }

    /// A text's anchor.
    pub fn anchor(&self, anchor: Anchor) -> &JsValue {
        match anchor {
            Anchor::Start => &self.start,
            Anchor::Middle => &self.middle,
            Anchor::End => &self.end,
        }
    }
}
