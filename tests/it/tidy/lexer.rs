//! As much of Rust's grammar as the rules need: what is code, comment or quoted text, and where
//! functions begin and end.

/// What a character of a file is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Code,
    Comment,
    /// Inside quotes; the quotes themselves are code.
    Text,
}

/// A function with its length.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) lines: usize,
}

/// The file with everything blank that is no code; lines and columns stay.
pub(super) fn code(text: &str) -> String {
    let blank = |(char, class)| match class {
        Class::Code => char,
        Class::Comment | Class::Text if char == '\n' => '\n',
        Class::Comment | Class::Text => ' ',
    };
    classes(text).into_iter().map(blank).collect()
}

/// The width of each line, quoted text not counted: nobody can break it.
pub(super) fn widths(text: &str) -> Vec<usize> {
    let classes = classes(text);
    let lines = classes.split(|(char, _)| *char == '\n');
    lines.map(|line| line.iter().filter(|(_, class)| *class != Class::Text).count()).collect()
}

/// True when `word` stands in `line` and is no part of a longer name.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let part = |char: char| char.is_alphanumeric() || char == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The functions with a body, nested ones too. Wants [`code`].
pub(super) fn functions(code: &str) -> Vec<Function> {
    let starts = code.match_indices("fn ").filter(|(at, _)| {
        let before = code.get(..*at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|char| char.is_alphanumeric() || char == '_')
    });
    starts.filter_map(|(at, _)| function(code, at)).collect()
}

fn function(code: &str, at: usize) -> Option<Function> {
    let rest = code.get(at + 3..)?;
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    for (offset, char) in rest.char_indices() {
        match char {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            // A declaration without a body.
            ';' if brackets == 0 && braces == 0 => return None,
            '{' => braces += 1,
            '}' if braces == 1 => {
                let line = code.get(..at)?.lines().count().max(1);
                let lines = rest.get(..offset)?.matches('\n').count() + 1;
                return Some(Function { name, line, lines });
            }
            '}' => braces -= 1,
            _ => {}
        }
    }
    None
}

fn classes(text: &str) -> Vec<(char, Class)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::with_capacity(chars.len());
    while let Some(rest) = chars.get(found.len()..).filter(|rest| !rest.is_empty()) {
        let (length, class) = token(rest);
        let quotes = if class == Class::Text { quotes_of(rest) } else { 0 };
        // A raw text ends as it begins, without the r.
        let closing = length - quotes.saturating_sub(1).max(1).min(length);
        for (at, char) in rest.iter().take(length).enumerate() {
            let quote = class == Class::Text && (at < quotes || at >= closing);
            found.push((*char, if quote { Class::Code } else { class }));
        }
    }
    found
}

/// The length of what begins here, and what it is.
fn token(rest: &[char]) -> (usize, Class) {
    match rest {
        ['/', '/', ..] => (until(rest, |rest| rest.starts_with(&['\n'])), Class::Comment),
        ['/', '*', ..] => (block_comment(rest), Class::Comment),
        ['"', ..] => (quoted(rest, '"'), Class::Text),
        ['r', '"' | '#', ..] if raw_hashes(rest).is_some() => (raw(rest), Class::Text),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => (quoted(rest, '\''), Class::Text),
        // A whole name, so that the r at its end does not begin a raw text.
        [first, ..] if first.is_alphanumeric() || *first == '_' => {
            let name =
                until(rest, |rest| !rest.first().is_some_and(|c| c.is_alphanumeric() || *c == '_'));
            let bytes = matches!(rest, ['b' | 'c', 'r', '"' | '#', ..]);
            (if bytes { 1 } else { name }, Class::Code)
        }
        _ => (1, Class::Code),
    }
}

/// Characters of the opening quote.
fn quotes_of(rest: &[char]) -> usize {
    if rest.first() == Some(&'r') { raw_hashes(rest).map_or(1, |hashes| hashes + 2) } else { 1 }
}

fn until(rest: &[char], ends: impl Fn(&[char]) -> bool) -> usize {
    (0..rest.len()).find(|at| rest.get(*at..).is_some_and(&ends)).unwrap_or(rest.len())
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.iter().enumerate().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            char if *char == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn block_comment(rest: &[char]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with(&['/', '*']) {
            (at, depth) = (at + 2, depth + 1);
        } else if here.starts_with(&['*', '/']) {
            (at, depth) = (at + 2, depth - 1);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// How many `#` a raw text begins with; `None` when it is none, such as `r#type`.
fn raw_hashes(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().skip(1).take_while(|char| **char == '#').count();
    (rest.get(hashes + 1) == Some(&'"')).then_some(hashes)
}

fn raw(rest: &[char]) -> usize {
    let hashes = raw_hashes(rest).unwrap_or_default();
    let mut end = vec!['"'];
    end.resize(hashes + 1, '#');
    let from = hashes + 2;
    let body = rest.get(from..).unwrap_or_default();
    from + until(body, |rest| rest.starts_with(&end)) + end.len()
}

#[test]
fn comments_and_texts_are_told_from_code() {
    let text = r##"let a = "x { \" // y"; // { fn no()
        /* { /* } */ { */ let b = ('{', '\'', r#"{ " }"#, b"{", br"{", 'a: loop {});"##;
    let bare: String = code(text).chars().filter(|char| !char.is_whitespace()).collect();
    assert_eq!(bare, r##"leta="";letb=('','',r#""#,b"",br"",'a:loop{});"##);
}

#[test]
fn functions_are_measured_from_name_to_last_brace() {
    let code = "fn a(x: [u8; 2]) -> u8 {\n  if x { 1 }\n}\ntrait T {\n  fn none(&self);\n}\n\
                impl T {\n  fn b() {}\n}\ntype P = fn (u8);";
    let found = functions(code).into_iter().map(|it| (it.name, it.line, it.lines));
    let wanted = [("a".to_owned(), 1, 3), ("b".to_owned(), 8, 1)];
    assert_eq!(found.collect::<Vec<_>>(), wanted);
}
