//! Expressions of an action, as far as ours have them: `inputs.NAME`, `steps.ID.outputs.NAME`, texts, `always()`, `==`, `!=`,
//! `&&` and `||`. Anything else panics.

use std::collections::BTreeMap;

/// What expressions can name: `inputs.NAME` and `steps.ID.outputs.NAME`.
pub(crate) type Context = BTreeMap<String, String>;

/// Text in which every `${{ … }}` is replaced by its value.
pub(crate) fn resolve(text: &str, context: &Context) -> String {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${{") {
        let (expression, after) = from.split_once("}}").unwrap();
        resolved.push_str(before);
        resolved.push_str(&evaluate(expression, context));
        rest = after;
    }
    resolved + rest
}

/// Whether a step runs after what has happened so far.
pub(crate) fn runs(condition: Option<&str>, context: &Context, failed: bool) -> bool {
    let Some(condition) = condition else { return !failed };
    let always = condition.contains("always()");
    (always || !failed) && is_true(&resolve(condition, context))
}

fn is_true(value: &str) -> bool {
    !value.is_empty() && value != "false"
}

fn evaluate(expression: &str, context: &Context) -> String {
    let tokens = tokens(expression);
    let mut parser = Parser { tokens: &tokens, at: 0, context };
    let value = parser.either();
    assert_eq!(parser.at, tokens.len(), "more than an expression: {expression}");
    value
}

fn tokens(expression: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim();
    while !rest.is_empty() {
        let length = match rest.as_bytes()[0] {
            b'\'' => rest[1..].find('\'').unwrap() + 2,
            b'=' | b'!' | b'&' | b'|' => 2,
            _ => rest.find(|c: char| c.is_whitespace() || "=!&|'".contains(c)).unwrap_or(rest.len()),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Parser<'a> {
    tokens: &'a [String],
    at: usize,
    context: &'a Context,
}

impl Parser<'_> {
    fn takes(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.at).is_some_and(|next| next == token);
        self.at += usize::from(is_next);
        is_next
    }

    /// The first that is true, or else the last.
    fn either(&mut self) -> String {
        let mut value = self.both();
        while self.takes("||") {
            let other = self.both();
            value = if is_true(&value) { value } else { other };
        }
        value
    }

    fn both(&mut self) -> String {
        let mut value = self.comparison();
        while self.takes("&&") {
            let other = self.comparison();
            value = if is_true(&value) { other } else { value };
        }
        value
    }

    fn comparison(&mut self) -> String {
        let value = self.operand();
        if self.takes("==") {
            value.eq_ignore_ascii_case(&self.operand()).to_string()
        } else if self.takes("!=") {
            (!value.eq_ignore_ascii_case(&self.operand())).to_string()
        } else {
            value
        }
    }

    fn operand(&mut self) -> String {
        let token = self.tokens[self.at].as_str();
        self.at += 1;
        if token == "always()" {
            return "true".to_owned();
        }
        if let Some(text) = token.strip_prefix('\'') {
            return text.trim_end_matches('\'').to_owned();
        }
        let path: Vec<&str> = token.split('.').collect();
        assert!(
            matches!(path.as_slice(), ["inputs", _] | ["steps", _, "outputs", _]),
            "this expression is not among those that the action uses: {token}"
        );
        // What a step that did not run has put out is nothing.
        self.context.get(token).cloned().unwrap_or_else(|| match path[0] {
            "steps" => String::new(),
            _ => panic!("there is no {token}"),
        })
    }
}

#[test]
fn expressions_are_what_github_says_they_are() {
    let context = Context::from([
        ("inputs.a".to_owned(), "true".to_owned()),
        ("inputs.b".to_owned(), String::new()),
        ("steps.s.outputs.o".to_owned(), "x".to_owned()),
    ]);
    let cases = [
        ("${{ inputs.a }}", "true"),
        ("${{ inputs.b != '' }}", "false"),
        ("${{ inputs.b || steps.s.outputs.o || 'c' }}", "x"),
        ("${{ inputs.b || steps.s.outputs.none || 'c' }}", "c"),
        ("${{ inputs.a == 'true' && steps.s.outputs.o != 'x' }}", "false"),
        ("a ${{ inputs.a }} b ${{ always() }}", "a true b true"),
    ];
    for (text, expected) in cases {
        assert_eq!(resolve(text, &context), expected, "{text}");
    }
}
