//! Hashes and keys as people and messages spell them.

use std::fmt::Write;

/// Lower-case hexadecimal digits of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that lower-case hexadecimal digits spell; `None` for any other text.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |it: u8| match it {
        b'0'..=b'9' => Some(it - b'0'),
        b'a'..=b'f' => Some(it - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_read_back_and_nothing_else_is() {
        assert_eq!(decode(&encode(&[0, 1, 0xfe, 0x7f])), Some(vec![0, 1, 0xfe, 0x7f]));
        assert_eq!(decode(""), Some(Vec::new()));
        for text in ["0", "0g", "FE", " 0", "ю"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
