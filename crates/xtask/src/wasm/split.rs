//! One wasm module made two: what the first picture needs, and the rest, which the page loads when somebody acts.
//!
//! Both parts share memory, tables and globals. A function of the rest that the first part calls or keeps a
//! pointer to has a place in the table; the rest fills those places when it is instantiated over the first part's
//! exports. Until then calling one is a trap, so the page loads the rest before it asks for such a thing.

use anyhow::{Context, Result, ensure};
use std::collections::{HashMap, HashSet};
use walrus::ir::{Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalKind,
    ImportKind, Module, ModuleConfig, TableId,
};

/// Methods of the page's `Lab` that the demo runs without: nobody has acted, opened a panel or a file yet. They and
/// everything that is only called from them make the rest. `web/src/engine/lab.ts` says so to whoever is too early.
pub const METHODS: &[&str] = &[
    "act",
    "changed",
    "commands",
    "flights",
    "fork",
    "hit",
    "legal",
    "logTable",
    "menu",
    "node",
    "openLink",
    "openTrace",
    "ops",
    "packLink",
    "placeOf",
    "renameBranch",
    "runUntil",
    "saveTrace",
    "seek",
    "settings",
    "stepAt",
    "stepBack",
    "story",
    "svg",
    "switchBranch",
    "timeAt",
    "why",
];

/// Functions that only these methods reach, but through a pointer, which the calls do not show: parts of their
/// names as rustc prints them.
pub const BEHIND_POINTERS: &[&str] = &[
    "kernel::field::Inspect>::inspect",
    "lab::session::Session>::act",
    "lab::session::Session>::back",
    "lab::session::Session>::changed",
    "lab::session::Session>::fork",
    "lab::session::Session>::legal",
    "lab::session::Session>::node",
    "lab::session::Session>::ops",
    "lab::session::Session>::record",
    "lab::session::Session>::rename",
    "lab::session::Session>::run_until",
    "lab::session::Session>::seek",
    "lab::session::Session>::setting",
    "lab::session::Session>::state_digest",
    "lab::session::Session>::step_at",
    "lab::session::Session>::story",
    "lab::session::Session>::switch",
    "lab::session::Session>::why",
    "lab::run::Run<E>::open",
];

/// Under this name the rest imports what the first part exports for it.
const FIRST: &str = "first";

/// The two parts, as bytes.
pub struct Parts {
    /// What is loaded at once.
    pub first: Vec<u8>,
    /// What is loaded when somebody acts.
    pub rest: Vec<u8>,
}

/// Splits a module that still has its names.
pub fn split(wasm: &[u8]) -> Result<Parts> {
    let parse = || {
        let mut config = ModuleConfig::new();
        config.generate_name_section(true).generate_producers_section(false);
        config.parse(wasm).context("wasm-bindgen's output cannot be read")
    };
    // Parsing is deterministic: the n-th function of one copy is the n-th of the other.
    let (mut first, mut rest) = (parse()?, parse()?);
    let plan = Plan::of(&first)?;
    cut_first(&mut first, &plan)?;
    cut_rest(&mut rest, &plan)?;
    walrus::passes::gc::run(&mut rest);
    // Only what the rest really imports is worth an export.
    let wanted: HashSet<String> = rest.imports.iter().map(|import| import.name.clone()).collect();
    let unwanted: Vec<_> = first
        .exports
        .iter()
        .filter(|export| export.name.starts_with(SHARED) && !wanted.contains(&export.name))
        .map(walrus::Export::id)
        .collect();
    unwanted.into_iter().for_each(|export| first.exports.delete(export));
    walrus::passes::gc::run(&mut first);
    Ok(Parts { first: first.emit_wasm(), rest: rest.emit_wasm() })
}

/// No export of wasm-bindgen begins like this.
const SHARED: &str = "~";

fn shared(kind: char, number: usize) -> String {
    format!("{SHARED}{kind}{number}")
}

struct Plan {
    /// By number of a function: whether it goes into the rest.
    moved: Vec<bool>,
    /// By number of a moved function: its places in the table.
    places: HashMap<usize, Vec<usize>>,
    /// The places that are new.
    table_size: usize,
}

