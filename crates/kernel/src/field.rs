//! State that shows itself: every field of an engine's structs with the real system's name, from one declaration.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Addr, Chained, ChunkLog, MsgId, NodeId, SortedMap, SumMap, Time, Token};

/// A value as a person reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// The system's "nothing here" (null, −1 where it means that).
    None,
    /// A truth value.
    Bool(bool),
    /// A number: index, count, size. Signed because real systems use −1.
    Int(i64),
    /// An instant of the node's own clock.
    Time(Time),
    /// A node.
    Node(NodeId),
    /// A word of the system's own vocabulary.
    Word(&'static str),
    /// Anything else, as text.
    Text(String),
    /// Several values in order.
    List(Vec<Value>),
    /// Several values by name.
    Map(Vec<(String, Value)>),
}

/// Can be shown to a person.
pub trait Show {
    /// This value as a person reads it.
    fn show(&self) -> Value;
}

/// Lists its fields.
pub trait Inspect {
    /// Calls `visit` with name, meaning and value of every field, in the order of the declaration.
    fn inspect(&self, visit: &mut dyn FnMut(&'static str, &'static str, Value));
}

impl Inspect for () {
    fn inspect(&self, _: &mut dyn FnMut(&'static str, &'static str, Value)) {}
}

/// Visits fields with their names and meanings: one code for all structs.
pub fn inspect_fields(
    names: &[(&'static str, &'static str)],
    fields: &[&dyn Show],
    visit: &mut dyn FnMut(&'static str, &'static str, Value),
) {
    for ((name, doc), field) in names.iter().zip(fields) {
        visit(name, doc, field.show());
    }
}

/// Values by name.
#[must_use]
pub fn show_named(fields: &[(&str, &dyn Show)]) -> Value {
    Value::Map(fields.iter().map(|(name, field)| ((*name).to_owned(), field.show())).collect())
}

/// A struct's fields by name.
#[must_use]
pub fn show_fields(fields: &dyn Inspect) -> Value {
    let mut all = Vec::new();
    fields.inspect(&mut |name, _, value| all.push((name.to_owned(), value)));
    Value::Map(all)
}

macro_rules! show_number {
    ($($ty:ty),*) => {$(
        impl Show for $ty {
            fn show(&self) -> Value {
                // Digests are larger than what numbers of the core have room for.
                i64::try_from(*self).map_or_else(|_| Value::Text(alloc::format!("{self}")), Value::Int)
            }
        }
    )*};
}
show_number!(u8, u16, u32, u64, usize, i64);

