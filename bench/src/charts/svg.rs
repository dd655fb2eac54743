//! A small chart: whole numbers for coordinates, a style for light and dark, no scripts and no references.

use std::fmt::Write;

use super::amount::Amount;
use super::{Figures, Form};

const WIDTH: u64 = 720;
const HEIGHT: u64 = 300;

// Space around the figures.
const LEFT: u64 = 70;
const TOP: u64 = 64;
const RIGHT: u64 = 20;
const BOTTOM: u64 = 34;

const STYLE: &str = "\
svg { --ground: #fff; --ink: #1c2430; --faint: #5b6675; --grid: #d9dfe7; --c0: #7a8799; --c1: #0b62c4; --c2: #b3461b; }
text { font: 12px system-ui, sans-serif; fill: var(--faint); }
.title { font-weight: bold; font-size: 14px; }
.title, .figure { fill: var(--ink); }
.figure { font-size: 11px; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
.ground { fill: var(--ground); }
.grid { stroke: var(--grid); fill: none; }
.line { fill: none; stroke-width: 2.5; }
.line.c0 { stroke: var(--c0); } .line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); }
.mark.c0 { fill: var(--c0); } .mark.c1 { fill: var(--c1); } .mark.c2 { fill: var(--c2); }
@media (prefers-color-scheme: dark) {
svg { --ground: #12161c; --ink: #e6ebf2; --faint: #a3adba; --grid: #2c3540; --c0: #8b98aa; --c1: #6db3ff; --c2: #ff9d6b; }
}
";

/// Draws figures under a title.
pub(super) fn draw(title: &str, form: Form, figures: &Figures) -> String {
    let all = || figures.series.iter().flat_map(|(_, all)| all.iter().map(|(amount, _)| *amount));
    let most = all().map(|amount| amount.thousandths).max().unwrap_or(0);
    let step = step(most);
    let top = most.div_ceil(step).max(1) * step;
    let (plot_wide, plot_high) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let height = |thousandths: u64| {
        let share = u128::from(thousandths) * u128::from(plot_high) / u128::from(top);
        HEIGHT - BOTTOM - u64::try_from(share).unwrap_or(plot_high)
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" aria-labelledby=\"title description\">\n<title id=\"title\">{}</title>\n<desc id=\"description\">{}</desc>\n<style>\n{STYLE}</style>\n<rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n",
        escaped(title),
        escaped(&described(figures))
    );
    let text = |svg: &mut String, class: &str, x: u64, y: u64, text: &str| {
        let _ = writeln!(svg, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(text));
    };
    text(&mut svg, "title", 16, 22, title);
    let kind = all().next();
    for value in (0..=top / step).map(|number| number * step) {
        let y = height(value);
        let _ = writeln!(svg, "<path class=\"grid\" d=\"M{LEFT} {y}H{}\"/>", WIDTH - RIGHT);
        let label = kind.map_or(String::new(), |kind| Amount { thousandths: value, ..kind }.format(most));
        text(&mut svg, "end", LEFT - 8, y + 4, &label);
    }
    let slot = plot_wide / figures.labels.len().max(1) as u64;
    let middle = |place: usize| LEFT + slot * place as u64 + slot / 2;
    for (place, label) in figures.labels.iter().enumerate() {
        text(&mut svg, "middle", middle(place), HEIGHT - 12, label);
    }
    let mut legend = 16;
    let count = figures.series.len() as u64;
    let bar = (slot * 7 / 10 / count.max(1)).min(60);
    for (number, (name, all)) in figures.series.iter().enumerate() {
        let class = format!("c{}", (number + usize::from(count == 1)) % 3);
        let _ =
            writeln!(svg, "<rect class=\"mark {class}\" x=\"{legend}\" y=\"36\" width=\"12\" height=\"12\" rx=\"2\"/>");
        text(&mut svg, "legend", legend + 18, 46, name);
        legend += 42 + name.chars().count() as u64 * 7;
        if form == Form::Lines {
            let points = all.iter().enumerate();
            let points: Vec<String> = points
                .map(|(place, (amount, _))| format!("{} {}", middle(place), height(amount.thousandths)))
                .collect();
            let _ = writeln!(svg, "<path class=\"line {class}\" d=\"M{}\"/>", points.join("L"));
        }
        for (place, (amount, cell)) in all.iter().enumerate() {
            let y = height(amount.thousandths);
            match form {
                Form::Lines => {
                    let _ =
                        writeln!(svg, "<circle class=\"mark {class}\" cx=\"{}\" cy=\"{y}\" r=\"4\"/>", middle(place));
                    // Where lines meet, one figure stands above and the other below.
                    let above =
                        figures.series.iter().all(|(_, others)| others[place].0.thousandths <= amount.thousandths);
                    text(&mut svg, "figure middle", middle(place), if above { y - 9 } else { y + 19 }, cell);
                }
                Form::Bars => {
                    let x = middle(place) + bar * number as u64 - bar * count / 2;
                    let high = HEIGHT - BOTTOM - y;
                    let _ = writeln!(
                        svg,
                        "<rect class=\"mark {class}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{high}\"/>",
                        bar.saturating_sub(2)
                    );
                    text(&mut svg, "figure middle", x + bar / 2, y - 5, cell);
                }
            }
        }
    }
    svg + "</svg>\n"
}

/// All figures in words.
fn described(figures: &Figures) -> String {
    let series = figures.series.iter().map(|(name, all)| {
        let each = figures.labels.iter().zip(all).map(|(label, (_, cell))| format!("{label}: {cell}"));
        format!("{name}: {}.", each.collect::<Vec<_>>().join("; "))
    });
    series.collect::<Vec<_>>().join(" ")
}

/// How far the lines of the grid are apart: 1, 2 or 5 and noughts, so that there are three to seven.
fn step(most: u64) -> u64 {
    let mut step = 1;
    loop {
        for factor in [1, 2, 5] {
            if most <= step * factor * 6 {
                return step * factor;
            }
        }
        step *= 10;
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
