//! Text for graphviz.

use super::sketch::{Mark, Node, Sketch, Tie};

/// Fills by registry, which repeat: as light as in [`super::svg`].
const FILLS: [&str; 6] = ["#dfe9f7", "#e2f1dc", "#fbe9d3", "#eee3f6", "#d9f0ee", "#f8e0e6"];

/// The lines of a digraph.
pub(super) fn format(sketch: &Sketch) -> Vec<String> {
    let mut lines = vec![
        format!("// {}", sketch.title),
        "digraph lock {".to_owned(),
        "  rankdir=LR; ranksep=1; nodesep=0.08;".to_owned(),
        "  node [shape=box, style=\"rounded,filled\", fontname=monospace, fontsize=10, height=0.25, margin=\"0.08,0.03\"];".to_owned(),
        "  edge [arrowsize=0.5, color=\"#00000066\"];".to_owned(),
    ];
    for (number, node) in sketch.nodes.iter().enumerate() {
        lines.push(format!("  n{number} [{}];", attributes(node)));
    }
    for (number, node) in sketch.nodes.iter().enumerate() {
        for edge in &node.edges {
            let mut attributes = Vec::new();
            if !edge.label.is_empty() {
                attributes.push(format!("label={}", quoted(&edge.label)));
            }
            if edge.tie == Tie::Holds {
                attributes.push("style=dashed".to_owned());
            }
            let attributes =
                if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
            lines.push(format!("  n{number} -> n{}{attributes};", edge.to));
        }
    }
    lines.push("}".to_owned());
    lines
}

fn attributes(node: &Node) -> String {
    let has = |mark| node.marks.contains(&mark);
    let mut attributes = vec![format!("label={}", quoted(&node.lines.join("\n")))];
    attributes.push(format!("fillcolor=\"{}\"", FILLS[node.group % FILLS.len()]));
    if has(Mark::Root) || has(Mark::Consumer) {
        attributes.push("penwidth=2.5".to_owned());
    }
    if has(Mark::Several) {
        attributes.push("color=\"#c25700\"".to_owned());
    }
    if has(Mark::Override) || has(Mark::Local) || has(Mark::Derived) {
        attributes.push("style=\"rounded,filled,dashed\"".to_owned());
    }
    attributes.push(format!("tooltip={}", quoted(&node.told.join("\n"))));
    attributes.join(", ")
}

/// A quoted string of the language: what would end it or begin an escape is escaped, a line feed is written.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
