//! SVG: one file without scripts and without references to anything.
//!
//! Every line is drawn once, faintly, below all nodes. What a node needs, and what needs it, is drawn a second time with the node, and
//! seen where somebody points at it; this takes a style alone. All that is not a number comes through [`escaped`].

use std::fmt::Write;

use super::layers::Place;
use super::layout::{Layout, MARGIN, MAX_TEXT, Rectangle};
use super::sketch::{Mark, Node, Sketch, Tie};
use super::{MAX_PICTURE, limit};
use crate::error::Result;
use crate::report::count;

const STYLE: &str = include_str!("style.css");

/// Colours, which repeat.
const COLOURS: usize = 6;

/// How many registries the legend names.
const MAX_NAMED: usize = 8;

/// Height of a line of the legend.
const LINE: i64 = 18;

/// The lines of a picture.
///
/// # Errors
/// Could not check: it would be too large.
pub(super) fn format(sketch: &Sketch, layout: &Layout) -> Result<Vec<String>> {
    let legend = legend(sketch, layout);
    let top = MARGIN + LINE * (1 + legend.len() as i64);
    let wide = legend.iter().map(|line| line.2).max().unwrap_or(0);
    let (width, height) = (layout.width.max(wide + MARGIN), layout.height + top);
    let mut lines = vec![
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"group\" aria-labelledby=\"title description\">"
        ),
        format!("<title id=\"title\">{}</title>", escaped(&sketch.title)),
        format!("<desc id=\"description\">{}</desc>", escaped(&described(sketch))),
        "<style>".to_owned(),
    ];
    lines.extend(STYLE.lines().map(str::to_owned));
    lines.push("</style>".to_owned());
    lines.push(format!("<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>"));
    lines.push(format!(
        "<text class=\"heading\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
        MARGIN + 10,
        escaped(&sketch.title)
    ));
    for (number, (swatch, text, _)) in legend.iter().enumerate() {
        let y = MARGIN + 10 + LINE * (1 + number as i64);
        lines.push(format!("{}<text class=\"legend\" x=\"{}\" y=\"{y}\">{text}</text>", swatch(y), MARGIN + 40));
    }
    lines.push(format!("<g transform=\"translate(0 {top})\">"));
    let drawing = Drawing { sketch, layout };
    lines.push("<g aria-hidden=\"true\">".to_owned());
    for (to, path) in drawing.trunks() {
        lines.push(format!("<path class=\"line{}\" d=\"{path}\"/>", class_of(to)));
    }
    lines.push("</g>".to_owned());
    let mut length: usize = lines.iter().map(String::len).sum();
    for (number, needed_by) in drawing.needed_by().iter().enumerate() {
        let node = drawing.node(number, needed_by);
        length += node.len();
        limit("bytes or more", length, MAX_PICTURE)?;
        lines.push(node);
    }
    lines.extend(["</g>".to_owned(), "</svg>".to_owned()]);
    Ok(lines)
}

/// The description, with what is not drawn.
fn described(sketch: &Sketch) -> String {
    match sketch.implied {
        0 => sketch.description.clone(),
        implied => format!(
            "{} {} not drawn, since a longer way leads there.",
            sketch.description,
            if implied == 1 { "1 edge is".to_owned() } else { format!("{implied} edges are") }
        ),
    }
}

/// A line of the legend: what stands before it, by its height; its text; and where it ends.
type Explained = (Box<dyn Fn(i64) -> String>, String, i64);

