//! What a command told: important moments, answers, and how the nodes stand that it changed.

use kernel::view::{NodeView, Shape};
use lab::OpEnd;

use crate::print::print_entries;
use crate::run::check::ended;
use crate::run::runner::Runner;

/// A longer log is told by its end.
const ENTRIES_SHOWN: usize = 8;

/// How everything stood after the command before.
#[derive(Default)]
pub(crate) struct Scene {
    nodes: Vec<String>,
    /// Which of the commands given have been told to be answered.
    answered: Vec<bool>,
}

impl Scene {
    /// What changed since the last time, line by line.
    pub fn changes(&mut self, runner: &Runner) -> Vec<String> {
        let mut lines = runner.moments.clone();
        if runner.moments_left_out() > 0 {
            lines.push(format!("… and {} moments more", runner.moments_left_out()));
        }
        self.answered.resize(runner.asked.len(), false);
        for (asked, told) in runner.asked.iter().zip(&mut self.answered) {
            if asked.end != OpEnd::Open && !*told {
                *told = true;
                lines.push(format!("{} {}", asked.text, ended(asked)));
            }
        }
        let ring = runner.ring();
        let nodes: Vec<String> = ring.nodes.iter().map(|node| stand(runner, node)).collect();
        for (at, line) in nodes.iter().enumerate() {
            if self.nodes.get(at) != Some(line) {
                lines.push(line.clone());
            }
        }
        self.nodes = nodes;
        lines
    }
}

/// How a node stands: `n0 LEADER T1 | [0a 1b] committed 1`.
fn stand(runner: &Runner, node: &NodeView) -> String {
    let log = runner.log_of(node.id);
    let left_out = log.len().saturating_sub(ENTRIES_SHOWN);
    let shown = log.get(left_out..).unwrap_or_default();
    let dots = if left_out > 0 { format!("…{left_out} more ") } else { String::new() };
    let paused = if node.paused { " paused" } else { "" };
    let down = matches!(node.shape, Shape::Crashed | Shape::Aborted);
    let committed = match runner.log_row(node.id) {
        Some(row) if !down => format!(" committed {}", row.committed),
        _ => String::new(),
    };
    format!("{} {}{paused} T{} | [{dots}{}]{committed}", node.id, node.role, node.term, print_entries(shown))
}
