//! The structs of an engine's source, with their fields, the names these are shown by, and their types.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

/// A field: its name in the source, what the inspector calls it if the source says so, and its type.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub shown: Option<String>,
    pub ty: String,
}

/// What a type's name stands for.
#[derive(Clone, Debug)]
pub enum Declared {
    Struct(Rc<[Field]>),
    /// Another name, or a struct around one value.
    Alias(String),
    /// An enum or the like: a word or a line of its own.
    Leaf,
}

pub type Source = BTreeMap<String, Declared>;

/// The text of every file of the engine but its tests.
fn text(engine: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../crates/engines/{engine}/src"));
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("it is there").flatten().map(|file| file.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs"));
    files.iter().map(|path| fs::read_to_string(path).expect("a text")).collect::<Vec<_>>().join("\n")
}

/// The text behind `begin` up to the bracket that closes it; `begin` ends with one that opens.
fn inside(text: &str, begin: usize) -> &str {
    let (mut open, rest) = (1, &text[begin..]);
    let close = rest.find(|sign| {
        open += i32::from(sign == '{') - i32::from(sign == '}');
        open == 0
    });
    &rest[..close.expect("it is closed")]
}

fn field(line: &str) -> Option<Field> {
    let line = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
    let (name, rest) = line.split_once(": ")?;
    if !name.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_') {
        return None;
    }
    let rest = rest.trim_end_matches(',');
    let (ty, shown) = match rest.split_once(" = \"") {
        Some((ty, shown)) => (ty, Some(shown.trim_end_matches('"').to_owned())),
        None => (rest, None),
    };
    Some(Field { name: name.to_owned(), shown, ty: ty.to_owned() })
}

fn word(text: &str) -> &str {
    text.split(|sign: char| !sign.is_alphanumeric() && sign != '_').next().unwrap_or_default()
}

/// The structs whose digest is written by hand, each with what is written.
pub fn digests(engine: &str) -> Vec<(String, String)> {
    let text = text(engine);
    let begins = text.match_indices("impl Digest for ");
    let block = |(at, begin): (usize, &str)| {
        let name = word(&text[at + begin.len()..]);
        let body = at + begin.len() + name.len() + " {".len();
        (name.to_owned(), inside(&text, body).to_owned())
    };
    begins.map(block).collect()
}

/// Every struct, enum and other name of a type in an engine's source.
pub fn of(engine: &str) -> Source {
    let text = text(engine);
    let mut source = Source::new();
    for (at, _) in text.match_indices("type ").filter(|(at, _)| text[..*at].ends_with("pub ")) {
        let line = text[at + 5..].lines().next().unwrap_or_default();
        if let Some((name, ty)) = line.trim_end_matches(';').split_once(" = ") {
            source.insert(name.to_owned(), Declared::Alias(ty.to_owned()));
        }
    }
    for (at, _) in text.match_indices("enum ") {
        source.insert(word(&text[at + 5..]).to_owned(), Declared::Leaf);
    }
    for (at, _) in text.match_indices("struct ") {
        let begin = at + 7;
        let (name, rest) = (word(&text[begin..]), &text[begin + word(&text[begin..]).len()..]);
        let declared = if rest.starts_with(" {\n") {
            Declared::Struct(inside(&text, text.len() - rest.len() + 2).lines().filter_map(field).collect())
        } else if let Some(inner) = rest.strip_prefix('(') {
            let inner = inner.split_once(");").map_or("", |(inner, _)| inner);
            Declared::Alias(inner.trim_start_matches("pub ").to_owned())
        } else {
            continue;
        };
        source.insert(name.to_owned(), declared);
    }
    names_given_beside(&text, &mut source);
    source
}

/// `shown! { Name { field = "realName" } }`.
fn names_given_beside(text: &str, source: &mut Source) {
    for (at, begin) in text.match_indices("shown! {") {
        let block = inside(text, at + begin.len());
        let (name, names) = block.split_once('{').expect("a struct and its names");
        let Some(Declared::Struct(fields)) = source.get_mut(name.trim()) else {
            panic!("there is no struct {name}");
        };
        for pair in names.trim_end().trim_end_matches('}').split(',').filter(|pair| pair.contains('=')) {
            let (name, shown) = pair.split_once('=').expect("a field and its name");
            let fields = Rc::get_mut(fields).expect("nobody else has them yet");
            let field = fields.iter_mut().find(|field| field.name == name.trim()).expect("a field");
            field.shown = Some(shown.trim().trim_matches('"').to_owned());
        }
    }
}

/// The outermost name of a type, and the types it is made of: `Option<Part<VoteCtx>>` is `Option` of `Part<VoteCtx>`.
pub fn parts(ty: &str) -> (&str, Vec<&str>) {
    let Some((name, rest)) = ty.split_once('<') else { return (ty, Vec::new()) };
    let rest = rest.strip_suffix('>').expect("it is closed");
    let (mut deep, mut from, mut all) = (0, 0, Vec::new());
    for (at, sign) in rest.char_indices() {
        deep += i32::from(matches!(sign, '<' | '(')) - i32::from(matches!(sign, '>' | ')'));
        if sign == ',' && deep == 0 {
            all.push(rest[from..at].trim());
            from = at + 1;
        }
    }
    all.push(rest[from..].trim());
    (name, all)
}
