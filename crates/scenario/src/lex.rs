//! Lines and words.

use crate::error::{Place, ScenarioError};
use crate::limits;
use crate::time;

/// What a word is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A bare word.
    Word(String),
    /// A text in quotes.
    Text(String),
    /// `name=value`, the value bare or in quotes.
    Pair(String, String),
    /// What stands between `[` and `]`.
    List(String),
    /// `|`.
    Bar,
}

/// A word and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub at: Place,
    pub kind: Kind,
}

impl Token {
    /// The token as a person wrote it, for error messages.
    pub fn shown(&self) -> String {
        match &self.kind {
            Kind::Word(word) => word.clone(),
            Kind::Text(text) => quote(text),
            Kind::Pair(name, value) => format!("{name}={value}"),
            Kind::List(inner) => format!("[{inner}]"),
            Kind::Bar => "|".to_owned(),
        }
    }
}

/// Text in quotes, with the two escapes there are.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `text` bare when it reads back as one bare word, else in quotes.
pub(crate) fn word_or_quote(text: &str) -> String {
    let bare = is_plain(text) && !starts_comment(text) && text != "then";
    if bare && split_pair(text).is_none() { text.to_owned() } else { quote(text) }
}

/// A value after `=`: bare when it can be.
pub(crate) fn value_or_quote(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quote(text) }
}

/// Whether nothing in `text` ends a bare word.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | ';' | '[' | ']' | '|');
    !text.is_empty() && text.chars().all(plain)
}

/// `#` begins a comment unless a digit follows: `#2` is an occurrence.
fn starts_comment(word: &str) -> bool {
    word.strip_prefix('#').is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn split_pair(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let ok = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    ok.then_some((name, value))
}

/// The commands of a line, separated by `;`, and the comment at its end.
pub(crate) struct Lexed {
    pub commands: Vec<Vec<Token>>,
    pub comment: Option<String>,
}

/// Cuts a line into words. `skip` characters at its begin have been read.
pub(crate) fn lex(line: &str, number: u32, skip: usize) -> Result<Lexed, ScenarioError> {
    let mut lexer = Lexer { chars: line.chars().collect(), at: skip, line: number };
    let mut commands = Vec::new();
    let mut words = Vec::new();
    let mut comment = None;
    while let Some(c) = lexer.skip_blank() {
        if c == ';' {
            lexer.at += 1;
            commands.push(std::mem::take(&mut words));
            continue;
        }
        if c == '#' && !lexer.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            comment = Some(comment_text(&lexer.rest()));
            break;
        }
        if words.len() >= limits::WORDS {
            let what = format!("a command has at most {} words", limits::WORDS);
            return Err(ScenarioError::new(lexer.place(), what));
        }
        words.push(lexer.token(c)?);
    }
    commands.push(words);
    commands.retain(|words| !words.is_empty());
    Ok(Lexed { commands, comment })
}

/// The text of a comment that begins with `#`.
pub(crate) fn comment_text(comment: &str) -> String {
    let text = comment.strip_prefix('#').unwrap_or(comment);
    text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: u32,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn place(&self) -> Place {
        Place { line: self.line, column: u32::try_from(self.at + 1).unwrap_or(u32::MAX) }
    }

    fn rest(&self) -> String {
        self.chars.iter().skip(self.at).collect()
    }

    fn skip_blank(&mut self) -> Option<char> {
        while self.peek(0).is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        self.peek(0)
    }

    fn token(&mut self, first: char) -> Result<Token, ScenarioError> {
        let at = self.place();
        let kind = match first {
            '"' => Kind::Text(self.quoted()?),
            '[' => Kind::List(self.list()?),
            '|' => {
                self.at += 1;
                Kind::Bar
            }
            ']' => return Err(ScenarioError::new(at, "`]` closes nothing: write a log as `[0a 0b]`")),
            _ => self.word()?,
        };
        Ok(Token { at, kind })
    }

    fn word(&mut self) -> Result<Kind, ScenarioError> {
        let mut word = String::new();
        while let Some(c) = self.peek(0) {
            if c.is_whitespace() || matches!(c, ';' | '[' | ']' | '|') {
                break;
            }
            if c == '"' {
                return self.quoted_value(&word);
            }
            word.push(c);
            self.at += 1;
        }
        Ok(match split_pair(&word) {
            Some((name, value)) => Kind::Pair(name.to_owned(), value.to_owned()),
            None => Kind::Word(word),
        })
    }

    /// `name="value"`.
    fn quoted_value(&mut self, before: &str) -> Result<Kind, ScenarioError> {
        match split_pair(before) {
            Some((name, "")) => Ok(Kind::Pair(name.to_owned(), self.quoted()?)),
            _ => {
                let what = format!("a quote inside the word `{before}`: put the whole word in quotes");
                Err(ScenarioError::new(self.place(), what))
            }
        }
    }

    fn quoted(&mut self) -> Result<String, ScenarioError> {
        let open = self.place();
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '"' => return Ok(text),
                '\\' => {
                    text.push(match self.peek(0) {
                        Some('"') => '"',
                        Some('\\') => '\\',
                        Some('n') => '\n',
                        Some('r') => '\r',
                        _ => {
                            let what = "inside quotes write \\\" for a quote and \\\\ for a backslash";
                            return Err(ScenarioError::new(self.place(), what));
                        }
                    });
                    self.at += 1;
                }
                _ => text.push(c),
            }
        }
        Err(ScenarioError::new(open, "this quote is not closed on its line: end the text with \""))
    }

    fn list(&mut self) -> Result<String, ScenarioError> {
        let open = self.place();
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                ']' => return Ok(text.split_whitespace().collect::<Vec<_>>().join(" ")),
                '[' => {
                    return Err(ScenarioError::new(
                        self.place(),
                        "a list inside a list: close the first with `]`",
                    ));
                }
                _ => text.push(c),
            }
        }
        Err(ScenarioError::new(open, "this `[` is not closed on its line: end the log with `]`"))
    }
}

