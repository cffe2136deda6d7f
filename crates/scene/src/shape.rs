//! The shapes a picture is made of, and how each is painted.

/// A colour, named by what it is for; a theme gives it a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ink {
    /// Top bar, strip, page.
    Frame,
    /// Panes and canvas: the paper.
    Surface,
    /// Things that float.
    Raised,
    /// The row under the pointer.
    Hover,
    /// The selected row.
    Sel,
    /// Hairline.
    Line,
    /// Control edge, links that are up.
    Line2,
    /// Quiet shapes that carry meaning.
    Line3,
    /// Text, selection, focus, playhead.
    Ink,
    /// Secondary text, timer arc.
    Ink2,
    /// Labels, axis, hints.
    Ink3,
    /// A broken rule.
    Bad,
    /// Wash behind a broken rule.
    BadWash,
    /// Wash behind what changed in this step.
    Chg,
    /// Text on the fill of a term.
    On,
    /// Fill of a term slot, 0 to 11.
    Fill(u8),
    /// Edge of a term slot, 0 to 11.
    Edge(u8),
}

/// How many term slots there are.
pub const SLOTS: u8 = 12;

impl Ink {
    /// How many colours there are: tokens, fills, edges.
    pub const COUNT: usize = 15 + 2 * SLOTS as usize;

    /// The fill of a term.
    #[must_use]
    pub const fn fill_of(term: u64) -> Ink {
        Ink::Fill((term % SLOTS as u64) as u8)
    }

    /// The edge of a term.
    #[must_use]
    pub const fn edge_of(term: u64) -> Ink {
        Ink::Edge((term % SLOTS as u64) as u8)
    }

    /// A dense number below [`Ink::COUNT`], for tables of interned strings.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Ink::Frame => 0,
            Ink::Surface => 1,
            Ink::Raised => 2,
            Ink::Hover => 3,
            Ink::Sel => 4,
            Ink::Line => 5,
            Ink::Line2 => 6,
            Ink::Line3 => 7,
            Ink::Ink => 8,
            Ink::Ink2 => 9,
            Ink::Ink3 => 10,
            Ink::Bad => 11,
            Ink::BadWash => 12,
            Ink::Chg => 13,
            Ink::On => 14,
            Ink::Fill(slot) => 15 + (slot % SLOTS) as usize,
            Ink::Edge(slot) => 15 + SLOTS as usize + (slot % SLOTS) as usize,
        }
    }
}

/// How a line is broken. Closed, so that a painter can intern it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Dash {
    /// Solid.
    #[default]
    Solid,
    /// Dots 1 4: booting, a link with one end down.
    Dots,
    /// 1.5 4: the level line of a held message.
    HeldDots,
    /// 1.5 4.2: a leader's time to its next heartbeat.
    Beat,
    /// 2 1.5: a candidate's tape.
    Tape,
    /// 2 2: the edge of a reply that will have no effect.
    Fine,
    /// 2 3: a held message's ring, a ghost cell, a node that is down on its lane.
    Short,
    /// 3 2: an uncommitted cell.
    Cell,
    /// 3 3: crashed, the trail of a reply, a flight to come.
    Even,
    /// 4 3: a pre-candidate.
    Pre,
    /// 5 4: a cut link.
    Cut,
    /// 6 3: a leader that is not ready.
    NotReady,
    /// 6 4: not a member.
    Outside,
    /// 8 3 1 3: a slow or lossy link.
    Shaped,
}

impl Dash {
    /// Lengths of dash and gap in turn; empty when solid.
    #[must_use]
    pub const fn pattern(self) -> &'static [f32] {
        match self {
            Dash::Solid => &[],
            Dash::Dots => &[1.0, 4.0],
            Dash::HeldDots => &[1.5, 4.0],
            Dash::Beat => &[1.5, 4.2],
            Dash::Tape => &[2.0, 1.5],
            Dash::Fine => &[2.0, 2.0],
            Dash::Short => &[2.0, 3.0],
            Dash::Cell => &[3.0, 2.0],
            Dash::Even => &[3.0, 3.0],
            Dash::Pre => &[4.0, 3.0],
            Dash::Cut => &[5.0, 4.0],
            Dash::NotReady => &[6.0, 3.0],
            Dash::Outside => &[6.0, 4.0],
            Dash::Shaped => &[8.0, 3.0, 1.0, 3.0],
        }
    }
}

