//! The first part of a module: of the code what the live demo runs, and of the data what that code names.
//!
//! Every place that control can come to gets a global that notes it. The demo is watched for a while with a module
//! marked so, and where nobody came the code becomes `unreachable`: who comes there after all traps, and the page
//! goes on with the whole module, from the same step.

use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use walrus::ir::{self, Const, Instr, InstrSeqId, Load, Store, Value, Visitor};
use walrus::{
    ConstExpr, DataKind, FunctionId, FunctionKind, GlobalKind, ImportKind, LocalFunction, Module, ValType,
};

/// The names under which a marked module exports what it notes begin with this; a number follows.
const MARK: &str = "came";

/// Writes a copy of the module that notes where control came.
pub fn mark(module: &Path, marked: &Path) -> Result<()> {
    let mut module = read(module)?;
    let functions: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let mut marks = 0;
    for id in functions {
        for (seq, places) in places(local(&mut module, id)?) {
            let notes: Vec<_> = places
                .iter()
                .map(|_| {
                    let zero = ConstExpr::Value(Value::I32(0));
                    let note = module.globals.add_local(ValType::I32, true, false, zero);
                    module.exports.add(&format!("{MARK}{marks}"), note);
                    marks += 1;
                    note
                })
                .collect();
            let body = &mut local(&mut module, id)?.block_mut(seq).instrs;
            for (&place, note) in places.iter().zip(notes).rev() {
                let note = [Const { value: Value::I32(1) }.into(), ir::GlobalSet { global: note }.into()];
                body.splice(place..place, note.map(|instr: Instr| (instr, ir::InstrLocId::default())));
            }
        }
    }
    module.emit_wasm_file(marked)
}

/// The marks of these names, which are apart by spaces.
pub fn marks(names: &str) -> Result<HashSet<usize>> {
    let number = |name: &str| name.strip_prefix(MARK).and_then(|number| number.parse().ok());
    names.split_whitespace().map(|name| number(name).with_context(|| format!("{name} is no mark"))).collect()
}

/// Takes away what is not needed when control only comes to the marks in `came`; `link_map` says which data there is.
pub fn cut(file: &Path, came: &HashSet<usize>, link_map: &str) -> Result<()> {
    let mut module = read(file)?;
    let functions: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let mut marks = 0;
    let mut unseen = Vec::new();
    let mut ran: HashSet<FunctionId> = module.imports.iter().filter_map(function_of).collect();
    for id in functions {
        let first = marks;
        for (seq, places) in places(local(&mut module, id)?) {
            let place = places.iter().enumerate().find(|(i, _)| !came.contains(&(marks + i)));
            unseen.extend(place.map(|(_, &place)| (id, seq, place)));
            marks += places.len();
        }
        if came.contains(&first) {
            ran.insert(id);
        }
    }
    for (id, seq, place) in unseen {
        let function = local(&mut module, id)?;
        if cost(function, seq, place, &ran).is_none_or(|steps| steps > FEW) {
            let body = &mut function.block_mut(seq).instrs;
            body.truncate(place);
            body.push((ir::Unreachable {}.into(), ir::InstrLocId::default()));
        }
    }
    ensure!(came.iter().all(|&mark| mark < marks), "the marks are of another module");
    walrus::passes::gc::run(&mut module);
    drop_data(&mut module, &Objects::read(link_map)?);
    module.emit_wasm_file(file)
}

/// Gives what the module imports short names, in it and in its glue: the long ones end in digits that do not compress.
pub fn rename(file: &Path, glue: &Path) -> Result<()> {
    let mut module = read(file)?;
    let mut script = fs::read_to_string(glue)?;
    for (n, import) in module.imports.iter_mut().enumerate() {
        let short = format!("i{n}");
        script = script.replace(&format!(" {}: ", import.name), &format!(" {short}: "));
        ensure!(script.contains(&format!(" {short}: ")), "the glue does not give {}", import.name);
        import.name = short;
    }
    fs::write(glue, script)?;
    module.emit_wasm_file(file)
}

