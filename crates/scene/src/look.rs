//! How a picture is looked at: its size, its theme, what the pointer is on.

use crate::hit::HitId;
use crate::theme::Theme;
use crate::words::Language;

/// How a picture is looked at. The same view with the same look is the same picture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Look {
    /// Width of the pane in CSS pixels.
    pub width: f32,
    /// Height of the pane in CSS pixels.
    pub height: f32,
    /// Colours.
    pub theme: Theme,
    /// What the pointer is on; it and what belongs to it stay, the rest goes to 55 %.
    pub hovered: Option<HitId>,
    /// What is selected: an ink ring.
    pub selected: Option<HitId>,
    /// What has the keyboard focus: a focus ring.
    pub focused: Option<HitId>,
    /// Whether the run stands: chips are shown while it does.
    pub paused: bool,
    /// Hit areas of 44 instead of 24.
    pub touch: bool,
    /// Smaller rows and lanes, for a pane of a small window.
    pub density: Density,
    /// Whether heartbeat rounds are folded into pills.
    pub fold: bool,
    /// Whether stretches without a leader are bracketed in the overview.
    pub gaps: bool,
    /// The language of the picture's own words.
    pub language: Language,
}

/// How tightly tables and lanes are set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Density {
    /// A wide window.
    #[default]
    Wide,
    /// Below 1180 wide or 820 high.
    Compact,
    /// Below 640 wide.
    Phone,
}

impl Look {
    /// A pane of a size, light, paused, nothing hovered or selected.
    #[must_use]
    pub const fn new(width: f32, height: f32) -> Look {
        Look {
            width,
            height,
            theme: Theme::Light,
            hovered: None,
            selected: None,
            focused: None,
            paused: true,
            touch: false,
            density: Density::Wide,
            fold: true,
            gaps: false,
            language: Language::English,
        }
    }

    pub(crate) fn selects(&self, id: HitId) -> bool {
        self.selected == Some(id)
    }
}
