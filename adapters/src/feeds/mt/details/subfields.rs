//! The dialect of numbered subfields, `166?00GUTSCHRIFT?20EREF+…?32NAME`: that of German banks,
//! used with other separators elsewhere (`~20`, `<20`, `>20`, `^20`, `+20`). What they mean is for
//! `parts`.

/// The signs that begin a subfield in one dialect or another.
const SEPARATORS: [u8; 6] = [b'?', b'^', b'<', b'~', b'>', b'+'];

/// The longest text before the first subfield: a code of the booking.
const PREFIX_BYTES_MAX: usize = 5;

/// Its length before a plus, where four letters would be a key (`EREF+`).
const PREFIX_BYTES_PLUS: usize = 3;

/// The subfields of a text.
#[derive(Clone)]
pub(super) struct Subfields<'a> {
    text: &'a str,
    separator: u8,
    /// The number of the next and where its text begins.
    next: Option<(u8, usize)>,
}

impl<'a> Subfields<'a> {
    /// The subfields, if the text is made of them.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let first = bytes
            .iter()
            .take(PREFIX_BYTES_MAX + 1)
            .position(|byte| !(byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace()))?;
        let separator = bytes[first];
        if !SEPARATORS.contains(&separator) {
            return None;
        }
        let next = number_at(bytes, first + 1)?;
        let parts = Self { text, separator, next: Some(next) };
        // A plus stands before the numbers of telephones, too.
        let sure = separator != b'+'
            || (first == PREFIX_BYTES_PLUS && next.0 <= 29 && parts.clone().nth(1).is_some());
        sure.then_some(parts)
    }

    /// True for the dialect of Bulgarian banks, whose 00 has words that 20 to 29 have no room for.
    pub(super) fn has_text_in_booking(&self) -> bool {
        self.separator == b'+'
    }

    /// True when a number behind the separator begins a subfield, if it is from 40 on or behind a
    /// plus. Texts have question marks and pluses before numbers, too.
    #[cold]
    fn is_next(&self, number: u8, before: u8) -> bool {
        match self.separator {
            b'?' => {
                let listed = matches!(number, 60..=65 | 70..=79);
                listed || !matches!(before, 20..=29 | 60..=65)
            }
            b'+' => number > before && matches!(number, 0..=34 | 38 | 60..=65),
            _ => true,
        }
    }
}

/// The text behind a line of its own for the code of the booking, where the code is repeated: some
/// Polish banks write `152 0`, or `020 PRZELEW`, in a field 86 before that of the subfields.
pub(super) fn behind_code(text: &str) -> &str {
    let Some((first, rest)) = text.split_once('\n') else { return text };
    let is_code = |code: &str| code.bytes().all(|byte| byte.is_ascii_digit());
    match first.get(..3).filter(|code| is_code(code)) {
        Some(code) if rest.starts_with(code) && Subfields::of(rest).is_some() => rest,
        Some(_) | None => text,
    }
}

impl<'a> Iterator for Subfields<'a> {
    type Item = (u8, &'a str);

    #[inline(always)] // Most entries take ten steps, in one place.
    fn next(&mut self) -> Option<Self::Item> {
        let (number, start) = self.next.take()?;
        let bytes = self.text.as_bytes();
        let mut from = start;
        while let Some(skipped) = memchr::memchr(self.separator, &bytes[from..]) {
            let at = from + skipped;
            if let Some((next, next_start)) = number_at(bytes, at + 1)
                && ((next < 40 && self.separator != b'+') || self.is_next(next, number))
            {
                self.next = Some((next, next_start));
                return Some((number, &self.text[start..at]));
            }
            from = at + 1;
        }
        Some((number, &self.text[start..]))
    }
}

/// Two digits, which the end of a line may cut, and where they end.
fn number_at(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    if let Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9']) = bytes.get(at..at + 2) {
        return Some(((tens - b'0') * 10 + (ones - b'0'), at + 2));
    }
    let digit = |at: usize| {
        let at = at + usize::from(bytes.get(at) == Some(&b'\n'));
        let byte = bytes.get(at).filter(|byte| byte.is_ascii_digit())?;
        Some((byte - b'0', at + 1))
    };
    let (tens, at) = digit(at)?;
    let (ones, at) = digit(at)?;
    Some((tens * 10 + ones, at))
}
