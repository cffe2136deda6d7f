//! The inspector shows every field of every struct that a node's disk and memory or a client is made of, however deep:
//! types and fields are read in the engines' sources, and walked along beside what is shown in runs.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use kernel::{ClientId, NodeId, Value};
use lab::Session;
use scenario::{Line, Player, Verb};
use serde_json::Value as Json;
use source::{Declared, Source};

/// What an engine shows otherwise, and why: `tests/shown/<engine>.json`, for an engine that has such.
#[derive(Default)]
struct Own {
    structs: Vec<OwnStruct>,
    /// Fields that no digest needs: of which struct, and which.
    undigested: Vec<(String, String)>,
    /// Stories of what no file tells.
    stories: Vec<String>,
}

/// A struct that is a text or a list of its own, and where its fields are in it: `<field>` is what stands there. The
/// fields named after it are not, for the reason given.
struct OwnStruct {
    name: String,
    text: String,
    not: Vec<String>,
    why: String,
}

impl Own {
    fn of(engine: &str) -> Own {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("shown").join(format!("{engine}.json"));
        let Ok(text) = fs::read_to_string(file) else { return Own::default() };
        let own: Json = serde_json::from_str(&text).expect("it is JSON");
        let word = |of: &Json, name: &str| of[name].as_str().unwrap_or_default().to_owned();
        let list = |of: &Json, name: &str| of[name].as_array().cloned().unwrap_or_default();
        let words = |of: &Json, name: &str| -> Vec<String> {
            list(of, name).iter().filter_map(Json::as_str).map(str::to_owned).collect()
        };
        let told = |of: &Json| OwnStruct {
            name: word(of, "name"),
            text: word(of, "text"),
            not: words(of, "not"),
            why: word(of, "why"),
        };
        let undigested = |of: &Json| {
            assert!(!word(of, "why").is_empty(), "{engine}: {of}");
            (word(of, "name"), word(of, "field"))
        };
        Own {
            structs: list(&own, "own").iter().map(told).collect(),
            undigested: list(&own, "undigested").iter().map(undigested).collect(),
            stories: words(&own, "stories"),
        }
    }
}

/// Types that are a value of their own: of the language and of the kernel.
const PLAIN: [&str; 15] = [
    "bool", "u8", "u16", "u32", "u64", "usize", "i64", "str", "String", "Time", "NodeId", "Addr", "MsgId",
    "Token", "Set",
];

/// Where the walk begins.
const ROOTS: [&str; 3] = ["Disk", "Memory", "Client"];

/// An engine's structs, and those of them that were met.
struct Walk {
    own: Own,
    source: Source,
    seen: BTreeSet<String>,
}

impl Walk {
    fn own(&self, name: &str) -> Option<&OwnStruct> {
        self.own.structs.iter().find(|own| own.name == name)
    }

    /// What is shown where a value of this type stands.
    fn value(&mut self, ty: &str, value: &Value, at: &str) {
        match source::parts(ty) {
            ("Option", inner) => {
                if *value != Value::None {
                    self.value(inner[0], value, at);
                }
            }
            ("Arc" | "Part", inner) => self.value(inner[0], value, at),
            ("Vec" | "VecDeque", inner) => self.all(inner[0], value, at),
            ("BTreeMap" | "SortedMap" | "SumMap", inner) => self.all(inner[1], value, at),
            // The log table shows its entries.
            ("ChunkLog", _) => assert!(matches!(value, Value::Text(_)), "{at}: {value:?}"),
            (name, _) => match self.source.get(name).cloned() {
                Some(Declared::Alias(inner)) => self.value(&inner, value, at),
                Some(Declared::Struct(fields)) => self.fields(name, &fields, value, at),
                Some(Declared::Leaf) => {}
                None => assert!(PLAIN.contains(&name) || name.starts_with('['), "{at}: what is a {name}?"),
            },
        }
    }

    /// A list, or a map whose keys are part of what it holds.
    fn all(&mut self, ty: &str, value: &Value, at: &str) {
        match value {
            Value::List(all) => all.iter().for_each(|value| self.value(ty, value, at)),
            Value::Map(all) => {
                all.iter().for_each(|(key, value)| self.value(ty, value, &format!("{at}.{key}")))
            }
            _ => panic!("{at} should be several of {ty}, not {value:?}"),
        }
    }

    fn fields(&mut self, name: &str, fields: &[source::Field], value: &Value, at: &str) {
        self.seen.insert(name.to_owned());
        if let Some(own) = self.own(name) {
            if !own.text.is_empty() {
                let Value::Text(text) = value else { panic!("{at}: {name} should be a text, not {value:?}") };
                assert!(fits(text, &own.text), "{at}: {name} should read {}, not {text}", own.text);
            }
            return;
        }
        let Value::Map(shown) = value else {
            panic!("{at}: {name} is shown as {value:?}, without its fields")
        };
        let named: Vec<&str> = fields.iter().filter_map(|field| field.shown.as_deref()).collect();
        assert_eq!(named.len(), fields.len(), "{at}: every field of {name} is named: {fields:?}");
        let shown_names: Vec<&str> = shown.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(shown_names, named, "{at}: {name} shows every field, and no other");
        for (field, (shown, value)) in fields.iter().zip(shown) {
            self.value(&field.ty, value, &format!("{at}.{shown}"));
        }
    }

