//! Settings of an engine, described once: name, unit, range, default, meaning.

use alloc::format;
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
    /// What nodes start with: once the run has begun it does not change.
    pub fixed: bool,
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

/// A setting's value, whatever its type: engines have dozens, and one code for all.
pub trait Slot {
    /// As a person reads it.
    fn text(&self) -> String;
    /// Takes what a person or file writes.
    ///
    /// # Errors
    /// What is wrong and what would be right; the value stays then.
    fn read(&mut self, desc: &SettingDesc, text: &str) -> Result<(), String>;
}

impl<T: SettingValue> Slot for T {
    fn text(&self) -> String {
        self.print()
    }

    fn read(&mut self, desc: &SettingDesc, text: &str) -> Result<(), String> {
        *self = read_setting(desc.name, text, desc.range)?;
        Ok(())
    }
}

/// The settings of a table that leaves the defaults out.
#[must_use]
pub fn list_settings(table: &[SettingDesc], defaults: &[&dyn Slot]) -> Vec<SettingDesc> {
    let whole =
        |(desc, slot): (&SettingDesc, &&dyn Slot)| SettingDesc { default: slot.text(), ..desc.clone() };
    table.iter().zip(defaults).map(whole).collect()
}

/// Whether a setting names nodes of a cluster of this size only.
///
/// # Errors
/// Who is no node of it.
pub fn known_nodes(name: &str, named: &[NodeId], nodes: u8) -> Result<(), String> {
    match named.iter().find(|id| id.0 >= nodes) {
        Some(id) => {
            Err(format!("{name} names {id}, and the cluster has {nodes} nodes: n0 to n{}", nodes - 1))
        }
        None => Ok(()),
    }
}

/// One value of them.
#[must_use]
pub fn get_setting(table: &[SettingDesc], slots: &[&dyn Slot], name: &str) -> Option<String> {
    table.iter().zip(slots).find(|(desc, _)| desc.name == name).map(|(_, slot)| slot.text())
}

/// Changes one value of them.
///
/// # Errors
/// What is wrong and what would be right; the value stays then.
pub fn set_setting(
    table: &[SettingDesc],
    slots: &mut [&mut dyn Slot],
    name: &str,
    text: &str,
) -> Result<(), String> {
    match table.iter().zip(slots).find(|(desc, _)| desc.name == name) {
        Some((desc, slot)) => slot.read(desc, text),
        None => Err(alloc::format!("there is no setting `{name}`")),
    }
}

/// Reads and range-checks one value.
fn read_setting<T: SettingValue>(name: &str, text: &str, range: Option<(i64, i64)>) -> Result<T, String> {
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

/// Marks a setting that a run cannot change.
pub const FIXED: bool = true;

/// Declares an engine's settings:
/// `/// meaning` `pub field: Type = default, "realName", "unit", Some((min, max));`, with `, FIXED` before the semicolon
/// when a run cannot change it ([`SettingDesc::fixed`]).
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* pub struct $name:ident {
        $( $(#[doc = $doc:literal])+ pub $field:ident : $ty:ty = $default:expr, $shown:literal, $unit:literal, $range:expr $(, $fixed:ident)?; )*
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

        impl $name {
            /// What they are, without their defaults.
            const TABLE: &'static [$crate::SettingDesc] = &[$( $crate::SettingDesc {
                name: $shown,
                unit: $unit,
                default: $crate::__private::String::new(),
                range: $range,
                choices: <$ty as $crate::SettingValue>::CHOICES,
                doc: concat!($($doc),+).trim_ascii_start(),
                fixed: [$($crate::__private::$fixed,)? false][0],
            }, )*];

            fn slots(&self) -> [&dyn $crate::__private::Slot; Self::TABLE.len()] {
                [$( &self.$field, )*]
            }
        }

        impl $crate::Settings for $name {
            fn list() -> $crate::__private::Vec<$crate::SettingDesc> {
                $crate::__private::list_settings(Self::TABLE, &$name::default().slots())
            }

            fn get(&self, name: &str) -> Option<$crate::__private::String> {
                $crate::__private::get_setting(Self::TABLE, &self.slots(), name)
            }

            fn set(&mut self, name: &str, text: &str) -> Result<(), $crate::__private::String> {
                $crate::__private::set_setting(Self::TABLE, &mut [$( &mut self.$field, )*], name, text)
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
