//! A module of several engines, in parts: what all of them need stays, and what only one engine reaches becomes a
//! module of its own. The parts share the memory and the table of the first, and are added to it when they are wanted.

use crate::relocs::{Graph, Node};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use walrus::{
    ConstExpr, DataId, DataKind, ElementItems, ElementKind, FunctionBuilder, FunctionId, FunctionKind,
    GlobalId, GlobalKind, ImportKind, ImportedFunction, MemoryId, Module, TableId, ir::Value,
};

/// What the parts import from: the exports of the first module.
const BASE: &str = "base";
/// What the parts share; functions are called by a number after the letter.
const MEMORY: &str = "memory";
const TABLE: &str = "table";
const STACK: &str = "stack";

/// In the names of the functions that the registry of the engines lists, `lab::registry::entry`.
const ENTRY: &str = "8registry5entry";

/// Which part has what: for each node of the graph the number of its engine, or nothing when it stays.
struct Owners(Vec<Option<usize>>);

/// Splits `file`, an unbound module, into `base` and a file for each engine, in the engines' order.
///
/// # Errors
/// When it is no module with relocations, or an engine of these is not in it.
pub fn split(file: &Path, engines: &[String], base: &Path, parts: &[PathBuf]) -> Result<()> {
    let wasm = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let graph = Graph::read(&wasm)?;
    let read = || Module::from_buffer(&wasm);
    let mut first = read()?;
    let exported = first.exports.iter().filter_map(|export| match export.item {
        walrus::ExportItem::Function(f) => Some(f.index()),
        _ => None,
    });
    let owners = owners(&graph, exported.collect(), engines)?;
    check_apart(&graph, &owners)?;
    let shared = shared(&graph, &owners);
    keep_base(&mut first, &graph, &owners, &shared)?;
    first.emit_wasm_file(base)?;
    for (engine, part) in parts.iter().enumerate() {
        let mut module = read()?;
        keep_part(&mut module, &graph, &owners, engine)?;
        module.emit_wasm_file(part)?;
    }
    Ok(())
}

/// Finds what only one engine reaches. The rest of the module knows of the engines by one list of functions, which are
/// in the table.
fn owners(graph: &Graph, roots: Vec<Node>, engines: &[String]) -> Result<Owners> {
    let crates: Vec<_> = engines.iter().map(|engine| format!("engine_{engine}")).collect();
    let engine_of = |node: Node| crates.iter().position(|name| graph.nodes[node].name.contains(name));
    let lists =
        |node: Node| graph.nodes[node].names.iter().any(|&(to, _)| graph.nodes[to].name.contains(ENTRY));
    let mut entries = vec![Vec::new(); engines.len()];
    let base = reached(graph, roots, |from, to, taken| {
        match engine_of(to).filter(|_| taken && from >= graph.functions && lists(from)) {
            Some(engine) => {
                entries[engine].push(to);
                false
            }
            None => true,
        }
    });
    let mut owners = vec![None; graph.nodes.len()];
    let mut several = vec![false; graph.nodes.len()];
    for (engine, entries) in entries.into_iter().enumerate() {
        ensure!(!entries.is_empty(), "nothing of {} is in the module", engines[engine]);
        let part = reached(graph, entries, |_, _, _| true);
        for node in (0..graph.nodes.len()).filter(|&node| part[node] && !base[node]) {
            several[node] |= owners[node].replace(engine).is_some();
        }
    }
    for node in 0..graph.nodes.len() {
        if several[node] || node < graph.imported {
            owners[node] = None;
        }
    }
    Ok(Owners(owners))
}

/// The linker may lay a text into the end of another one; then none of the two can go.
fn check_apart(graph: &Graph, owners: &Owners) -> Result<()> {
    let mut objects: Vec<_> = (graph.functions..graph.nodes.len()).collect();
    objects.sort_by_key(|&node| graph.nodes[node].at.start);
    for pair in objects.windows(2) {
        let [one, next] = [pair[0], pair[1]].map(|node| (&graph.nodes[node], owners.0[node]));
        let apart = one.0.at.end <= next.0.at.start || one.1 == next.1;
        ensure!(apart, "{} lies in {}: was the linker told `-O0`?", next.0.name, one.0.name);
    }
    Ok(())
}

/// What is reached from some nodes along the edges that are followed.
fn reached(graph: &Graph, from: Vec<Node>, mut follow: impl FnMut(Node, Node, bool) -> bool) -> Vec<bool> {
    let mut seen = vec![false; graph.nodes.len()];
    let mut left = from;
    while let Some(node) = left.pop() {
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        let names = graph.nodes[node].names.iter();
        left.extend(names.filter(|&&(to, taken)| follow(node, to, taken)).map(|&(to, _)| to));
    }
    seen
}

