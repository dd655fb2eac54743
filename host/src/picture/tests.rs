//! Pictures of locks that are made up.

use std::collections::BTreeMap;

use headlock_log::digest::Digest;
use roxmltree::{Document, Node};

use super::*;
use crate::error::ErrorKind;
use crate::inputs::{Input, Inputs, Override, Replacement};
use crate::lock::{Claim, Derived, DerivedLog, LockedPackage, PinnedLog, SolverId, Target};

const ORIGIN: &str = "registry.example/a";

/// A lock of packages `NAME VERSION` and what each needs, the first of which is asked for.
fn lock(packages: &[(&str, &[&str])]) -> Lock {
    let nothing = Digest::of(b"");
    let solver = SolverId {
        name: None,
        version: None,
        world: "w".to_owned(),
        sha256: nothing,
        imports: Vec::new(),
        published: None,
    };
    let package = |(place, (what, needs)): (usize, &(&str, &[&str]))| {
        let (name, version) = what.split_once(' ').expect("NAME VERSION");
        LockedPackage {
            registry: ORIGIN.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            sha256: nothing,
            record: Some(place as u64),
            maintainers: None,
            features: Vec::new(),
            dependencies: needs.iter().map(|need| Target((*need).to_owned())).collect(),
        }
    };
    let packages: Vec<LockedPackage> = packages.iter().enumerate().map(package).collect();
    let roots = packages.first().map(|first| Target(format!("{} {} {ORIGIN}", first.name, first.version)));
    Lock {
        claim: Claim { solver, inputs: Inputs::default(), logs: vec![log(ORIGIN)] },
        derived: Derived {
            logs: Vec::new(),
            problem: nothing,
            outcome: nothing,
            roots: roots.into_iter().collect(),
            consulted: Vec::new(),
            packages,
        },
        cosignatures: Vec::new(),
    }
}

fn log(origin: &str) -> PinnedLog {
    PinnedLog { origin: origin.to_owned(), size: 7, root: "AAAA".to_owned(), signature: String::new() }
}

/// A lock of `count` packages, of which each needs some of those behind it, and every seventh one before it.
fn large(count: usize) -> Lock {
    let name = |place: usize| format!("n:p{place:04} {}.0.0", place % 3);
    let needs = |place: usize| {
        let next = [1, 2, 7, 40, 300].iter().map(|step| place + step * (place % 5 + 1)).filter(|&to| to < count);
        let mut needs: Vec<String> = next.map(name).collect();
        needs.extend((place % 7 == 6).then(|| name(place / 2)));
        needs
    };
    let all: Vec<(String, Vec<String>)> = (0..count).map(|place| (name(place), needs(place))).collect();
    let needs: Vec<Vec<&str>> = all.iter().map(|(_, needs)| needs.iter().map(String::as_str).collect()).collect();
    let packages: Vec<(&str, &[&str])> =
        all.iter().zip(&needs).map(|((name, _), needs)| (name.as_str(), needs.as_slice())).collect();
    lock(&packages)
}

fn svg(lock: &Lock, edges: Edges) -> String {
    draw(lock, Subject::Packages, edges, Format::Svg).expect("a picture").join("\n")
}

fn number(node: Node<'_, '_>, name: &str) -> i64 {
    node.attribute(name).expect("an attribute").parse().expect("a whole number")
}

/// The nodes' rectangles by what is written on them.
fn boxes(document: &Document<'_>) -> BTreeMap<String, [i64; 4]> {
    let nodes = document
        .descendants()
        .filter(|node| node.attribute("class").is_some_and(|classes| classes.split(' ').any(|class| class == "node")));
    let svg = "http://www.w3.org/2000/svg";
    nodes
        .map(|node| {
            assert_eq!(node.tag_name().namespace(), Some(svg));
            let children = node.children();
            let rectangle = children.clone().find(|child| child.tag_name().name() == "rect").expect("a rectangle");
            let text = children.clone().find(|child| child.tag_name().name() == "text").and_then(|text| text.text());
            let sides = ["x", "y", "width", "height"].map(|name| number(rectangle, name));
            (text.expect("a text").to_owned(), sides)
        })
        .collect()
}

#[test]
fn text_for_graphviz() {
    let lock = lock(&[("n:a 1.0.0", &["n:b 1.0.0", "n:c 1.0.0"]), ("n:b 1.0.0", &["n:c 1.0.0"]), ("n:c 1.0.0", &[])]);
    let lines = draw(&lock, Subject::Packages, Edges::Reduced, Format::Dot).expect("a picture");
    let edges: Vec<&str> = lines.iter().filter(|line| line.contains("->")).map(|line| line.trim()).collect();
    assert_eq!(edges, ["n0 -> n1;", "n1 -> n2;"]);
    let lines = draw(&lock, Subject::Packages, Edges::All, Format::Dot).expect("a picture");
    let edges: Vec<&str> = lines.iter().filter(|line| line.contains("->")).map(|line| line.trim()).collect();
    assert_eq!(edges, ["n0 -> n1;", "n0 -> n2;", "n1 -> n2;"]);
    assert!(lines.iter().any(|line| line.contains("tooltip=\"n:c 1.0.0 of registry.example/a\\nrecord 2\\n")));
}

