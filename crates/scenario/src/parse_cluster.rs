//! Reading the command that begins every scenario.

use kernel::{Setup, limits as kernel_limits};

use crate::ast::Verb;
use crate::error::ScenarioError;
use crate::lex::{Kind, Token, Words};
use crate::parse::{Read, node_of};
use crate::time;

/// `cluster n0 n1 n2 engine=dledger seed=7 …`.
pub(crate) fn cluster(words: &mut Words) -> Read<Verb> {
    let mut setup = Setup::new("", 0);
    setup.nodes = 0;
    while let Some(id) = words.maybe(node_of) {
        if id.0 != setup.nodes {
            let what = format!("nodes are named in order: n{} comes here, not {id}", setup.nodes);
            return Err(ScenarioError::new(words.last, what));
        }
        setup.nodes += 1;
    }
    if setup.nodes == 0 {
        return words.missing("its nodes, such as `n0 n1 n2`");
    }
    while let Some(token) = words.next() {
        let Kind::Pair(name, value) = &token.kind else {
            return words.wrong(&token, "settings such as `seed=7` after the nodes");
        };
        option(&mut setup, words, &token, name, value)?;
    }
    if setup.engine.is_empty() {
        return words.missing("an engine, such as `engine=dledger`");
    }
    Ok(Verb::Cluster(setup))
}

fn option(setup: &mut Setup, words: &Words, token: &Token, name: &str, value: &str) -> Read<()> {
    let span_range = || time::range(value).filter(|(_, high)| *high <= kernel_limits::SHIFT_US);
    let done = match name {
        "engine" => {
            value.clone_into(&mut setup.engine);
            (!value.is_empty()).then_some(())
        }
        "seed" => value.parse().ok().map(|seed| setup.seed = seed),
        "clients" => {
            let clients = value.parse().ok().filter(|clients| *clients <= kernel_limits::CLIENTS);
            clients.map(|clients| setup.clients = clients)
        }
        "latency" => {
            span_range().map(|(low, high)| (setup.net.latency_us_min, setup.net.latency_us_max) = (low, high))
        }
        "loss" => ppm(value).map(|ppm| setup.net.loss_ppm = ppm),
        "duplicate" => ppm(value).map(|ppm| setup.net.duplicate_ppm = ppm),
        "fifo" => value.parse().ok().map(|fifo| setup.net.fifo = fifo),
        _ => {
            setup.settings.push((name.to_owned(), value.to_owned()));
            Some(())
        }
    };
    let right = match name {
        "engine" => "the name of an engine, such as `engine=dledger`",
        "seed" => "a whole number as the seed",
        "clients" => "at most 9 clients",
        "latency" => "a latency such as `latency=1ms` or `latency=1ms..5ms`, at most an hour",
        "fifo" => "`fifo=true` or `fifo=false`",
        _ => "a part of all messages such as `loss=0.05`",
    };
    done.map_or_else(|| words.wrong(token, right), Ok)
}

/// Reads a fraction from 0 to 1 as parts of a million.
pub(crate) fn ppm(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !matches!(whole, "0" | "1") || part.len() > 6 || !digits(part) {
        return None;
    }
    let padded = format!("{part:0<6}");
    let ppm = whole.parse::<u32>().ok()? * 1_000_000 + padded.parse::<u32>().ok()?;
    (ppm <= 1_000_000).then_some(ppm)
}
