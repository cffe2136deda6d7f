//! What the page hands over, read field by field. A field may be left out; what is there must fit.

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;

/// An object of the page.
pub struct Given(JsValue);

impl Given {
    /// Wraps an object; `undefined` and `null` are objects without fields.
    pub fn new(object: JsValue) -> Given {
        Given(object)
    }

    /// A field that is there and not `null`.
    fn get(&self, key: &str) -> Option<JsValue> {
        // Asking anything but an object throws, and means the same as an object without fields.
        let value = Reflect::get(&self.0, &key.into()).ok()?;
        (!value.is_undefined() && !value.is_null()).then_some(value)
    }

    /// A number.
    pub fn number(&self, key: &str, default: f64) -> Result<f64, String> {
        self.get(key).map_or(Ok(default), |value| value.as_f64().ok_or_else(|| wrong(key, "a number")))
    }

    /// A whole number up to `most`.
    pub fn whole(&self, key: &str, default: u32, most: u32) -> Result<u32, String> {
        let number = self.number(key, f64::from(default))?;
        // Saturates; what is no whole number differs from it.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let whole = number as u32;
        let fits = f64::from(whole).to_bits() == number.abs().to_bits() && whole <= most && number >= 0.0;
        fits.then_some(whole).ok_or_else(|| wrong(key, &format!("a whole number up to {most}")))
    }

    /// Two numbers.
    pub fn pair(&self, key: &str, default: (f64, f64)) -> Result<(f64, f64), String> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let two = Array::is_array(&value).then(|| Array::from(&value)).filter(|two| two.length() == 2);
        two.and_then(|two| Some((two.get(0).as_f64()?, two.get(1).as_f64()?)))
            .ok_or_else(|| wrong(key, "two numbers"))
    }

    /// Yes or no.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool, String> {
        self.get(key).map_or(Ok(default), |value| value.as_bool().ok_or_else(|| wrong(key, "true or false")))
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<Option<String>, String> {
        let text = |value: JsValue| value.as_string().map(Some).ok_or_else(|| wrong(key, "a text"));
        self.get(key).map_or(Ok(None), text)
    }

    /// Pairs of texts.
    pub fn texts(&self, key: &str) -> Result<Vec<(String, String)>, String> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        if !Array::is_array(&value) {
            return Err(wrong(key, "a list of pairs"));
        }
        let pair = |item: JsValue| {
            let two = Array::is_array(&item).then(|| Array::from(&item)).filter(|two| two.length() == 2)?;
            Some((two.get(0).as_string()?, two.get(1).as_string()?))
        };
        let all: Option<Vec<_>> = Array::from(&value).iter().map(pair).collect();
        all.ok_or_else(|| wrong(key, "a list of pairs of texts"))
    }
}

fn wrong(key: &str, right: &str) -> String {
    format!("`{key}` takes {right}")
}
