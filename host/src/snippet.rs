//! The lines of a text that an error is about, with the place marked below them.

use std::ops::Range;

/// Longest line shown, in bytes: what is longer was written by no person.
const MAX_LINE: usize = 160;

/// How many lines are shown.
const MAX_LINES: usize = 4;

/// The lines of a text that a span of bytes lies in, marked; nothing where they are too long or too many to be looked at, or
/// hold what cannot be shown as it is.
pub(crate) fn of(text: &str, span: Range<usize>) -> Vec<String> {
    use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
    let Some((first, shown, span)) = window(text, span) else { return Vec::new() };
    let snippet = Snippet::source(shown).line_start(first).annotation(AnnotationKind::Primary.span(span));
    let report = [Group::with_level(Level::ERROR).element(snippet)];
    // Lines that are shown are shown whole.
    let rendered = Renderer::plain().term_width(2 * MAX_LINE).render(&report);
    // What holds numbers and text, and no frame around them.
    let lines = rendered.lines().map(str::trim_end).filter(|line| line.trim_start() != "|");
    lines.map(|line| format!("  {line}")).collect()
}

/// Whole lines around a span: the number of the first, their text, and where the span is in it.
fn window(text: &str, span: Range<usize>) -> Option<(usize, &str, Range<usize>)> {
    let (start, end) = (span.start.min(text.len()), span.end.min(text.len()));
    let (before, marked, after) = (text.get(..start)?, text.get(start..end)?, text.get(end..)?);
    let from = before.rfind('\n').map_or(0, |place| place + 1);
    let to = end + after.find('\n').unwrap_or(after.len());
    // A span that ends in a line feed ends before it.
    let marked_length = marked.trim_end_matches('\n').len();
    let to = if marked_length < marked.len() { start + marked_length } else { to };
    let shown = text.get(from..to)?;
    let lines: Vec<&str> = shown.lines().collect();
    let is_plain = |line: &&str| {
        line.len() <= MAX_LINE && line.chars().all(|it| it == '\t' || is_shown(it)) && !may_hold_secret(line)
    };
    if lines.is_empty() || lines.len() > MAX_LINES || !lines.iter().all(is_plain) {
        return None;
    }
    Some((1 + before.matches('\n').count(), shown, start - from..start - from + marked_length))
}

/// Whether a line has a URL with what may be a password or a token (no such URL is one of a registry, and none is shown), or a
/// private key, where somebody took the one file for the other.
fn may_hold_secret(line: &str) -> bool {
    line.contains("PRIVATE") || line.split_once("://").is_some_and(|(_, rest)| rest.contains(['@', '?']))
}

/// Whether a character looks like itself wherever it stands.
fn is_shown(character: char) -> bool {
    character.is_ascii_graphic() || character == ' ' || (!character.is_ascii() && character.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_lines_of_a_span_are_shown_and_marked() {
        let text = "a = 1\nwrong = 2\nb = 3\n";
        let shown = of(text, 6..11);
        assert_eq!(shown, ["  2 | wrong = 2", "    | ^^^^^"]);
        let both = of(text, 6..text.len());
        assert!(both.iter().any(|line| line.contains("b = 3")), "{both:?}");
    }

    #[test]
    fn a_line_is_shown_whole_or_not_at_all() {
        let text = format!("a = \"{}\"", "x".repeat(150));
        let shown = of(&text, 150..155);
        assert_eq!(shown, [format!("  1 | {text}"), format!("    | {}^^^^^", " ".repeat(150))]);
    }

    #[test]
    fn what_cannot_be_shown_is_not() {
        assert!(of(&format!("a = \"{}\"", "x".repeat(1000)), 0..1).is_empty());
        assert!(of("a = \"\u{202e}\"", 0..1).is_empty());
        assert!(of("a = \"\u{1b}[31m\"", 0..1).is_empty());
        assert!(of(&"\n".repeat(1000), 0..1000).is_empty());
        assert!(of("url = \"https://me:secret@registry.example/\"", 0..3).is_empty());
        assert!(of("url = \"https://registry.example/?token=secret\"", 0..3).is_empty());
        assert!(of("retired = [\"PRIVATE+KEY+a+00000000+AAAA\"]", 0..3).is_empty());
        assert!(of("", 0..0).is_empty());
        assert!(of("ä", 1..1).is_empty(), "no boundary of a character");
        assert!(of("a", 7..9).len() <= 3);
    }
}
