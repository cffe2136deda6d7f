//! What a picture is: shapes, layouts, hit ids, and their SVG.
//!
//! A layout turns one of the kernel's plain views and a [`Look`] into a [`Scene`]: a display list over eight
//! shapes, coloured by token, measured by one fixed text table. The same scene is written as SVG here and painted
//! on a canvas in the browser; a point is asked for its [`HitId`] here too, so every medium agrees.

mod axis;
mod geometry;
mod hit;
mod legend;
mod log;
mod look;
mod number;
mod overview;
mod ring;
pub mod sample;
mod scene;
mod shape;
mod spacetime;
mod svg;
pub mod text;
mod theme;
mod words;

pub use hit::{Area, BadHitId, HitId};
pub use legend::{legend, legend_height, legend_words};
pub use log::{Columns, LOG_ZOOM, log_height, log_table};
pub use look::{Density, Look};
pub use number::length;
pub use overview::{overview, overview_height};
pub use ring::ring;
pub use scene::{Scene, snap};
pub use shape::{Anchor, Dash, Font, Ink, Paint, SLOTS, Seg, Shape, Stroke, TextStyle};
pub use spacetime::{space_time, space_time_height};
pub use svg::svg;
pub use theme::{MONO, SANS, Theme};
pub use words::Language;