impl Plan {
    fn of(module: &Module) -> Result<Plan> {
        let ids: Vec<FunctionId> = module.funcs.iter().map(walrus::Function::id).collect();
        let number: HashMap<FunctionId, usize> = ids.iter().enumerate().map(|(n, id)| (*id, n)).collect();
        let calls: Vec<Vec<usize>> = ids
            .iter()
            .map(|id| {
                let mut calls = Calls::default();
                if let FunctionKind::Local(local) = &module.funcs.get(*id).kind {
                    dfs_in_order(&mut calls, local, local.entry_block());
                }
                calls.0.iter().filter_map(|id| number.get(id).copied()).collect()
            })
            .collect();
        let cuts = cuts(module, &number)?;
        let slots = table_slots(module, &number)?;
        // Reached from outside or by pointer without passing a cut: needed by the first part.
        let mut keep = vec![false; ids.len()];
        let exported = module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(id) => number.get(&id).copied(),
            _ => None,
        });
        let started = module.start.iter().filter_map(|id| number.get(id).copied());
        let mut open: Vec<usize> = exported.chain(started).chain(slots.iter().map(|(_, f)| *f)).collect();
        while let Some(at) = open.pop() {
            if cuts[at] || std::mem::replace(&mut keep[at], true) {
                continue;
            }
            open.extend(&calls[at]);
        }
        let moved: Vec<bool> = ids
            .iter()
            .zip(&keep)
            .map(|(id, keep)| !keep && matches!(module.funcs.get(*id).kind, FunctionKind::Local(_)))
            .collect();
        let mut places: HashMap<usize, Vec<usize>> = HashMap::new();
        for (slot, function) in &slots {
            if moved[*function] {
                places.entry(*function).or_default().push(*slot);
            }
        }
        let mut table_size = usize::try_from(module.tables.get(functions(module)?).initial)?;
        let called = (0..ids.len()).filter(|at| !moved[*at]).flat_map(|at| calls[at].iter().copied());
        let exported = module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(id) => number.get(&id).copied(),
            _ => None,
        });
        for at in called.chain(exported).filter(|at| moved[*at]) {
            places.entry(at).or_insert_with(|| {
                table_size += 1;
                vec![table_size - 1]
            });
        }
        Ok(Plan { moved, places, table_size })
    }
}

/// By number of a function: whether the cut goes before it.
fn cuts(module: &Module, number: &HashMap<FunctionId, usize>) -> Result<Vec<bool>> {
    let mut cuts = vec![false; number.len()];
    for method in METHODS {
        let export = module.exports.get_func(format!("lab_{method}"));
        let id = export.with_context(|| format!("`Lab` has no method {method}: its list is out of date"))?;
        cuts[number[&id]] = true;
    }
    for part in BEHIND_POINTERS {
        let named = |f: &&walrus::Function| f.name.as_ref().is_some_and(|name| name.contains(part));
        let mut found = module.funcs.iter().filter(named).peekable();
        ensure!(found.peek().is_some(), "no function is called {part}: the list is out of date");
        found.for_each(|f| cuts[number[&f.id()]] = true);
    }
    Ok(cuts)
}

#[derive(Default)]
struct Calls(Vec<FunctionId>);

impl<'a> Visitor<'a> for Calls {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.0.push(*function);
    }
}

fn functions(module: &Module) -> Result<TableId> {
    module.tables.main_function_table()?.context("a module of Rust has a table of functions")
}

/// The function in every place of the table.
fn table_slots(module: &Module, number: &HashMap<FunctionId, usize>) -> Result<Vec<(usize, usize)>> {
    let mut slots = Vec::new();
    for element in module.elements.iter() {
        let ElementKind::Active { offset, .. } = &element.kind else { continue };
        let ConstExpr::Value(Value::I32(offset)) = offset else { continue };
        let ElementItems::Functions(items) = &element.items else { continue };
        for (at, id) in items.iter().enumerate() {
            slots.push((usize::try_from(*offset)? + at, number[id]));
        }
    }
    Ok(slots)
}

/// Puts stubs in the place of what moves, and exports everything else.
fn cut_first(module: &mut Module, plan: &Plan) -> Result<()> {
    let table = functions(module)?;
    let ids: Vec<FunctionId> = module.funcs.iter().map(walrus::Function::id).collect();
    let mut missing = FunctionBuilder::new(&mut module.types, &[], &[]);
    missing.func_body().unreachable();
    let missing = missing.finish(Vec::new(), &mut module.funcs);
    let moved: HashSet<FunctionId> =
        ids.iter().zip(&plan.moved).filter(|(_, moved)| **moved).map(|(id, _)| *id).collect();
    for element in module.elements.iter_mut() {
        if let ElementItems::Functions(items) = &mut element.items {
            items.iter_mut().filter(|id| moved.contains(id)).for_each(|id| *id = missing);
        }
    }
    for (at, id) in ids.iter().enumerate() {
        if !plan.moved[at] {
            module.exports.add(&shared('f', at), *id);
            continue;
        }
        let Some(place) = plan.places.get(&at).and_then(|places| places.first()) else { continue };
        let ty = module.funcs.get(*id).ty();
        let (params, results) = module.types.params_results(ty);
        let (params, results) = (params.to_vec(), results.to_vec());
        let mut stub = FunctionBuilder::new(&mut module.types, &params, &results);
        let args: Vec<_> = params.iter().map(|ty| module.locals.add(*ty)).collect();
        let mut body = stub.func_body();
        args.iter().for_each(|arg| {
            body.local_get(*arg);
        });
        body.i32_const(i32::try_from(*place)?).call_indirect(ty, table);
        module.funcs.get_mut(*id).kind = FunctionKind::Local(stub.local_func(args));
    }
    for (name, item) in Shared::of(module).0 {
        module.exports.add(&name, item);
    }
    enlarge(module, table, plan);
    Ok(())
}