fn read(file: &Path) -> Result<Module> {
    Module::from_file(file).with_context(|| format!("cannot read {}", file.display()))
}

fn local(module: &mut Module, id: FunctionId) -> Result<&mut LocalFunction> {
    match &mut module.funcs.get_mut(id).kind {
        FunctionKind::Local(function) => Ok(function),
        FunctionKind::Import(_) | FunctionKind::Uninitialized(_) => bail!("a function without a body"),
    }
}

/// The sequences of a function, and in each the places to mark: its begin and behind whatever may not come back.
/// In one sequence a place is only come to when all before it were.
fn places(function: &LocalFunction) -> Vec<(InstrSeqId, Vec<usize>)> {
    let mut found = Vec::new();
    let mut left = vec![function.entry_block()];
    while let Some(seq) = left.pop() {
        let mut places = vec![0];
        for (at, (instr, _)) in function.block(seq).instrs.iter().enumerate() {
            match instr {
                Instr::Block(block) => left.push(block.seq),
                Instr::Loop(block) => left.push(block.seq),
                Instr::IfElse(both) => left.extend([both.consequent, both.alternative]),
                Instr::BrIf(_) | Instr::Call(_) | Instr::CallIndirect(_) => {}
                _ => continue,
            }
            places.push(at + 1);
        }
        found.push((seq, places));
    }
    found
}

/// A list that is full grows, a label moves out of the way: a few steps with what ran elsewhere stay, seen or not.
const FEW: usize = 2;

/// The steps of the rest of a sequence, and of what lies in it; nothing when they call what never ran.
fn cost(function: &LocalFunction, seq: InstrSeqId, from: usize, ran: &HashSet<FunctionId>) -> Option<usize> {
    let rest = &function.block(seq).instrs[from..];
    rest.iter().try_fold(rest.len(), |steps, (instr, _)| {
        let inside = match instr {
            Instr::Block(block) => cost(function, block.seq, 0, ran)?,
            Instr::Loop(block) => cost(function, block.seq, 0, ran)?,
            Instr::IfElse(both) => {
                cost(function, both.consequent, 0, ran)? + cost(function, both.alternative, 0, ran)?
            }
            Instr::Call(call) if !ran.contains(&call.func) => return None,
            Instr::CallIndirect(_) => return None,
            _ => 0,
        };
        Some(steps + inside)
    })
}

fn function_of(import: &walrus::Import) -> Option<FunctionId> {
    match import.kind {
        ImportKind::Function(id) => Some(id),
        _ => None,
    }
}

/// The objects of the data, as the linker laid them: begin and length.
struct Objects(BTreeMap<u32, u32>);

/// The compiler writes `table[i - 1]` as an address that much before the table; twelve bytes are the most seen.
const BEFORE: u32 = 16;

impl Objects {
    /// Reads the linker's map, whose lines for data are: address, offset, size, `file:(section)`.
    fn read(link_map: &str) -> Result<Objects> {
        let mut objects = BTreeMap::new();
        for line in link_map.lines().filter(|line| line.contains(":(.")) {
            let mut words = line.split_whitespace();
            let (Some(address), _, Some(size)) = (words.next(), words.next(), words.next()) else { continue };
            // Code has no address.
            let Ok(address) = u32::from_str_radix(address, 16) else { continue };
            let size = u32::from_str_radix(size, 16)?;
            objects.insert(address, size);
        }
        ensure!(objects.len() > 100, "the linker's map names no data: has its form changed?");
        Ok(Objects(objects))
    }

    /// The object that an address lies in, or just behind.
    fn at(&self, address: u32) -> Option<u32> {
        let (&begin, &size) = self.0.range(..=address).next_back()?;
        (address <= begin + size).then_some(begin)
    }
}

/// Every number of the code that may be an address of data.
#[derive(Default)]
struct Numbers(BTreeSet<u32>);

