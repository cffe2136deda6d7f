//! The wasm-bindgen face of the lab and the canvas painter.