/// What both parts use, functions aside.
struct Shared(Vec<(String, ExportItem)>);

impl Shared {
    fn of(module: &Module) -> Shared {
        let tables = module.tables.iter().enumerate().map(|(at, t)| (shared('t', at), t.id().into()));
        let memories = module.memories.iter().enumerate().map(|(at, m)| (shared('m', at), m.id().into()));
        let globals = module.globals.iter().enumerate().map(|(at, g)| (shared('g', at), g.id().into()));
        Shared(tables.chain(memories).chain(globals).collect())
    }
}

fn enlarge(module: &mut Module, table: TableId, plan: &Plan) {
    let table = module.tables.get_mut(table);
    table.initial = table.initial.max(plan.table_size as u64);
    table.maximum = table.maximum.map(|most| most.max(plan.table_size as u64));
}

/// Imports everything that stays in the first part, and puts what moves in its places.
fn cut_rest(module: &mut Module, plan: &Plan) -> Result<()> {
    let table = functions(module)?;
    let ids: Vec<FunctionId> = module.funcs.iter().map(walrus::Function::id).collect();
    empty(module);
    for (at, id) in ids.iter().enumerate() {
        if plan.moved[at] {
            continue;
        }
        let ty = module.funcs.get(*id).ty();
        if let FunctionKind::Import(import) = &module.funcs.get(*id).kind {
            let import = module.imports.get_mut(import.import);
            import.module = FIRST.to_owned();
            import.name = shared('f', at);
            continue;
        }
        let import = module.imports.add(FIRST, &shared('f', at), ImportKind::Function(*id));
        module.funcs.get_mut(*id).kind = FunctionKind::Import(walrus::ImportedFunction { import, ty });
    }
    for (name, item) in Shared::of(module).0 {
        match item {
            ExportItem::Table(id) => {
                let import = module.imports.add(FIRST, &name, ImportKind::Table(id));
                module.tables.get_mut(id).import = Some(import);
            }
            ExportItem::Memory(id) => {
                let import = module.imports.add(FIRST, &name, ImportKind::Memory(id));
                module.memories.get_mut(id).import = Some(import);
            }
            ExportItem::Global(id) => {
                let import = module.imports.add(FIRST, &name, ImportKind::Global(id));
                module.globals.get_mut(id).kind = GlobalKind::Import(import);
            }
            ExportItem::Function(_) | ExportItem::Tag(_) => {}
        }
    }
    enlarge(module, table, plan);
    fill(module, table, plan, &ids)
}

/// Takes out what the first part holds already.
fn empty(module: &mut Module) {
    let exports: Vec<_> = module.exports.iter().map(walrus::Export::id).collect();
    exports.into_iter().for_each(|id| module.exports.delete(id));
    let elements: Vec<_> = module.elements.iter().map(walrus::Element::id).collect();
    elements.into_iter().for_each(|id| module.elements.delete(id));
    let data: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    data.into_iter().for_each(|id| module.data.delete(id));
    module.tables.iter_mut().for_each(|table| table.elem_segments.clear());
    module.memories.iter_mut().for_each(|memory| memory.data_segments.clear());
    module.start = None;
}

/// One segment for every run of places in a row.
fn fill(module: &mut Module, table: TableId, plan: &Plan, ids: &[FunctionId]) -> Result<()> {
    let mut places: Vec<(usize, FunctionId)> =
        plan.places.iter().flat_map(|(at, places)| places.iter().map(|place| (*place, ids[*at]))).collect();
    places.sort_unstable_by_key(|(place, _)| *place);
    let mut runs: Vec<(usize, Vec<FunctionId>)> = Vec::new();
    for (place, id) in places {
        match runs.last_mut() {
            Some((from, run)) if *from + run.len() == place => run.push(id),
            _ => runs.push((place, vec![id])),
        }
    }
    for (from, run) in runs {
        let offset = ConstExpr::Value(Value::I32(i32::try_from(from)?));
        let segment =
            module.elements.add(ElementKind::Active { table, offset }, ElementItems::Functions(run));
        module.tables.get_mut(table).elem_segments.insert(segment);
    }
    Ok(())
}