impl<'instr> Visitor<'instr> for Numbers {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn visit_const(&mut self, instr: &Const) {
        match instr.value {
            Value::I32(n) => _ = self.0.insert(n as u32),
            // Two numbers, when a pair of them is stored at once.
            Value::I64(n) => self.0.extend([n as u32, (n >> 32) as u32]),
            _ => {}
        }
    }

    fn visit_load(&mut self, instr: &Load) {
        self.0.extend(u32::try_from(instr.arg.offset));
    }

    fn visit_store(&mut self, instr: &Store) {
        self.0.extend(u32::try_from(instr.arg.offset));
    }
}

/// Writes zeros over the objects that nothing names: no number of the code, and no word of an object that is named.
fn drop_data(module: &mut Module, objects: &Objects) {
    let mut numbers = Numbers::default();
    for (_, function) in module.funcs.iter_local() {
        ir::dfs_in_order(&mut numbers, function, function.entry_block());
    }
    for global in module.globals.iter() {
        if let GlobalKind::Local(ConstExpr::Value(Value::I32(n))) = global.kind {
            numbers.0.insert(n.cast_unsigned());
        }
    }
    let near = |n: u32| objects.0.range(n..=n.saturating_add(BEFORE)).map(|(&begin, _)| begin);
    let mut left: Vec<u32> =
        numbers.0.iter().flat_map(|&n| objects.at(n).into_iter().chain(near(n))).collect();
    let mut named = BTreeSet::new();
    while let Some(begin) = left.pop() {
        if !named.insert(begin) {
            continue;
        }
        // Addresses lie in objects that begin at a word; elsewhere they are letters that only look like one.
        if !begin.is_multiple_of(4) {
            continue;
        }
        let end = begin + objects.0[&begin];
        let words = (begin..end.saturating_sub(3)).step_by(4);
        left.extend(words.filter_map(|at| word(module, at)).filter_map(|n| objects.at(n)));
    }
    let segments: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    for data in segments {
        let data = module.data.get_mut(data);
        let Some(from) = address(&data.kind) else { continue };
        let length = data.value.len();
        let within = |address: u32| (address.saturating_sub(from) as usize).min(length);
        for (&begin, &size) in objects.0.iter().filter(|(begin, _)| !named.contains(begin)) {
            data.value[within(begin)..within(begin + size)].fill(0);
        }
    }
}

/// Where a segment of the data lies.
fn address(kind: &DataKind) -> Option<u32> {
    match kind {
        DataKind::Active { offset: ConstExpr::Value(Value::I32(from)), .. } => Some(from.cast_unsigned()),
        _ => None,
    }
}