/// The line of a shape.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stroke {
    /// Its colour.
    pub ink: Ink,
    /// Its opacity in percent.
    pub alpha: u8,
    /// Its width.
    pub width: f32,
    /// How it is broken.
    pub dash: Dash,
    /// Round ends instead of flat ones. Joins are always round.
    pub round: bool,
}

/// How a shape is painted: an inside, a line, both.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Paint {
    /// Colour and opacity in percent of the inside.
    pub fill: Option<(Ink, u8)>,
    /// The line.
    pub stroke: Option<Stroke>,
}

impl Paint {
    /// An inside without a line.
    #[must_use]
    pub const fn fill(ink: Ink) -> Paint {
        Paint { fill: Some((ink, 100)), stroke: None }
    }

    /// A line without an inside.
    #[must_use]
    pub const fn line(ink: Ink, width: f32) -> Paint {
        let stroke = Stroke { ink, alpha: 100, width, dash: Dash::Solid, round: false };
        Paint { fill: None, stroke: Some(stroke) }
    }

    /// An inside and a line.
    #[must_use]
    pub const fn both(fill: Ink, edge: Ink, width: f32) -> Paint {
        Paint { fill: Some((fill, 100)), stroke: Paint::line(edge, width).stroke }
    }

    /// The same with the inside at so many percent.
    #[must_use]
    pub const fn fill_at(mut self, percent: u8) -> Paint {
        if let Some((ink, _)) = self.fill {
            self.fill = Some((ink, percent));
        }
        self
    }

    /// The same with inside and line at so many percent of what they are.
    #[must_use]
    pub const fn at(mut self, percent: u8) -> Paint {
        if let Some((ink, alpha)) = self.fill {
            self.fill = Some((ink, scaled(alpha, percent)));
        }
        if let Some(mut stroke) = self.stroke {
            stroke.alpha = scaled(stroke.alpha, percent);
            self.stroke = Some(stroke);
        }
        self
    }

    /// The same with a broken line.
    #[must_use]
    pub const fn dashed(mut self, dash: Dash) -> Paint {
        if let Some(mut stroke) = self.stroke {
            stroke.dash = dash;
            self.stroke = Some(stroke);
        }
        self
    }

    /// The same with round line ends.
    #[must_use]
    pub const fn round(mut self) -> Paint {
        if let Some(mut stroke) = self.stroke {
            stroke.round = true;
            self.stroke = Some(stroke);
        }
        self
    }
}

pub(crate) const fn scaled(alpha: u8, percent: u8) -> u8 {
    ((alpha as u16 * percent as u16 + 50) / 100) as u8
}

/// A piece of a path. Angles are radians, clockwise from three o'clock, as a canvas has them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Seg {
    /// Start anew at a point.
    Move(f32, f32),
    /// A straight line to a point.
    Line(f32, f32),
    /// A quadratic curve: control point, end point.
    Quad(f32, f32, f32, f32),
    /// A circular arc: centre, radius, from angle, to angle; a line leads to its start.
    Arc(f32, f32, f32, f32, f32),
    /// Back to where this part of the path started.
    Close,
}

/// Which side of a text its position names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

/// Family and weight of a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Font {
    /// Words.
    Sans,
    /// Words that are pressed upon: 500.
    SansMedium,
    /// Names and titles: 600.
    SansSemi,
    /// The term in a cell: 700.
    SansBold,
    /// Values, indexes, times.
    Mono,
    /// A playhead's time, a folded count: 500.
    MonoMedium,
    /// A changed index: 600.
    MonoSemi,
    /// The letter in a glyph: 700.
    MonoBold,
}

impl Font {
    /// Every font, in the order of [`Font::index`].
    pub const ALL: [Font; 8] = [
        Font::Sans,
        Font::SansMedium,
        Font::SansSemi,
        Font::SansBold,
        Font::Mono,
        Font::MonoMedium,
        Font::MonoSemi,
        Font::MonoBold,
    ];

    /// A dense number, for tables of interned strings.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether every glyph is equally wide.
    #[must_use]
    pub const fn is_mono(self) -> bool {
        matches!(self, Font::Mono | Font::MonoMedium | Font::MonoSemi | Font::MonoBold)
    }

