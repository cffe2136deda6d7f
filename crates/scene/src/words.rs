//! The few words that are the pictures' own, in the languages of the page. Every other word in a picture is the system's
//! or the run's, and stays in its spelling.

use kernel::view::Shape;

/// The language of a picture's own words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// 简体中文.
    Chinese,
}

impl Language {
    /// What an empty log table says.
    pub(crate) fn no_entries(self) -> &'static str {
        match self {
            Language::English => "No entries yet.",
            Language::Chinese => "还没有条目。",
        }
    }

    /// What a link says on which leadership is handed over.
    pub(crate) fn handing_over(self, to: &str) -> String {
        match self {
            Language::English => format!("handing over to {to}"),
            Language::Chinese => format!("移交给\u{2006}{to}"),
        }
    }

    /// How many branches have no row.
    pub(crate) fn more_branches(self, count: usize) -> String {
        match self {
            Language::English => format!("+{count} branches"),
            Language::Chinese => format!("还有\u{2006}{count}\u{2006}个分支"),
        }
    }

    /// Up to where a snapshot reaches.
    pub(crate) fn up_to(self, index: u64) -> String {
        match self {
            Language::English => format!("to {index}"),
            Language::Chinese => format!("到\u{2006}{index}"),
        }
    }

    /// How long nobody led.
    pub(crate) fn no_leader(self, seconds: &str) -> String {
        match self {
            Language::English => format!("no leader {seconds} s"),
            Language::Chinese => format!("无领导者\u{2006}{seconds}\u{2006}s"),
        }
    }

    /// A role's word in this language: of a node that is down it is not the system's.
    pub(crate) fn role(self, shape: Shape, own: &str) -> &str {
        match (self, shape) {
            (Language::Chinese, Shape::Crashed) => "已崩溃",
            (Language::Chinese, Shape::Aborted) => "自行停止",
            _ => own,
        }
    }

    /// A fault's words: what was done in this language, to whom as it is.
    pub(crate) fn fault(self, words: &str) -> String {
        let (verb, rest) = words.split_once(' ').unwrap_or((words, ""));
        let verb = match (self, verb, rest) {
            (Language::Chinese, "heal", "all") => return "全部接通".to_owned(),
            (Language::Chinese, "heal", _) => "接通",
            (Language::Chinese, "cut", _) => "切断",
            (Language::Chinese, "pause", _) => "暂停",
            (Language::Chinese, "resume", _) => "恢复",
            (Language::Chinese, "wipe", _) => "清空磁盘",
            (Language::Chinese, "clock", _) => "时钟",
            _ => return words.to_owned(),
        };
        format!("{verb}\u{2006}{rest}")
    }

    /// The size of small words: ideographs are never below 12.
    pub(crate) fn small(self) -> f32 {
        match self {
            Language::English => 11.0,
            Language::Chinese => 12.0,
        }
    }
}
