//! The inspector shows every field of every struct that a node's disk and memory or a client is made of, however deep:
//! types and fields are read in the engines' sources, and walked along beside what is shown in runs.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use kernel::{ClientId, NodeId, Value};
use lab::Session;
use scenario::{Line, Player, Verb};
use source::{Declared, Source};

/// Structs that are a text or a list of their own, and where their fields are in it: `<field>` is what stands there. The
/// fields named after it are not, for the reason given.
struct Own {
    engine: &'static str,
    name: &'static str,
    text: &'static str,
    not: &'static [&'static str],
    why: &'static str,
}

#[rustfmt::skip]
const OWN: [Own; 9] = [
    Own { engine: "dledger", name: "Entry", text: "<index>@<term> <body>", not: &["magic", "size", "pos"],
        why: "its body says that it is a NOOP; size and place are those of the bodies before it, and no rule but equality reads them" },
    Own { engine: "raft", name: "Entry", text: "<index>@<term> <data>", not: &[], why: "" },
    Own { engine: "raft", name: "Conf", text: "{<voters>}", not: &["outgoing", "learners", "learners_next", "auto_leave"],
        why: "one badge for all of them, {voters|outgoing+learners>learners_next}, and `explicit` behind one not left by itself" },
    Own { engine: "raft", name: "Store", text: "", not: &["keys", "sessions"],
        why: "what is applied: each key with its value, then each session whole" },
    Own { engine: "raft", name: "Votes", text: "", not: &["granted", "rejected"],
        why: "each member that has answered, with its answer" },
    Own { engine: "braft", name: "LogId", text: "(<index>,<term>)", not: &[], why: "" },
    Own { engine: "braft", name: "Conf", text: "{<peers>} of <id>", not: &["old_peers"],
        why: "they are in the badge, {peers|old_peers}; of the id it has the index, by which the log table tells the term" },
    Own { engine: "braft", name: "Entry", text: "<index>@<term> <data>", not: &[], why: "" },
    Own { engine: "braft", name: "Store", text: "", not: &["keys"], why: "what is applied: each key with its value" },
];

/// Types that are a value of their own: of the language and of the kernel.
const PLAIN: [&str; 15] = [
    "bool", "u8", "u16", "u32", "u64", "usize", "i64", "str", "String", "Time", "NodeId", "Addr", "MsgId",
    "Token", "Set",
];

/// Stories of what no file tells: a client's command and load, and entries that are dropped some time after their snapshot.
const MORE: [&str; 2] = [
    "cluster n0 n1 n2 engine=braft seed=1\ndo c0 apply x",
    "cluster n0 n1 n2 engine=dledger profile=V4 seed=1 enableSnapshot=true snapshotThreshold=3 \
     snapshotEntryResetStrategy=RESET_ALL_LATER\nrun until any role LEADER\ndo c0 load 100\nadvance 2s\nadvance 1s",
];

/// Fields that no digest needs. An entry's size is that of its header and its body.
const UNDIGESTED: [(&str, &str, &str); 1] = [("dledger", "Entry", "size")];

/// Where the walk begins.
const ROOTS: [&str; 3] = ["Disk", "Memory", "Client"];

/// An engine's structs, and those of them that were met.
struct Walk {
    engine: &'static str,
    source: Source,
    seen: BTreeSet<String>,
}

impl Walk {
    fn own(&self, name: &str) -> Option<&'static Own> {
        OWN.iter().find(|own| own.engine == self.engine && own.name == name)
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
                assert!(fits(text, own.text), "{at}: {name} should read {}, not {text}", own.text);
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
    let walk = |engine| (engine, Walk { engine, source: source::of(engine), seen: BTreeSet::new() });
    let mut walks: BTreeMap<&str, Walk> = tests::names().map(walk).collect();
    let mut files = Vec::new();
    for folder in ["fidelity", "paper", "scenarios"] {
        stories(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    for file in files {
        tell(&fs::read_to_string(file).expect("a text"), &mut walks);
    }
    MORE.iter().for_each(|story| tell(story, &mut walks));
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
    for Own { engine, name, text, not, why } in &OWN {
        let source = source::of(engine);
        let Some(Declared::Struct(fields)) = source.get(*name) else { panic!("{engine} has no {name}") };
        let holes = text.split('<').skip(1).filter_map(|part| part.split('>').next());
        let told: BTreeSet<&str> = holes.chain(not.iter().copied()).collect();
        let declared: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(told, declared, "{engine}: {name}");
        assert_eq!(not.is_empty(), why.is_empty(), "{engine}: {name}");
    }
}

/// What a digest leaves out would be no difference between two runs. Where it is written by hand, each field's name stands
/// in it.
#[test]
fn every_field_is_in_the_digest_of_its_struct() {
    for engine in tests::names() {
        let source = source::of(engine);
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
                let left_out = UNDIGESTED.contains(&(engine, &*name, field));
                assert_eq!(named(field), !left_out, "{engine}: {field} in the digest of {name}");
            }
        }
    }
}