/// The functions of the base that a part calls.
fn shared(graph: &Graph, owners: &Owners) -> Vec<Node> {
    let callers = (0..graph.functions).filter(|&node| owners.0[node].is_some());
    let mut called: Vec<_> = callers
        .flat_map(|node| graph.nodes[node].names.iter())
        .filter(|&&(to, taken)| to < graph.functions && !taken && owners.0[to].is_none())
        .map(|&(to, _)| to)
        .collect();
    called.sort_unstable();
    called.dedup();
    called
}

/// Leaves what stays; in the table is a function that traps where those of the parts come.
fn keep_base(module: &mut Module, graph: &Graph, owners: &Owners, shared: &[Node]) -> Result<()> {
    let functions = functions(module);
    for &node in shared {
        module.exports.add(&format!("f{node}"), functions[&node]);
    }
    let (memory, table, stack) = common(module)?;
    if module.exports.get_exported_memory(memory).is_none() {
        module.exports.add(MEMORY, memory);
    }
    module.exports.add(TABLE, table);
    module.exports.add(STACK, stack);
    let mut missing = FunctionBuilder::new(&mut module.types, &[], &[]);
    missing.func_body().unreachable();
    let missing = missing.finish(Vec::new(), &mut module.funcs);
    for element in module.elements.iter_mut() {
        let ElementItems::Functions(slots) = &mut element.items else { bail!("a table of other things") };
        for slot in slots.iter_mut().filter(|slot| owners.0.get(slot.index()).is_some_and(Option::is_some)) {
            *slot = missing;
        }
    }
    for (at, data) in data(module)? {
        let bytes = &mut module.data.get_mut(data).value;
        for node in graph.functions..graph.nodes.len() {
            let object = &graph.nodes[node].at;
            if owners.0[node].is_some()
                && object.start >= at
                && object.end as usize <= at as usize + bytes.len()
            {
                bytes[(object.start - at) as usize..(object.end - at) as usize].fill(0);
            }
        }
    }
    drop_customs(module, |name| name == "__wasm_bindgen_unstable" || name == "target_features");
    walrus::passes::gc::run(module);
    Ok(())
}

/// Leaves the part of an engine.
fn keep_part(module: &mut Module, graph: &Graph, owners: &Owners, engine: usize) -> Result<()> {
    let ours = |node: Node| owners.0.get(node) == Some(&Some(engine));
    let exports: Vec<_> = module.exports.iter().map(walrus::Export::id).collect();
    exports.into_iter().for_each(|export| module.exports.delete(export));
    module.start = None;
    drop_customs(module, |name| name == "target_features");
    import_base(module, &functions(module), |node| {
        (graph.imported..graph.functions).contains(&node) && !ours(node)
    })?;
    table_of_part(module, ours)?;
    data_of_part(module, graph, ours)?;
    walrus::passes::gc::run(module);
    Ok(())
}

/// Drops the sections that only the linker needs.
fn drop_customs(module: &mut Module, keep: impl Fn(&str) -> bool) {
    let dropped: Vec<_> =
        module.customs.iter().filter(|(_, section)| !keep(section.name())).map(|(id, _)| id).collect();
    dropped.into_iter().for_each(|id| _ = module.customs.delete(id));
}

/// Makes imports of all that a part does not have itself.
fn import_base(
    module: &mut Module,
    functions: &BTreeMap<Node, FunctionId>,
    other: impl Fn(Node) -> bool,
) -> Result<()> {
    for (&node, &id) in functions.iter().filter(|&(&node, _)| other(node)) {
        let ty = module.funcs.get(id).ty();
        let import = module.imports.add(BASE, &format!("f{node}"), ImportKind::Function(id));
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    let (memory, table, stack) = common(module)?;
    let import = module.imports.add(BASE, MEMORY, ImportKind::Memory(memory));
    module.memories.get_mut(memory).import = Some(import);
    let import = module.imports.add(BASE, TABLE, ImportKind::Table(table));
    module.tables.get_mut(table).import = Some(import);
    // The first module may have made it longer.
    module.tables.get_mut(table).maximum = None;
    let import = module.imports.add(BASE, STACK, ImportKind::Global(stack));
    module.globals.get_mut(stack).kind = GlobalKind::Import(import);
    Ok(())
}

/// Leaves of the table the functions of a part, each in its place.
fn table_of_part(module: &mut Module, ours: impl Fn(Node) -> bool) -> Result<()> {
    let (_, table, _) = common(module)?;
    let mut runs: Vec<(i32, Vec<FunctionId>)> = Vec::new();
    let mut old = Vec::new();
    for element in module.elements.iter() {
        let ElementItems::Functions(slots) = &element.items else { bail!("a table of other things") };
        let ElementKind::Active { offset: ConstExpr::Value(Value::I32(from)), .. } = element.kind else {
            bail!("a table without a place")
        };
        old.push(element.id());
        for (slot, &f) in (from..).zip(slots).filter(|(_, f)| ours(f.index())) {
            match runs.last_mut() {
                Some((begin, run)) if begin.wrapping_add_unsigned(run.len() as u32) == slot => run.push(f),
                _ => runs.push((slot, vec![f])),
            }
        }
    }
    for id in old {
        module.elements.delete(id);
        module.tables.get_mut(table).elem_segments.remove(&id);
    }
    for (begin, run) in runs {
        let kind = ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(begin)) };
        let id = module.elements.add(kind, ElementItems::Functions(run));
        module.tables.get_mut(table).elem_segments.insert(id);
    }
    Ok(())
}

