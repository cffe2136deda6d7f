//! What names what in a module, as the linker's relocations tell (`--emit-relocs`): functions and objects of the data.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::{
    DataKind, KnownCustom, Linking, Operator, Parser, Payload, RelocSectionReader, RelocationType,
    SymbolInfo, TypeRef,
};

/// A place in [`Graph::nodes`]. Those of the functions come first and are their indexes in the module.
pub type Node = usize;

/// A function or an object of the data.
#[derive(Default)]
pub struct Thing {
    /// What the linker calls it.
    pub name: String,
    /// Where it lies in the memory; functions lie nowhere.
    pub at: Range<u32>,
    /// What it names, and whether it names a function to have it called later, by its place in the table.
    pub names: Vec<(Node, bool)>,
}

/// Every function of a module and every object of its data.
pub struct Graph {
    pub nodes: Vec<Thing>,
    /// How many of them are functions, and how many of these are imported.
    pub functions: usize,
    pub imported: usize,
}

/// A symbol of the linker's: where it is in the graph, if it is something that the graph holds.
type Symbols = Vec<Option<Node>>;

/// The bytes of the file that are functions, or segments of the data, in order.
#[derive(Default)]
struct Layout {
    code: usize,
    bodies: Vec<Range<usize>>,
    data: usize,
    /// With the address of its first byte.
    segments: Vec<(Range<usize>, u32)>,
}

impl Graph {
    /// Reads a linked module.
    ///
    /// # Errors
    /// When it is none, or without relocations.
    pub fn read(wasm: &[u8]) -> Result<Graph> {
        let mut graph = Graph { nodes: Vec::new(), functions: 0, imported: 0 };
        let (mut layout, mut symbols, mut objects) = (Layout::default(), Symbols::new(), BTreeMap::new());
        let mut relocated = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        graph.imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionStart { range, count, .. } => {
                    layout.code = range.start;
                    graph.functions = graph.imported + count as usize;
                    graph.nodes.resize_with(graph.functions, Thing::default);
                }
                Payload::CodeSectionEntry(body) => layout.bodies.push(body.range()),
                Payload::DataSection(segments) => {
                    layout.data = segments.range().start;
                    for segment in segments {
                        let segment = segment?;
                        let bytes = segment.range.end - segment.data.len()..segment.range.end;
                        layout.segments.push((bytes, address(&segment.kind)?));
                    }
                }
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(linking) => {
                        for part in linking.subsections() {
                            let Linking::SymbolTable(table) = part? else { continue };
                            for symbol in table {
                                symbols.push(graph.place(&symbol?, &layout, &mut objects)?);
                            }
                        }
                    }
                    KnownCustom::Reloc(relocs) => match section.name() {
                        "reloc.CODE" => {
                            relocated += 1;
                            let first = graph.imported;
                            let base = layout.code;
                            graph.relate(&relocs, &symbols, |at| {
                                Some(first + within(&layout.bodies, base + at, |body| body)?)
                            })?;
                        }
                        "reloc.DATA" => {
                            relocated += 1;
                            graph.relate(&relocs, &symbols, |at| {
                                let at = layout.data + at;
                                let segment = within(&layout.segments, at, |(bytes, _)| bytes)?;
                                let (bytes, from) = &layout.segments[segment];
                                let address = from + u32::try_from(at - bytes.start).ok()?;
                                let (_, &node) = objects.range(..=address).next_back()?;
                                Some(node)
                            })?;
                        }
                        _ => {}
                    },
                    _ => {}
                },
                _ => {}
            }
        }
        ensure!(relocated == 2, "the linker was not asked for its relocations");
        Ok(graph)
    }

    /// Gives a symbol its node.
    fn place(
        &mut self,
        symbol: &SymbolInfo,
        layout: &Layout,
        objects: &mut BTreeMap<u32, Node>,
    ) -> Result<Option<Node>> {
        match symbol {
            SymbolInfo::Func { index, name, .. } => {
                let node = *index as usize;
                self.nodes[node].name = name.unwrap_or_default().to_owned();
                Ok(Some(node))
            }
            SymbolInfo::Data { name, symbol: Some(object), .. } => {
                let (_, from) =
                    layout.segments.get(object.index as usize).context("data without a segment")?;
                let begin = from + object.offset;
                // Two symbols may be one object.
                let node = *objects.entry(begin).or_insert(self.nodes.len());
                if node == self.nodes.len() {
                    let thing = Thing { name: (*name).to_owned(), at: begin..begin, names: Vec::new() };
                    self.nodes.push(thing);
                }
                let at = &mut self.nodes[node].at;
                at.end = at.end.max(begin + object.size);
                Ok(Some(node))
            }
            _ => Ok(None),
        }
    }

    /// Notes what the relocations of a section say; `owner` knows which node the byte at an offset belongs to.
    fn relate(
        &mut self,
        relocs: &RelocSectionReader,
        symbols: &Symbols,
        owner: impl Fn(usize) -> Option<Node>,
    ) -> Result<()> {
        use RelocationType as R;
        for reloc in relocs.entries() {
            let reloc = reloc?;
            let taken = match reloc.ty {
                R::FunctionIndexLeb | R::MemoryAddrLeb | R::MemoryAddrSleb | R::MemoryAddrI32 => false,
                R::TableIndexSleb | R::TableIndexI32 => true,
                // Types, globals and the table are everybody's.
                R::TypeIndexLeb | R::GlobalIndexLeb | R::TableNumberLeb => continue,
                other => anyhow::bail!("a relocation that is not known here: {other:?}"),
            };
            let from = owner(reloc.offset as usize).context("a relocation outside of every object")?;
            let to = symbols.get(reloc.index as usize).copied().flatten();
            self.nodes[from].names.push((to.context("a relocation to nothing")?, taken));
        }
        Ok(())
    }
}

/// Which of some ranges, which are in order, a byte lies in.
fn within<T>(ranges: &[T], at: usize, range: impl Fn(&T) -> &Range<usize>) -> Option<usize> {
    let behind = ranges.partition_point(|one| range(one).start <= at);
    let place = behind.checked_sub(1)?;
    range(&ranges[place]).contains(&at).then_some(place)
}

fn address(kind: &DataKind) -> Result<u32> {
    let DataKind::Active { offset_expr, .. } = kind else { anyhow::bail!("data without an address") };
    match offset_expr.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value.cast_unsigned()),
        other => anyhow::bail!("data at {other:?}"),
    }
}
