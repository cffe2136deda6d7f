//! `quorumscope engines`.

use serde_json::json;

use crate::End;

/// Lists the engines.
pub fn engines(as_json: bool) -> End {
    for entry in lab::ENGINES {
        let info = (entry.info)();
        if as_json {
            let commands: Vec<_> =
                info.commands.iter().map(|c| json!({ "verb": c.verb, "args": c.args })).collect();
            say!(
                "{}",
                json!({
                    "name": info.name, "title": info.title, "version": info.version,
                    "models": info.models, "commands": commands,
                })
            );
        } else {
            say!("{} {}  {}", info.name, info.version, info.models);
        }
    }
    End::Fine
}