#[test]
fn what_is_needed_stands_to_the_right() {
    let lock = lock(&[("n:a 1.0.0", &["n:b 1.0.0", "n:c 1.0.0"]), ("n:b 1.0.0", &["n:c 1.0.0"]), ("n:c 1.0.0", &[])]);
    for edges in [Edges::Reduced, Edges::All] {
        let picture = svg(&lock, edges);
        let document = Document::parse(&picture).expect("XML");
        let boxes = boxes(&document);
        let x = |name: &str| boxes[name][0];
        assert!(x("a 1.0.0") < x("b 1.0.0") && x("b 1.0.0") < x("c 1.0.0"), "{boxes:?}");
        assert_eq!(picture.contains("1 edge is not drawn"), edges == Edges::Reduced);
    }
}

#[test]
fn a_circle_ends() {
    let lock = lock(&[("n:a 1.0.0", &["n:b 1.0.0"]), ("n:b 1.0.0", &["n:a 1.0.0", "n:b 1.0.0"])]);
    let picture = svg(&lock, Edges::Reduced);
    assert!(picture.contains("closes a circle: leads to the left (1)"));
    assert_eq!(picture.matches("<path class=\"line back\" d=\"M").count(), 2, "one line, and the legend's");
}

#[test]
fn nothing_stands_on_anything_else() {
    for count in [1, 2, 60, 600] {
        let picture = svg(&large(count), Edges::Reduced);
        let document = Document::parse(&picture).expect("XML");
        let (width, height) = (number(document.root_element(), "width"), number(document.root_element(), "height"));
        let boxes: Vec<[i64; 4]> = boxes(&document).into_values().collect();
        assert_eq!(boxes.len(), count);
        for (place, [x, y, wide, high]) in boxes.iter().enumerate() {
            assert!(*x >= 0 && *y >= 0 && x + wide <= width && y + high <= height);
            for [other_x, other_y, other_wide, other_high] in &boxes[place + 1..] {
                let apart = x + wide <= *other_x || other_x + other_wide <= *x;
                assert!(apart || y + high <= *other_y || other_y + other_high <= *y, "two boxes are at one place");
            }
        }
    }
}

#[test]
fn a_lock_has_one_picture() {
    let lock = large(600);
    let picture = svg(&lock, Edges::Reduced);
    assert_eq!(picture, svg(&lock.clone(), Edges::Reduced));
    let document = Document::parse(&picture).expect("XML");
    let paths: Vec<&str> = document.descendants().filter_map(|node| node.attribute("d")).collect();
    assert!(paths.len() > 600 && paths.iter().all(|path| !path.contains('.')), "all coordinates are whole numbers");
}

#[test]
fn names_are_escaped() {
    let hostile = "n:</text><script>alert(1)</script>\"'&\u{202e}\u{1}\n\\ 1.0.0]]>";
    let mut lock = lock(&[(hostile, &[])]);
    lock.claim.logs = vec![log("registry.example/a"), log("<b>\"&\u{202e}")];
    for subject in [Subject::Packages, Subject::Registries] {
        let picture = draw(&lock, subject, Edges::All, Format::Svg).expect("a picture");
        for line in &picture {
            assert_eq!(*line, crate::report::escape(line), "a line that is printed as it is");
        }
        let picture = picture.join("\n");
        let document = Document::parse(&picture).expect("XML");
        for node in document.descendants().filter(|node| node.is_element()) {
            let names = ["svg", "title", "desc", "style", "rect", "g", "path", "text", "circle"];
            assert!(names.contains(&node.tag_name().name()), "{:?}", node.tag_name());
            for attribute in node.attributes() {
                assert!(!attribute.name().starts_with("on") && !attribute.name().contains("href"));
            }
        }
        assert!(!picture.contains("url(") && !picture.contains("@import"));
        let dot = draw(&lock, subject, Edges::All, Format::Dot).expect("a picture").join("\n");
        let quotes = dot.replace("\\\\", "").replace("\\\"", "");
        for line in quotes.lines() {
            assert_eq!(line.matches('"').count() % 2, 0, "a string ends where it began: {line}");
        }
    }
    let picture = svg(&lock, Edges::All);
    assert!(picture.contains("n:&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u…"), "{picture}");
    assert!(picture.contains("\\u{202e}\\u{1}\\u{a}"));
}