fn legend(sketch: &Sketch, layout: &Layout) -> Vec<Explained> {
    let mut legend: Vec<Explained> = Vec::new();
    let mut add = |swatch: Box<dyn Fn(i64) -> String>, text: String| {
        let end = MARGIN + 40 + text.chars().count() as i64 * 7;
        legend.push((swatch, escaped(&text), end));
    };
    let boxed = |class: String| -> Box<dyn Fn(i64) -> String> {
        Box::new(move |y| {
            format!(
                "<g class=\"{class}\"><rect class=\"box\" x=\"{MARGIN}\" y=\"{}\" width=\"30\" height=\"12\" rx=\"3\"/></g>",
                y - 10
            )
        })
    };
    if sketch.groups.len() > 1 && sketch.nodes.iter().all(|node| node.lines.len() == 1) {
        for (group, origin) in sketch.groups.iter().take(MAX_NAMED).enumerate() {
            let nodes = sketch.nodes.iter().filter(|node| node.group == group).count();
            add(boxed(format!("g{}", group % COLOURS)), format!("{origin}: {}", count(nodes as u64, "release")));
        }
        if let Some(more) = sketch.groups.len().checked_sub(MAX_NAMED).filter(|&more| more > 0) {
            add(Box::new(|_| String::new()), format!("and {more} more registries; colours repeat"));
        }
    }
    for mark in [Mark::Root, Mark::Several, Mark::Override, Mark::Local, Mark::Derived] {
        let nodes = sketch.nodes.iter().filter(|node| node.marks.contains(&mark)).count();
        if nodes > 0 {
            add(boxed(format!("g0 {}", class(mark))), format!("{} ({nodes})", mark.word()));
        }
    }
    let lined = |class: &'static str| -> Box<dyn Fn(i64) -> String> {
        Box::new(move |y| format!("<path class=\"line{class}\" d=\"M{MARGIN} {}h30\"/>", y - 4))
    };
    let implied = match sketch.implied {
        0 => String::new(),
        implied => format!("; {implied} more edges are implied by longer ways"),
    };
    add(lined(""), format!("what is needed stands to the right; lines to one node flow together{implied}"));
    if sketch.nodes.iter().flat_map(|node| &node.edges).any(|edge| edge.tie == Tie::Holds) {
        add(lined(" holds"), "holds the head of".to_owned());
    }
    if !layout.layers.back.is_empty() {
        add(lined(" back"), format!("closes a circle: leads to the left ({})", layout.layers.back.len()));
    }
    legend
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Consumer | Mark::Root => "root",
        Mark::Several => "several",
        Mark::Override | Mark::Local | Mark::Derived => "dashed",
    }
}

/// Which lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    To(Tie),
    Back,
}

fn class_of(lines: Lines) -> &'static str {
    match lines {
        Lines::To(Tie::Needs) => "",
        Lines::To(Tie::Holds) => " holds",
        Lines::Back => " back",
    }
}

struct Drawing<'d> {
    sketch: &'d Sketch,
    layout: &'d Layout,
}