/// Leaves of the data the objects of a part.
fn data_of_part(module: &mut Module, graph: &Graph, ours: impl Fn(Node) -> bool) -> Result<()> {
    let (memory, _, _) = common(module)?;
    let mut objects: Vec<_> = (graph.functions..graph.nodes.len())
        .filter(|&node| ours(node))
        .map(|node| graph.nodes[node].at.clone())
        .filter(|at| !at.is_empty())
        .collect();
    objects.sort_by_key(|at| at.start);
    let mut pieces: Vec<(u32, Vec<u8>)> = Vec::new();
    for (from, id) in data(module)? {
        let bytes = std::mem::take(&mut module.data.get_mut(id).value);
        let end = from + u32::try_from(bytes.len())?;
        for at in objects.iter().filter(|at| at.start >= from && at.end <= end) {
            let begin = match pieces.last_mut() {
                // Between two objects may only be nothing.
                Some((begin, piece)) if at.start == *begin + piece.len() as u32 => {
                    piece.extend(&bytes[(at.start - from) as usize..(at.end - from) as usize]);
                    continue;
                }
                _ => at.start,
            };
            pieces.push((begin, bytes[(at.start - from) as usize..(at.end - from) as usize].to_vec()));
        }
        module.data.delete(id);
        module.memories.get_mut(memory).data_segments.remove(&id);
    }
    for (begin, piece) in pieces {
        let offset = ConstExpr::Value(Value::I32(begin.cast_signed()));
        let id = module.data.add(DataKind::Active { memory, offset }, piece);
        module.memories.get_mut(memory).data_segments.insert(id);
    }
    Ok(())
}

/// The functions by their index, which is their node.
fn functions(module: &Module) -> BTreeMap<Node, FunctionId> {
    module.funcs.iter().map(|f| (f.id().index(), f.id())).collect()
}

/// The segments of the data and where they begin.
fn data(module: &Module) -> Result<Vec<(u32, DataId)>> {
    module
        .data
        .iter()
        .map(|data| match data.kind {
            DataKind::Active { offset: ConstExpr::Value(Value::I32(from)), .. } => {
                Ok((from.cast_unsigned(), data.id()))
            }
            _ => bail!("data without an address"),
        })
        .collect()
}

