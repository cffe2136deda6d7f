//! The program `quorumscope`: run scenarios, replay and draw what the page exports.
//!
//! Exit 0: fine. 1: a property, an expectation or a digest failed. 2: bad input, told as
//! `file:line:column: what is wrong, what would be right`.

/// Writes a line for who reads the output; when nobody does any more, that is the end, without a word.
macro_rules! say {
    ($($words:tt)*) => { $crate::say_text(format_args!("{}\n", format_args!($($words)*))) };
}

mod draw;
mod engines;
mod input;
mod replay;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Writes to who reads the output, or ends as that one has.
fn say_text(text: std::fmt::Arguments<'_>) {
    use std::io::Write;
    // JSON's own printing takes no failure: it is text before it is written.
    if std::io::stdout().write_all(text.to_string().as_bytes()).is_err() {
        std::process::exit(1);
    }
}

/// Runs, replays and draws consensus, one message at a time.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the engines of this build.
    Engines {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run scenario files and check their expectations.
    Run {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The state of every node after each command, as JSON lines.
        #[arg(long)]
        json: bool,
        /// Tell the story: captions, commands, and what they led to.
        #[arg(long)]
        tell: bool,
        /// Save the run of the last file as a trace.
        #[arg(long)]
        save: Option<PathBuf>,
    },
    /// Replay a trace or a link and compare every recorded digest.
    Replay {
        /// A `.qtrace` file, or a link (all of it, or from `#t=` on).
        trace: String,
        /// Stop at this step of the branch that was shown and print the state.
        #[arg(long)]
        at: Option<u32>,
        /// Print the run with every decision spelled out, as a trace.
        #[arg(long)]
        expand: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Draw a run at a step as SVG or PNG.
    Draw {
        /// A `.qtrace` file, a `.scn` scenario or a link.
        trace: String,
        /// The step; the one that was shown when left out.
        #[arg(long)]
        at: Option<u32>,
        /// Where to: a file ending in `.svg` or `.png`.
        #[arg(short, long)]
        output: PathBuf,
        /// Which picture.
        #[arg(long, value_enum, default_value_t = draw::View::Ring)]
        view: draw::View,
        /// Dark instead of light.
        #[arg(long)]
        dark: bool,
    },
}

/// How a command ended.
pub(crate) enum End {
    /// Fine.
    Fine,
    /// A property, an expectation or a digest failed; it was told.
    Failed,
    /// The input is bad, in one line.
    BadInput(String),
}

fn main() -> ExitCode {
    let end = match Cli::parse().command {
        Command::Engines { json } => engines::engines(json),
        Command::Run { files, json, tell, save } => run::run(&files, json, tell, save.as_deref()),
        Command::Replay { trace, at, expand, json } => replay::replay(&trace, at, expand, json),
        Command::Draw { trace, at, output, view, dark } => draw::draw(&trace, at, &output, view, dark),
    };
    match end {
        End::Fine => ExitCode::SUCCESS,
        End::Failed => ExitCode::from(1),
        End::BadInput(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}