impl Show for bool {
    fn show(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Show for Time {
    fn show(&self) -> Value {
        Value::Time(*self)
    }
}

impl Show for NodeId {
    fn show(&self) -> Value {
        Value::Node(*self)
    }
}

impl Show for Addr {
    fn show(&self) -> Value {
        Value::Text(alloc::format!("{self}"))
    }
}

impl Show for MsgId {
    fn show(&self) -> Value {
        Value::Text(alloc::format!("{self}"))
    }
}

impl Show for Token {
    fn show(&self) -> Value {
        Value::Text(alloc::format!("step {}", self.0))
    }
}

impl Show for String {
    fn show(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Show for str {
    fn show(&self) -> Value {
        Value::Text(self.to_owned())
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> Value {
        self.as_ref().map_or(Value::None, Show::show)
    }
}

impl<T: Show + ?Sized> Show for alloc::sync::Arc<T> {
    fn show(&self) -> Value {
        (**self).show()
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> Value {
        Value::List(self.iter().map(Show::show).collect())
    }
}

impl<T: Show> Show for alloc::collections::VecDeque<T> {
    fn show(&self) -> Value {
        Value::List(self.iter().map(Show::show).collect())
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::Int(n) => alloc::format!("{n}"),
        Value::Node(id) => alloc::format!("{id}"),
        Value::Word(word) => (*word).to_owned(),
        Value::Text(text) => text.clone(),
        other => alloc::format!("{other:?}"),
    }
}

impl<K: Show, V: Show> Show for BTreeMap<K, V> {
    fn show(&self) -> Value {
        Value::Map(self.iter().map(|(k, v)| (key_text(&k.show()), v.show())).collect())
    }
}

impl<K: Show, V: Show> Show for SortedMap<K, V> {
    fn show(&self) -> Value {
        Value::Map(self.iter().map(|(k, v)| (key_text(&k.show()), v.show())).collect())
    }
}

impl<K: Show + Ord + crate::Digest + Clone, V: Show + crate::Digest> Show for SumMap<K, V> {
    fn show(&self) -> Value {
        self.as_map().show()
    }
}

impl<T: Chained> Show for ChunkLog<T> {
    fn show(&self) -> Value {
        if self.is_empty() {
            return Value::Text("empty".to_owned());
        }
        Value::Text(alloc::format!("{}…{}", self.first(), self.end() - 1))
    }
}

/// Declares a struct whose fields can be digested ([`crate::Digest`]) and shown ([`Inspect`], [`Show`]) under the
/// real system's names: `name: Type = "realName"`. The doc comment of a field is its meaning on the page.
#[macro_export]
macro_rules! state {
    ($(#[$meta:meta])* pub struct $name:ident {
        $( $(#[doc = $doc:literal])+ pub $field:ident : $ty:ty = $shown:literal ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $ty, )*
        }

        impl $crate::Digest for $name {
            fn digest(&self, h: &mut $crate::Hasher) {
                $( $crate::Digest::digest(&self.$field, h); )*
            }
        }

        impl $crate::Inspect for $name {
            fn inspect(&self, visit: &mut dyn FnMut(&'static str, &'static str, $crate::Value)) {
                const NAMES: &[(&str, &str)] = &[$( ($shown, concat!($($doc),+).trim_ascii_start()), )*];
                $crate::__private::inspect_fields(NAMES, &[$( &self.$field, )*], visit);
            }
        }

        impl $crate::Show for $name {
            fn show(&self) -> $crate::Value {
                $crate::__private::show_fields(self)
            }
        }
    };
}

/// Shows a struct that stands on its own, digest and all, by the real system's names: `shown! { Name { field = "realName" } }`.
/// A field that is left out does not compile.
#[macro_export]
macro_rules! shown {
    ($name:ident { $( $field:ident = $shown:literal ),* $(,)? }) => {
        impl $crate::Show for $name {
            fn show(&self) -> $crate::Value {
                let $name { $( $field, )* } = self;
                $crate::__private::show_named(&[$( ($shown, $field), )*])
            }
        }
    };
}

/// Declares an enum of the system's own words, with its spelling: digestible, showable, parseable as a setting.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident {
        $( $(#[doc = $doc:literal])+ $variant:ident = $shown:literal ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum $name {
            $( $(#[doc = $doc])+ $variant, )*
        }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [$name] = &[$( $name::$variant, )*];

            /// The system's spelling.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( $name::$variant => $shown, )* }
            }

            /// One line for a reader who does not know the word.
            #[must_use]
            pub const fn gloss(self) -> &'static str {
                match self { $( $name::$variant => concat!($($doc),+).trim_ascii_start(), )* }
            }
        }

        impl $crate::Digest for $name {
            fn digest(&self, h: &mut $crate::Hasher) {
                h.word(*self as u64);
            }
        }

        impl $crate::Show for $name {
            fn show(&self) -> $crate::Value {
                $crate::Value::Word(self.word())
            }
        }

        impl $crate::SettingValue for $name {
            const CHOICES: &'static [&'static str] = &[$( $shown, )*];
            fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == text)
            }
            fn print(&self) -> $crate::__private::String {
                $crate::__private::String::from(self.word())
            }
        }
    };
}