    /// Structs that a value of this type may hold, those within what reads as a text of its own left out.
    fn reach(&self, ty: &str, found: &mut BTreeSet<String>) {
        let (name, inner) = source::parts(ty);
        if name == "ChunkLog" {
            return;
        }
        inner.iter().for_each(|inner| self.reach(inner, found));
        match self.source.get(name) {
            Some(Declared::Alias(inner)) => self.reach(inner, found),
            Some(Declared::Struct(fields)) if found.insert(name.to_owned()) && self.own(name).is_none() => {
                fields.iter().for_each(|field| self.reach(&field.ty, found));
            }
            _ => {}
        }
    }

    fn look(&mut self, run: &dyn Session) {
        let map = |fields: &[lab::FieldView]| {
            Value::Map(fields.iter().map(|field| (field.name.to_owned(), field.value.clone())).collect())
        };
        for node in (0..run.setup().nodes).filter_map(|id| run.node(NodeId(id))) {
            self.value("Disk", &map(&node.durable), "Disk");
            if !node.volatile.is_empty() {
                self.value("Memory", &map(&node.volatile), "Memory");
            }
        }
        for client in (0..run.setup().clients).filter_map(|id| run.client(ClientId(id))) {
            self.value("Client", &map(&client), "Client");
        }
    }
}

/// Whether a text reads like that, each `<field>` being anything.
fn fits(text: &str, pattern: &str) -> bool {
    let mut pieces = pattern.split('<').map(|part| part.split_once('>').map_or(part, |(_, after)| after));
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    pieces.all(|piece| {
        rest.find(piece).is_some_and(|at| {
            rest = &rest[at + piece.len()..];
            true
        })
    })
}

fn stories(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            stories(&path, found);
        } else if path.extension().is_some_and(|end| end == "scn") {
            found.push(path);
        }
    }
}

/// Every state that a story of the engine comes to after a command.
fn tell(story: &str, walks: &mut BTreeMap<&str, Walk>) {
    let scenario = scenario::parse(story).expect("a scenario");
    let mut commands = scenario.lines.iter().flat_map(|line| match line {
        Line::Commands(line) => line.commands.as_slice(),
        Line::Blank | Line::Caption(_) => &[],
    });
    let engine = commands.find_map(|command| match &command.verb {
        Verb::Cluster(setup) => Some(setup.engine.clone()),
        _ => None,
    });
    let walk = walks.get_mut(engine.expect("it has a cluster").as_str()).expect("an engine of ours");
    let mut player = Player::new(scenario);
    while let Some(told) = player.next() {
        assert!(told.failure.is_none(), "{:?}", told.failure);
        if let Some(run) = player.session() {
            walk.look(run);
        }
    }
}

#[test]
fn every_field_of_every_inner_struct_is_shown() {
    let walk =
        |engine| (engine, Walk { own: Own::of(engine), source: source::of(engine), seen: BTreeSet::new() });
    let mut walks: BTreeMap<&str, Walk> = tests::names().map(walk).collect();
    let mut files = Vec::new();
    for folder in ["fidelity", "paper", "scenarios"] {
        stories(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    for file in files {
        tell(&fs::read_to_string(file).expect("a text"), &mut walks);
    }
    for story in tests::names().flat_map(|engine| Own::of(engine).stories) {
        tell(&story, &mut walks);
    }
    for (engine, walk) in &mut walks {
        let mut reached = BTreeSet::new();
        ROOTS.iter().for_each(|root| walk.reach(root, &mut reached));
        assert!(reached.len() > 15, "{engine}: {reached:?}");
        let never: Vec<_> = reached.difference(&walk.seen).collect();
        assert!(never.is_empty(), "{engine}: {never:?} were never met");
    }
}

#[test]
fn what_is_a_text_of_its_own_has_every_field_or_a_reason() {
    for engine in tests::names() {
        let source = source::of(engine);
        for OwnStruct { name, text, not, why } in Own::of(engine).structs {
            let Some(Declared::Struct(fields)) = source.get(&name) else { panic!("{engine} has no {name}") };
            let holes = text.split('<').skip(1).filter_map(|part| part.split('>').next());
            let told: BTreeSet<&str> = holes.chain(not.iter().map(String::as_str)).collect();
            let declared: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(told, declared, "{engine}: {name}");
            assert_eq!(not.is_empty(), why.is_empty(), "{engine}: {name}");
        }
    }
}

/// What a digest leaves out would be no difference between two runs. Where it is written by hand, each field's name stands
/// in it.
#[test]
fn every_field_is_in_the_digest_of_its_struct() {
    for engine in tests::names() {
        let (own, source) = (Own::of(engine), source::of(engine));
        let digests = source::digests(engine);
        assert!(digests.len() > 10, "{engine}: {}", digests.len());
        for (name, written) in digests {
            let Some(Declared::Struct(fields)) = source.get(&name) else { continue };
            let named = |field: &str| {
                let name = format!(".{field}");
                written
                    .split(&name)
                    .skip(1)
                    .any(|rest| !rest.starts_with(|sign: char| sign.is_alphanumeric() || sign == '_'))
            };
            for field in fields.iter().map(|field| &*field.name) {
                let left_out = own.undigested.iter().any(|(of, left)| *of == name && left == field);
                assert_eq!(named(field), !left_out, "{engine}: {field} in the digest of {name}");
            }
        }
    }
}
