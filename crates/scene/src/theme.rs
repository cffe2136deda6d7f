//! The values of the colours, light and dark.

use crate::shape::{Ink, SLOTS};

/// Which values the colours have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Theme {
    /// Ink on white paper.
    #[default]
    Light,
    /// Light ink on dark paper.
    Dark,
    /// Light for a projector: quiet text and lines are stronger.
    LightPresenter,
    /// Dark for a projector.
    DarkPresenter,
}

/// The tokens of a theme and its term scale, as 0xRRGGBB.
struct Values {
    tokens: [u32; 15],
    fills: [u32; SLOTS as usize],
    edges: [u32; SLOTS as usize],
}

/// Order: frame surface raised hover sel line line2 line3 ink ink2 ink3 bad badWash chg on.
const LIGHT: Values = Values {
    tokens: [
        0xf4f5f7, 0xffffff, 0xffffff, 0xf2f4f6, 0xe9ecf1, 0xe4e7eb, 0xcfd4db, 0x868e99, 0x14161a, 0x434953,
        0x626a76, 0xb3131f, 0xfdecec, 0xfff2c2, 0x14161a,
    ],
    fills: [
        0x4fad97, 0xa0ecee, 0xa690d0, 0xffcda8, 0x65a946, 0xdacaff, 0xc67eaa, 0xe4e382, 0xd88879, 0x87ecd5,
        0x7ba4ff, 0xf0c13e,
    ],
    edges: [
        0x04836e, 0x038286, 0x7f64ae, 0x9e6637, 0x4a8230, 0x7c67a5, 0xa55487, 0x7a7700, 0xb05647, 0x048471,
        0x4e71c0, 0x906f02,
    ],
};

const DARK: Values = Values {
    tokens: [
        0x0f1114, 0x15181c, 0x1d2126, 0x1b1f24, 0x262c34, 0x262b31, 0x3a414a, 0x727b87, 0xeceef1, 0xb9c0ca,
        0x929ba8, 0xff6168, 0x33191b, 0x3b3318, 0x0b0d10,
    ],
    fills: [
        0x2f917c, 0x82ced1, 0x8c77b5, 0xe1b08c, 0x4e912d, 0xbdabe5, 0xb06c95, 0xc7c565, 0xba6d5f, 0x69ceb8,
        0x6087e1, 0xd2a408,
    ],
    edges: [
        0x44a48e, 0x96e2e5, 0x9f89c8, 0xf5c39e, 0x6ba054, 0xd0bef9, 0xc37ea7, 0xdad979, 0xce7f70, 0x7de2cb,
        0x789be8, 0xdeb95c,
    ],
};

impl Theme {
    /// The value of a colour as red, green, blue.
    #[must_use]
    pub fn rgb(self, ink: Ink) -> [u8; 3] {
        let (values, strong) = match self {
            Theme::Light => (&LIGHT, false),
            Theme::Dark => (&DARK, false),
            Theme::LightPresenter => (&LIGHT, true),
            Theme::DarkPresenter => (&DARK, true),
        };
        let ink = match ink {
            Ink::Ink3 | Ink::Line3 if strong => Ink::Ink2,
            other => other,
        };
        let value = match ink {
            Ink::Fill(slot) => values.fills[(slot % SLOTS) as usize],
            Ink::Edge(slot) => values.edges[(slot % SLOTS) as usize],
            token => values.tokens[token.index()],
        };
        [(value >> 16) as u8, (value >> 8) as u8, value as u8]
    }

    /// The value of a colour as `#rrggbb`.
    #[must_use]
    pub fn hex(self, ink: Ink) -> String {
        let [r, g, b] = self.rgb(ink);
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

/// The families of words.
pub const SANS: &str = "ui-sans-serif, system-ui, -apple-system, \"Segoe UI Variable Text\", \"Segoe UI\", Roboto, \"Noto Sans\", \"PingFang SC\", \"Microsoft YaHei\", \"Noto Sans CJK SC\", sans-serif";

/// The families of values.
pub const MONO: &str = "ui-monospace, \"SF Mono\", SFMono-Regular, Menlo, \"Cascadia Mono\", Consolas, \"DejaVu Sans Mono\", monospace";