#[test]
fn what_is_special_is_marked() {
    let mut lock = lock(&[("n:a 1.0.0", &["n:b 1.0.0", "n:b 2.0.0"]), ("n:b 1.0.0", &[]), ("n:b 2.0.0", &[])]);
    let by = Replacement::Package { registry: ORIGIN.to_owned(), name: "n:b".to_owned() };
    let (registry, name) = (ORIGIN.to_owned(), "n:old".to_owned());
    lock.claim.inputs.overrides = vec![Override { registry, name, by }];
    let sketch = Sketch::of_packages(&lock).expect("a sketch");
    let marks: Vec<Vec<Mark>> = sketch.nodes.iter().map(|node| node.marks.iter().copied().collect()).collect();
    assert_eq!(marks, [vec![Mark::Root], vec![Mark::Several, Mark::Override], vec![Mark::Several, Mark::Override]]);
    assert!(sketch.nodes[1].told.iter().any(|line| line == "in the place of n:old of registry.example/a"));
    let picture = svg(&lock, Edges::Reduced);
    assert!(picture.contains("in several versions (2)"));
}

#[test]
fn registries_and_their_heads() {
    let mut lock = lock(&[("n:a 1.0.0", &["n:b 1.0.0 registry.example/b"]), ("n:b 1.0.0", &[])]);
    lock.derived.packages[1].registry = "registry.example/b".to_owned();
    lock.derived.logs = vec![DerivedLog { log: log("registry.example/b"), from: ORIGIN.to_owned() }];
    lock.claim.inputs.dependencies = vec![Input {
        registry: ORIGIN.to_owned(),
        name: "n:a".to_owned(),
        requirement: "*".to_owned(),
        content: None,
        features: Vec::new(),
    }];
    let sketch = Sketch::of_registries(&lock).expect("a sketch");
    let edges: Vec<(usize, usize, &str)> = sketch
        .nodes
        .iter()
        .enumerate()
        .flat_map(|(from, node)| node.edges.iter().map(move |edge| (from, edge.to, edge.label.as_str())))
        .collect();
    assert_eq!(edges, [(0, 1, "needs 1 release"), (1, 2, "needs 1 release"), (1, 2, "holds its head")]);
    assert_eq!(sketch.nodes[2].lines, ["registry.example/b", "7 records, derived; 1 release"]);
    let picture = draw(&lock, Subject::Registries, Edges::All, Format::Svg).expect("a picture").join("\n");
    Document::parse(&picture).expect("XML");
    assert!(picture.contains("<path class=\"line holds\" d=\"M"));
}

#[test]
fn what_is_too_large_is_not_drawn() {
    let names: Vec<String> = (0..=MAX_NODES).map(|place| format!("n:p{place} 1.0.0")).collect();
    let packages: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
    let error = draw(&lock(&packages), Subject::Packages, Edges::All, Format::Dot).expect_err("too large");
    let text = "the picture would have 10001 nodes, more than 10000";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::CouldNotCheck, text));
    // A chain of which the first needs each: as many bends as there are pairs, nearly.
    let chain: Vec<Vec<&str>> =
        (0..1500).map(|place| names[place + 1..1500].iter().map(String::as_str).take(1).collect()).collect();
    let mut chain: Vec<(&str, Vec<&str>)> = names.iter().map(String::as_str).zip(chain).collect();
    chain[0].1 = names[1..1500].iter().map(String::as_str).collect();
    let chain: Vec<(&str, &[&str])> = chain.iter().map(|(name, needs)| (*name, needs.as_slice())).collect();
    let error = draw(&lock(&chain), Subject::Packages, Edges::All, Format::Svg).expect_err("too large");
    let text = "the picture would have 1124251 places, more than 400000";
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::CouldNotCheck, text));
    assert!(draw(&lock(&chain), Subject::Packages, Edges::Reduced, Format::Svg).is_ok());
}

#[test]
fn what_a_lock_does_not_hold_is_not_drawn() {
    let error = draw(&lock(&[("n:a 1.0.0", &["n:b 1.0.0"])]), Subject::Packages, Edges::All, Format::Svg);
    let error = error.expect_err("dangling");
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(error.to_string(), "the lock depends on \"n:b 1.0.0 of registry.example/a\", which it does not hold");
}

/// Of two made-up graphs: that it is left out changes nothing of what is reached, and nothing more could be left out.
#[test]
fn what_is_left_out_is_implied() {
    for count in [30, 200] {
        let whole = Sketch::of_packages(&large(count)).expect("a sketch");
        let mut reduced = whole.clone();
        reduce::reduce(&mut reduced);
        assert!(reduced.implied > 0);
        let reached = |sketch: &Sketch, from: usize, without: Option<usize>| {
            let mut seen = vec![false; count];
            let mut open: Vec<usize> =
                sketch.nodes[from].edges.iter().map(|edge| edge.to).filter(|&to| Some(to) != without).collect();
            while let Some(node) = open.pop() {
                if !std::mem::replace(&mut seen[node], true) {
                    open.extend(sketch.nodes[node].edges.iter().map(|edge| edge.to));
                }
            }
            seen
        };
        let (_, back) = layers::order(&whole);
        for from in 0..count {
            assert_eq!(reached(&whole, from, None), reached(&reduced, from, None), "what {from} reaches");
            if back.is_empty() {
                for edge in &reduced.nodes[from].edges {
                    assert!(!reached(&reduced, from, Some(edge.to))[edge.to], "{from} to {} is implied", edge.to);
                }
            }
        }
    }
}
