//! Settings of an engine, described once: name, unit, range, default, meaning.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::{Digest, NodeId};

/// A type a setting can have.
pub trait SettingValue: Sized + Digest {
    /// The allowed words, when the type is a choice; empty otherwise.
    const CHOICES: &'static [&'static str] = &[];
    /// Reads a value as a person or file writes it.
    fn parse(text: &str) -> Option<Self>;
    /// The same text back.
    fn print(&self) -> String;
    /// The value as a number, to compare with a range; `None` when it is no number.
    fn number(&self) -> Option<i64> {
        None
    }
}

impl SettingValue for u64 {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn print(&self) -> String {
        self.to_string()
    }
    fn number(&self) -> Option<i64> {
        Some(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl SettingValue for i64 {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn print(&self) -> String {
        self.to_string()
    }
    fn number(&self) -> Option<i64> {
        Some(*self)
    }
}

impl SettingValue for bool {
    const CHOICES: &'static [&'static str] = &["true", "false"];
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn print(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for Vec<NodeId> {
    fn parse(text: &str) -> Option<Self> {
        let names = text.split([';', ',']).map(str::trim).filter(|name| !name.is_empty());
        names.map(|name| name.strip_prefix('n')?.parse().ok().map(NodeId)).collect()
    }
    fn print(&self) -> String {
        self.iter().map(ToString::to_string).collect::<Vec<_>>().join(";")
    }
}

/// One setting, described.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingDesc {
    /// The real system's name.
    pub name: &'static str,
    /// Unit of the value: `ms`, `bytes`, `entries`, `nodes`, or empty.
    pub unit: &'static str,
    /// The default, as text.
    pub default: String,
    /// Smallest and largest value of a number.
    pub range: Option<(i64, i64)>,
    /// The allowed words of a choice.
    pub choices: &'static [&'static str],
    /// Meaning, one sentence.
    pub doc: &'static str,
}

/// The settings of an engine. Declared with [`settings!`](crate::settings!).
pub trait Settings: Clone + Default + Digest + core::fmt::Debug {
    /// All settings, in the order of the declaration.
    fn list() -> Vec<SettingDesc>;
    /// The value of the setting `name`, as text.
    fn get(&self, name: &str) -> Option<String>;
    /// Sets `name` to `text`.
    ///
    /// # Errors
    /// What is wrong and what would be right, as one sentence; the settings are unchanged then.
    fn set(&mut self, name: &str, text: &str) -> Result<(), String>;
}

/// Used by [`settings!`](crate::settings!): reads and range-checks one value.
///
/// # Errors
/// What is wrong and what would be right.
pub fn read_setting<T: SettingValue>(name: &str, text: &str, range: Option<(i64, i64)>) -> Result<T, String> {
    let Some(value) = T::parse(text) else {
        let right = if T::CHOICES.is_empty() {
            String::from(if range.is_some() { "a whole number" } else { "node names such as n0;n2" })
        } else {
            alloc::format!("one of {}", T::CHOICES.join(", "))
        };
        let not = if text.is_empty() { String::new() } else { alloc::format!(", not `{text}`") };
        return Err(alloc::format!("{name} takes {right}{not}"));
    };
    match (value.number(), range) {
        (Some(number), Some((min, max))) if number < min || number > max => {
            Err(alloc::format!("{name} must be from {min} to {max}, not {number}"))
        }
        _ => Ok(value),
    }
}

/// Declares an engine's settings:
/// `/// meaning` `pub field: Type = default, "realName", "unit", Some((min, max));`
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* pub struct $name:ident {
        $( $(#[doc = $doc:literal])+ pub $field:ident : $ty:ty = $default:expr, $shown:literal, $unit:literal, $range:expr; )*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $ty, )*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $( $field: $default, )* }
            }
        }

        impl $crate::Digest for $name {
            fn digest(&self, h: &mut $crate::Hasher) {
                $( $crate::Digest::digest(&self.$field, h); )*
            }
        }

        impl $crate::Settings for $name {
            fn list() -> $crate::__private::Vec<$crate::SettingDesc> {
                let defaults = $name::default();
                $crate::__private::vec![$( $crate::SettingDesc {
                    name: $shown,
                    unit: $unit,
                    default: $crate::SettingValue::print(&defaults.$field),
                    range: $range,
                    choices: <$ty as $crate::SettingValue>::CHOICES,
                    doc: concat!($($doc),+).trim_ascii_start(),
                }, )*]
            }

            fn get(&self, name: &str) -> Option<$crate::__private::String> {
                match name {
                    $( $shown => Some($crate::SettingValue::print(&self.$field)), )*
                    _ => None,
                }
            }

            fn set(&mut self, name: &str, text: &str) -> Result<(), $crate::__private::String> {
                match name {
                    $( $shown => self.$field = $crate::__private::read_setting(name, text, $range)?, )*
                    _ => return Err($crate::__private::format!("there is no setting `{name}`")),
                }
                Ok(())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_number_may_be_below_zero_and_another_may_not() {
        let range = Some((-5, 5));
        assert_eq!(read_setting::<i64>("drift", "-5", range), Ok(-5));
        let error = |text| read_setting::<i64>("drift", text, range).expect_err("out of range");
        assert_eq!(error("-6"), "drift must be from -5 to 5, not -6");
        assert_eq!(error("-"), "drift takes a whole number, not `-`");
        assert!(read_setting::<u64>("delay", "-5", range).is_err());
    }

    #[test]
    fn a_number_beyond_all_ranges_is_above_them() {
        let text = u64::MAX.to_string();
        assert!(read_setting::<u64>("delay", &text, Some((0, 5))).is_err());
        assert_eq!(read_setting::<u64>("delay", &text, None), Ok(u64::MAX));
    }
}