/// The words of one command, taken one by one.
pub(crate) struct Words {
    tokens: std::vec::IntoIter<Token>,
    ahead: Option<Token>,
    /// The place of the last word taken: where a missing word is missed.
    pub last: Place,
    /// The verb, for messages.
    pub verb: String,
}

impl Words {
    pub fn new(tokens: Vec<Token>) -> Words {
        let mut tokens = tokens.into_iter();
        let ahead = tokens.next();
        let last = ahead.as_ref().map_or_else(Place::default, |token| token.at);
        Words { tokens, ahead, last, verb: String::new() }
    }

    pub fn peek(&self) -> Option<&Token> {
        self.ahead.as_ref()
    }

    pub fn next(&mut self) -> Option<Token> {
        let token = self.ahead.take()?;
        self.ahead = self.tokens.next();
        self.last = token.at;
        Some(token)
    }

    /// Takes the next word when it is this bare one.
    pub fn take(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { kind: Kind::Word(next), .. }) if next == word);
        if found {
            self.next();
        }
        found
    }

    pub fn missing<T>(&self, what: &str) -> Result<T, ScenarioError> {
        Err(ScenarioError::new(self.last, format!("`{}` needs {what}", self.verb)))
    }

    pub fn wrong<T>(&self, token: &Token, what: &str) -> Result<T, ScenarioError> {
        let what = format!("`{}` needs {what}, not `{}`", self.verb, token.shown());
        Err(ScenarioError::new(token.at, what))
    }

    /// The next word, read by `read`.
    pub fn read<T>(&mut self, what: &str, read: impl Fn(&Kind) -> Option<T>) -> Result<T, ScenarioError> {
        match self.next() {
            None => self.missing(what),
            Some(token) => match read(&token.kind) {
                Some(value) => Ok(value),
                None => self.wrong(&token, what),
            },
        }
    }

    /// The next word when `read` can read it.
    pub fn maybe<T>(&mut self, read: impl Fn(&Kind) -> Option<T>) -> Option<T> {
        let value = read(&self.peek()?.kind)?;
        self.next();
        Some(value)
    }

    /// A span of time such as `3s`.
    pub fn span(&mut self) -> Result<u64, ScenarioError> {
        self.read("a time such as 3s, 250ms or 40us", |kind| word_of(kind).and_then(time::span))
    }

    pub fn end(&mut self) -> Result<(), ScenarioError> {
        match self.next() {
            None => Ok(()),
            Some(token) => {
                let what = format!("`{}` does not take `{}`", self.verb, token.shown());
                Err(ScenarioError::new(token.at, what))
            }
        }
    }
}

/// The bare word.
pub(crate) fn bare(kind: &Kind) -> Option<String> {
    word_of(kind).map(str::to_owned)
}

pub(crate) fn word_of(kind: &Kind) -> Option<&str> {
    match kind {
        Kind::Word(word) => Some(word),
        _ => None,
    }
}

/// A bare word or a text in quotes.
pub(crate) fn any_text(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Word(text) | Kind::Text(text) => Some(text.clone()),
        Kind::Pair(..) | Kind::List(_) | Kind::Bar => None,
    }
}