/// The word at an address of the data.
fn word(module: &Module, at: u32) -> Option<u32> {
    module.data.iter().find_map(|data| {
        let from = at.checked_sub(address(&data.kind)?)? as usize;
        let bytes = data.value.get(from..from + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::ir::{BinaryOp, MemArg};
    use walrus::{FunctionBuilder, ModuleConfig};

    /// `f(x) = if x { 1 } else { word at 1024 }`, over two words of data.
    fn written(name: &str) -> std::path::PathBuf {
        let mut module = Module::with_config(ModuleConfig::new());
        let memory = module.memories.add_local(false, false, 1, None, None);
        let at = ConstExpr::Value(Value::I32(1024));
        module.data.add(DataKind::Active { memory, offset: at }, vec![7, 0, 0, 0, 9, 0, 0, 0]);
        let mut f = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
        let x = module.locals.add(ValType::I32);
        let word = ir::LoadKind::I32 { atomic: false };
        f.func_body().local_get(x).i32_const(0).binop(BinaryOp::I32Ne).if_else(
            ValType::I32,
            |then| long(then.i32_const(1)),
            |other| long(other.i32_const(1024).load(memory, word, MemArg { align: 4, offset: 0 })),
        );
        let f = f.finish(vec![x], &mut module.funcs);
        module.exports.add("f", f);
        let file = std::env::temp_dir().join(format!("trim-{}-{name}.wasm", std::process::id()));
        module.emit_wasm_file(&file).expect("it can be written");
        file
    }

    /// More steps than stay unseen.
    fn long(arm: &mut walrus::InstrSeqBuilder) {
        for _ in 0..FEW {
            arm.i32_const(0).binop(BinaryOp::I32Or);
        }
    }

    /// The linker's map of it, with a hundred objects behind the two.
    fn link_map() -> String {
        (256..400).map(|n| format!("{:8x} 0 4 a.o:(.rodata.{n})\n", n * 4)).collect()
    }

    /// The texts of the function's two arms, and the data.
    fn cut_to(name: &str, came: &[usize]) -> (Vec<String>, Vec<u8>) {
        let file = written(name);
        cut(&file, &came.iter().copied().collect(), &link_map()).expect("it can be cut");
        let module = read(&file).expect("it can be read");
        fs::remove_file(file).expect("it was there");
        let (_, f) = module.funcs.iter_local().next().expect("f is exported");
        let mut arms: Vec<_> =
            places(f).iter().map(|(seq, _)| format!("{:?}", f.block(*seq).instrs[0].0)).collect();
        arms.remove(0);
        let data = module.data.iter().next().map(|data| data.value.clone()).unwrap_or_default();
        (arms, data)
    }

    #[test]
    fn every_place_gets_a_mark() {
        let file = written("marks");
        mark(&file, &file).expect("it can be marked");
        let module = read(&file).expect("it can be read");
        fs::remove_file(file).expect("it was there");
        let marks = module.exports.iter().filter(|export| export.name.starts_with(MARK)).count();
        // The body, what follows the choice, and both arms.
        assert_eq!(marks, 4);
    }

    #[test]
    fn what_nobody_came_to_becomes_unreachable() {
        let (arms, _) = cut_to("both", &[0, 1, 2, 3]);
        assert!(arms.iter().all(|arm| arm.starts_with("Const")), "{arms:?}");
        let (arms, _) = cut_to("one", &[0, 1, 2]);
        assert_eq!(arms.iter().filter(|arm| arm.starts_with("Unreachable")).count(), 1, "{arms:?}");
    }

    #[test]
    fn data_that_nothing_names_becomes_zeros() {
        // The second word lies within reach of an address a little before it.
        assert_eq!(cut_to("named", &[0, 1, 2, 3]).1, [7, 0, 0, 0, 9, 0, 0, 0]);
        let kept: Vec<_> = [2, 3].map(|arm| cut_to("unnamed", &[0, 1, arm]).1).into();
        // One arm names data, the other none.
        assert!(kept.contains(&vec![0; 8]), "{kept:?}");
        assert!(kept.contains(&vec![7, 0, 0, 0, 9, 0, 0, 0]), "{kept:?}");
    }

    #[test]
    fn only_what_begins_at_a_word_holds_addresses() {
        let kept = |begin: u32| {
            let mut module = Module::with_config(ModuleConfig::new());
            let memory = module.memories.add_local(false, false, 1, None, None);
            let number = |n: u32| ConstExpr::Value(Value::I32(n.cast_signed()));
            let mut bytes = vec![0; 200];
            bytes[4..8].copy_from_slice(&1200_u32.to_le_bytes());
            bytes[1200 - 1024] = 9;
            module.data.add(DataKind::Active { memory, offset: number(1024) }, bytes);
            module.globals.add_local(ValType::I32, false, false, number(begin));
            drop_data(&mut module, &Objects(BTreeMap::from([(begin, 1032 - begin), (1200, 4)])));
            module.data.iter().next().is_some_and(|data| data.value[1200 - 1024] == 9)
        };
        assert!(kept(1024), "an address in an object");
        assert!(!kept(1025), "letters that look like one");
    }

    #[test]
    fn marks_of_another_module_are_refused() {
        let file = written("other");
        let refused = cut(&file, &HashSet::from([400]), &link_map());
        fs::remove_file(file).expect("it was there");
        assert!(refused.is_err());
    }
}