    /// Its weight, 400 to 700.
    #[must_use]
    pub const fn weight(self) -> u16 {
        match self {
            Font::Sans | Font::Mono => 400,
            Font::SansMedium | Font::MonoMedium => 500,
            Font::SansSemi | Font::MonoSemi => 600,
            Font::SansBold | Font::MonoBold => 700,
        }
    }
}

/// How a text looks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct TextStyle {
    /// Family and weight.
    pub font: Font,
    /// Size in pixels.
    pub size: f32,
    /// Colour.
    pub ink: Ink,
    /// Opacity in percent.
    pub alpha: u8,
    /// Which side the position names.
    pub anchor: Anchor,
    /// Width of the paper drawn round the letters; 0 for none.
    pub halo: f32,
}

impl TextStyle {
    /// A style; starts at its position, full opacity, no halo.
    #[must_use]
    pub const fn new(font: Font, size: f32, ink: Ink) -> TextStyle {
        TextStyle { font, size, ink, alpha: 100, anchor: Anchor::Start, halo: 0.0 }
    }

    /// The same, centred on its position.
    #[must_use]
    pub const fn middle(mut self) -> TextStyle {
        self.anchor = Anchor::Middle;
        self
    }

    /// The same, ending at its position.
    #[must_use]
    pub const fn end(mut self) -> TextStyle {
        self.anchor = Anchor::End;
        self
    }

    /// The same with another anchor.
    #[must_use]
    pub const fn anchored(mut self, anchor: Anchor) -> TextStyle {
        self.anchor = anchor;
        self
    }

    /// The same with paper round the letters.
    #[must_use]
    pub const fn halo(mut self, width: f32) -> TextStyle {
        self.halo = width;
        self
    }

    /// The same in another colour.
    #[must_use]
    pub const fn ink(mut self, ink: Ink) -> TextStyle {
        self.ink = ink;
        self
    }

    /// The same at so many percent of its opacity.
    #[must_use]
    pub const fn at(mut self, percent: u8) -> TextStyle {
        self.alpha = scaled(self.alpha, percent);
        self
    }
}

/// What can be drawn. Closed: a painter is one loop over these eight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Shape {
    /// Lines and curves: a range of the scene's path pieces.
    Path {
        /// First piece.
        from: u32,
        /// One past the last piece.
        to: u32,
        /// How it is painted.
        paint: Paint,
    },
    /// A circle.
    Circle {
        /// Centre.
        cx: f32,
        /// Centre.
        cy: f32,
        /// Radius.
        r: f32,
        /// How it is painted.
        paint: Paint,
    },
    /// A rectangle with round corners.
    Rect {
        /// Left.
        x: f32,
        /// Top.
        y: f32,
        /// Width.
        w: f32,
        /// Height.
        h: f32,
        /// Radius of the corners.
        r: f32,
        /// How it is painted.
        paint: Paint,
    },
    /// A part of a circle's line, clockwise.
    Arc {
        /// Centre.
        cx: f32,
        /// Centre.
        cy: f32,
        /// Radius.
        r: f32,
        /// From here, radians.
        start: f32,
        /// To here, radians, at least `start`.
        end: f32,
        /// How it is painted.
        paint: Paint,
    },
    /// A line of text on its baseline: a range of the scene's text.
    Text {
        /// Where the anchor is.
        x: f32,
        /// Baseline.
        y: f32,
        /// First byte.
        from: u32,
        /// One past the last byte.
        to: u32,
        /// How it looks.
        style: TextStyle,
    },
    /// Lines at 45° inside a rectangle with round corners.
    Hatch {
        /// Left.
        x: f32,
        /// Top.
        y: f32,
        /// Width.
        w: f32,
        /// Height.
        h: f32,
        /// Radius of the corners.
        r: f32,
        /// Distance between two lines.
        pitch: f32,
        /// Their width, colour and opacity.
        stroke: Stroke,
    },
    /// What follows, up to `Unclip`, shows only inside this rectangle. Never nested.
    Clip {
        /// Left.
        x: f32,
        /// Top.
        y: f32,
        /// Width.
        w: f32,
        /// Height.
        h: f32,
    },
    /// Ends the clip.
    Unclip,
}