/// What all parts have in common: the memory, the table and the pointer to the stack.
fn common(module: &Module) -> Result<(MemoryId, TableId, GlobalId)> {
    let memory = module.memories.iter().next().context("no memory")?.id();
    let table = module.tables.iter().next().context("no table")?.id();
    let stack = module.globals.iter().find(|global| global.mutable).context("no stack")?.id();
    Ok((memory, table, stack))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relocs::Thing;
    use walrus::{ModuleConfig, RefType};

    /// `run` has a list that names `engine_a::go` and `engine_b::go` in the table; both call `help`, and `a` also `mine`. Each has a
    /// word of data, and `help` one.
    fn graph() -> Graph {
        let thing =
            |name: &str, at, names: &[(Node, bool)]| Thing { name: name.into(), at, names: names.into() };
        let nodes = vec![
            thing("run", 0..0, &[(8, false)]),
            thing("8registry5entry engine_a::go", 0..0, &[(2, false), (3, false), (5, false)]),
            thing("help", 0..0, &[(7, false)]),
            thing("mine", 0..0, &[]),
            thing("8registry5entry engine_b::go", 0..0, &[(2, false), (6, false)]),
            thing(".a", 1024..1028, &[]),
            thing(".b", 1028..1032, &[]),
            thing(".help", 1032..1036, &[]),
            thing(".list", 1036..1040, &[(4, true), (1, true)]),
        ];
        Graph { nodes, functions: 5, imported: 0 }
    }

    fn engines() -> [String; 2] {
        ["a", "b"].map(String::from)
    }

    /// A module that the graph is of; the table begins at 1.
    fn module() -> Module {
        let mut module = Module::with_config(ModuleConfig::new());
        let mut ids: BTreeMap<Node, FunctionId> = BTreeMap::new();
        // In the order of the nodes; who is called is filled in when all are there.
        for _ in 0..5 {
            let f = FunctionBuilder::new(&mut module.types, &[], &[]).finish(Vec::new(), &mut module.funcs);
            ids.insert(f.index(), f);
        }
        for (node, thing) in graph().nodes.iter().enumerate().take(5) {
            let FunctionKind::Local(f) = &mut module.funcs.get_mut(ids[&node]).kind else {
                panic!("it has a body")
            };
            for (to, _) in thing.names.iter().filter(|(to, taken)| *to < 5 && !taken) {
                f.builder_mut().func_body().call(ids[to]);
            }
        }
        let memory = module.memories.add_local(false, false, 1, None, None);
        let number = |n: i32| ConstExpr::Value(Value::I32(n));
        let words = (0..16).map(|byte| byte / 4 + 1).collect();
        let data = module.data.add(DataKind::Active { memory, offset: number(1024) }, words);
        module.memories.get_mut(memory).data_segments.insert(data);
        let table = module.tables.add_local(false, 3, Some(3), RefType::FUNCREF);
        let slots = ElementItems::Functions(vec![ids[&1], ids[&4]]);
        let element = module.elements.add(ElementKind::Active { table, offset: number(1) }, slots);
        module.tables.get_mut(table).elem_segments.insert(element);
        module.globals.add_local(walrus::ValType::I32, true, false, number(1024));
        module.exports.add("run", ids[&0]);
        module
    }

    fn bytes(module: &Module) -> Vec<(u32, Vec<u8>)> {
        let found = data(module).expect("it has data");
        found.into_iter().map(|(at, id)| (at, module.data.get(id).value.clone())).collect()
    }

    #[test]
    fn what_one_engine_alone_reaches_is_its_part() {
        let owners = owners(&graph(), vec![0], &engines()).expect("both are there");
        assert_eq!(owners.0, [None, Some(0), None, Some(0), Some(1), Some(0), Some(1), None, None]);
        assert_eq!(shared(&graph(), &owners), [2]);
    }

    #[test]
    fn an_engine_that_is_not_there_is_told() {
        let names = ["a", "c"].map(String::from);
        assert!(owners(&graph(), vec![0], &names).is_err());
    }

    #[test]
    fn a_text_in_the_end_of_another_is_told() {
        let mut graph = graph();
        let owners = owners(&graph, vec![0], &engines()).expect("both are there");
        check_apart(&graph, &owners).expect("all are apart");
        graph.nodes[6].at.end += 1;
        assert!(check_apart(&graph, &owners).is_err());
    }

    #[test]
    fn the_base_keeps_what_is_shared_and_traps_for_the_rest() {
        let owners = owners(&graph(), vec![0], &engines()).expect("both are there");
        let mut base = module();
        keep_base(&mut base, &graph(), &owners, &[2]).expect("it can be split");
        let exports: Vec<_> = base.exports.iter().map(|export| export.name.as_str()).collect();
        assert_eq!(exports, ["run", "f2", "memory", "table", "stack"]);
        // `run`, `help` and what traps.
        assert_eq!(base.funcs.iter().count(), 3);
        assert_eq!(bytes(&base), [(1024, [[0; 8].as_slice(), &[3; 4], &[4; 4]].concat())]);
    }

    #[test]
    fn a_part_has_its_places_in_the_table_and_the_data() {
        let owners = owners(&graph(), vec![0], &engines()).expect("both are there");
        for (engine, place, word, functions) in [(0, 1, (1024, vec![1; 4]), 2), (1, 2, (1028, vec![2; 4]), 1)]
        {
            let mut part = module();
            keep_part(&mut part, &graph(), &owners, engine).expect("it can be split");
            let imports: Vec<_> = part.imports.iter().map(|import| import.name.as_str()).collect();
            assert_eq!(imports, ["f2", "memory", "table"]);
            assert_eq!(part.funcs.iter_local().count(), functions);
            assert_eq!(bytes(&part), [word]);
            let element = part.elements.iter().next().expect("it is in the table");
            let ElementKind::Active { offset: ConstExpr::Value(Value::I32(at)), .. } = element.kind else {
                panic!("it has a place")
            };
            assert_eq!(at, place);
        }
    }
}