impl Drawing<'_> {
    /// The line from one place to one of the next layer: straight through the own column, then bent.
    fn line(&self, path: &mut String, from: usize, to: usize) {
        let layout = self.layout;
        let (layer, begin) = match layout.layers.places[from] {
            Place::Node(node) => {
                let Rectangle { x, width, .. } = layout.nodes[node];
                (layout.layers.layer[node], x + width)
            }
            Place::Bend(node, tie) => {
                let (first, bends) = &layout.layers.bends[tie as usize][node];
                let layer = first + bends.iter().position(|&bend| bend == from).unwrap_or(0);
                (layer, layout.columns[layer].0)
            }
        };
        let (column, wide) = layout.columns[layer];
        let end = column + wide;
        let next = layout.columns.get(layer + 1).map_or(end, |&(next, _)| next);
        let (y, to_y) = (layout.middle[from], layout.middle[to]);
        let half = (end + next) / 2;
        let _ = write!(path, "M{begin} {y}H{end}C{half} {y} {half} {to_y} {next} {to_y}");
    }

    fn back(&self, path: &mut String, from: usize, to: usize) {
        let (from, to) = (self.layout.nodes[from], self.layout.nodes[to]);
        let (x, y) = (from.x, from.y + from.height / 2);
        let (to_x, to_y) = (to.x + to.width, to.y + to.height / 2);
        let _ = write!(path, "M{x} {y}C{} {y} {} {to_y} {to_x} {to_y}", x - 40, to_x + 40);
    }

    /// All lines, those to one node in one path.
    fn trunks(&self) -> Vec<(Lines, String)> {
        let layers = &self.layout.layers;
        let nodes = self.sketch.nodes.len();
        let mut paths = [vec![String::new(); nodes], vec![String::new(); nodes]];
        let mut back = vec![String::new(); nodes];
        for (from, node) in self.sketch.nodes.iter().enumerate() {
            for edge in &node.edges {
                if layers.back.contains(&(from, edge.to)) {
                    self.back(&mut back[edge.to], from, edge.to);
                } else if let Some(joined) = layers.way(from, edge.to, edge.tie).next() {
                    self.line(&mut paths[edge.tie as usize][edge.to], from, joined);
                }
            }
        }
        for tie in [Tie::Needs, Tie::Holds] {
            for (to, (_, bends)) in layers.bends[tie as usize].iter().enumerate() {
                let ends = bends.iter().skip(1).chain(bends.last().map(|_| &to));
                bends.iter().zip(ends).for_each(|(&from, &next)| self.line(&mut paths[tie as usize][to], from, next));
            }
        }
        let [needs, holds] = paths;
        let kinds = [(Lines::To(Tie::Needs), needs), (Lines::To(Tie::Holds), holds), (Lines::Back, back)];
        let all = kinds.into_iter().flat_map(|(kind, paths)| paths.into_iter().map(move |path| (kind, path)));
        all.filter(|(_, path)| !path.is_empty()).collect()
    }

    /// For each node which others lead to it, and by what.
    fn needed_by(&self) -> Vec<Vec<(usize, Tie)>> {
        let mut needed_by = vec![Vec::new(); self.sketch.nodes.len()];
        for (from, node) in self.sketch.nodes.iter().enumerate() {
            node.edges.iter().for_each(|edge| needed_by[edge.to].push((from, edge.tie)));
        }
        needed_by
    }

    /// A node, and its lines, which are seen where somebody points at it.
    fn node(&self, number: usize, needed_by: &[(usize, Tie)]) -> String {
        let node: &Node = &self.sketch.nodes[number];
        let layers = &self.layout.layers;
        let (mut out, mut into) = (String::new(), String::new());
        for edge in &node.edges {
            if layers.back.contains(&(number, edge.to)) {
                self.back(&mut out, number, edge.to);
                continue;
            }
            let mut from = number;
            for next in layers.way(number, edge.to, edge.tie) {
                self.line(&mut out, from, next);
                from = next;
            }
        }
        for tie in [Tie::Needs, Tie::Holds] {
            let mut first = usize::MAX;
            for &(from, _) in needed_by.iter().filter(|needed| needed.1 == tie) {
                if layers.back.contains(&(from, number)) {
                    self.back(&mut into, from, number);
                } else if let Some(joined) = layers.way(from, number, tie).next() {
                    first = first.min(layers.layer[from] + 1);
                    self.line(&mut into, from, joined);
                }
            }
            let bends = layers.bends[tie as usize].get(number);
            let bends = bends.map(|(_, bends)| bends.as_slice()).filter(|_| first != usize::MAX).unwrap_or_default();
            let ends = bends.iter().skip(1).chain(bends.last().map(|_| &number));
            bends.iter().zip(ends).for_each(|(&from, &next)| self.line(&mut into, from, next));
        }
        let classes: String = node.marks.iter().map(|&mark| format!(" {}", class(mark))).collect();
        let told: Vec<String> = node.told.iter().map(|line| escaped(line)).collect();
        let Rectangle { x, y, width, height } = self.layout.nodes[number];
        let mut text = format!(
            "<g class=\"node g{}{classes}\" tabindex=\"0\"><title>{}</title>",
            node.group % COLOURS,
            told.join("&#10;")
        );
        for (class, path) in [("out", out), ("in", into)] {
            if !path.is_empty() {
                let _ = write!(text, "<path class=\"{class}\" d=\"{path}\"/>");
            }
        }
        let _ =
            write!(text, "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\"/>");
        for (line, words) in node.lines.iter().enumerate() {
            let class = if line == 0 { "" } else { " class=\"second\"" };
            let y = y + 13 + 13 * line as i64;
            let _ = write!(text, "<text{class} x=\"{}\" y=\"{y}\">{}</text>", x + 7, escaped(&cut(words)));
        }
        if node.marks.contains(&Mark::Several) {
            let _ = write!(text, "<circle class=\"sign\" cx=\"{}\" cy=\"{y}\" r=\"3\"/>", x + width - 2);
        }
        text + "</g>"
    }
}

/// A text as it is written on a node: its beginning, where it is too long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        None => text.to_owned(),
        Some(_) => text.chars().take(MAX_TEXT - 1).chain(['…']).collect(),
    }
}

/// Text between tags, or in an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
